// SPDX-License-Identifier: Apache-2.0
// One terminal session (contract/execd.md §8): a shell or a command on a pseudo terminal, or on
// pipes, that outlives its clients. The first client's arrival starts it; at most one client holds
// it at a time, and a later one may take it over. The last output is kept and replayed to whoever
// comes next. While a client is there but does not read, the process waits at a full terminal;
// without a client its output only goes into the ring. Claim and what tells
// of its state are thread-safe; all else belongs to the loop's thread.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "execd/event_loop.h"
#include "execd/process.h"
#include "execd/pty_protocol.h"
#include "execd/replay_ring.h"
#include "http/websocket.h"

namespace osbx::execd {

// One client's hold of a session. It is free again when the last reference goes.
struct PtyClient {
  http::WebSocketPtr socket;
  bool terminal = true;     // what to start when nothing runs yet: a terminal, or pipes
  std::uint64_t since = 0;  // replay from here
  bool takeover = false;
};
using PtyClientPtr = std::shared_ptr<PtyClient>;

class Pty : public std::enable_shared_from_this<Pty> {
 public:
  Pty(EventLoop& loop, std::string id, Launch launch);

  const std::string& id() const { return id_; }
  bool Running() const { return running_; }
  bool Ended() const { return ended_; }
  std::uint64_t OutputOffset() const { return offset_; }

  // A hold for a client that is about to connect; null when another has it and `takeover` is not
  // set. Thread-safe.
  PtyClientPtr Claim(bool takeover);

  // Starts the process if nothing has, replays, and goes live.
  void Attach(const PtyClientPtr& client);
  // Something has come from the client, or it has gone.
  void OnReadable(const PtyClientPtr& client);
  void OnRoom();
  // Ends the process for good: nobody can attach any more.
  void Delete();

 private:
  struct Output {
    UniqueFd fd;
    bool is_stderr = false;
  };
  using OutputPtr = std::shared_ptr<Output>;
  enum class State { kNew, kRunning, kExited, kDeleted };

  Result<> StartProcess(bool terminal);
  struct ChildEnds {
    UniqueFd in;
    UniqueFd out;
    UniqueFd err;
  };
  Result<ChildEnds> UseTerminal();
  Result<ChildEnds> UsePipes();
  void Refuse(const PtyClient& client, std::string_view code, std::string_view text);
  void Handle(PtyInput input);
  void Signal(int signal);
  void WriteInput();
  bool ReadOutput(Output& output);  // false: nothing more now
  void OnExit(int status);
  void CloseOutputs();
  void TellState();
  void Send(http::WsMessage message);
  void Flush();
  void Detach();

  EventLoop& loop_;
  const std::string id_;
  Launch launch_;
  ReplayRing ring_;
  std::atomic<bool> running_{false};
  std::atomic<bool> ended_{false};
  std::atomic<std::uint64_t> offset_{0};

  std::mutex claim_mutex_;
  std::weak_ptr<PtyClient> holder_;  // below claim_mutex_

  PtyClientPtr client_;
  std::deque<http::WsMessage> unsent_;
  bool closing_ = false;  // once `unsent_` is sent, the conversation ends
  std::vector<OutputPtr> outputs_;
  UniqueFd stdin_;
  std::string input_;  // what the process has not taken yet
  UniqueFd failure_;   // of the start
  pid_t pid_ = -1;
  State state_ = State::kNew;
  bool terminal_ = false;
  int exit_code_ = 0;
  std::string start_error_;
};

}  // namespace osbx::execd

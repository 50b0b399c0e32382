// SPDX-License-Identifier: Apache-2.0
// One process whose output goes to a client's stream, or to a spool: a command, or one run of
// a session. A client that does not read stops the process at a full pipe, never the loop or
// anybody else; a client that has gone stops nothing: what was sent last and what comes later is
// spooled for whoever asks again, if anybody wants that, and dropped otherwise. What background
// children write after the process has ended is dropped too, so that they do not die of a closed
// pipe. Loop thread; keeps itself alive while there is something to do.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "execd/event_loop.h"
#include "execd/line_splitter.h"
#include "execd/process.h"
#include "execd/replay_ring.h"
#include "execd/spool.h"
#include "http/stream.h"

namespace osbx::execd {

// How a process ended, as the stream says it.
struct RunEnd {
  int exit_code = 0;           // -1: by a signal, or never started
  std::string error;           // empty: success; "exit status 3", "signal: killed" or the OS's text
  std::string value;           // the event's evalue: the code, or the OS's text
  std::string state;           // what was written to kExtraFd
  bool out_of_memory = false;  // the kernel ended a process of the sandbox meanwhile
};

inline constexpr const char* kOutOfMemory = "out of memory";

struct RunOptions {
  Launch launch;
  std::string id;                        // the init event's text
  std::chrono::milliseconds timeout{0};  // 0: none
  LineEnds ends = LineEnds::kStrip;
  bool merge = false;          // stderr into stdout's events
  bool capture_state = false;  // kExtraFd is a pipe to RunEnd::state
  http::StreamPtr stream;
  std::shared_ptr<Spool> spool;  // background: the stream ends at once, the output goes here
  std::function<void(pid_t)> on_start;
  std::function<void(const RunEnd&)> on_end;
  // The client has gone before the end: its output is here.
  std::function<void(std::shared_ptr<Spool>)> on_lost;
};

class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(EventLoop& loop, RunOptions options);

  void Begin();
  // SIGTERM to the group, SIGKILL after `patience`; `gone` when the process has ended.
  void Interrupt(std::chrono::milliseconds patience, std::function<void()> gone);
  void Kill();
  bool Ended() const { return ended_; }

 private:
  struct Pipe {
    UniqueFd read;
    std::string_view type;  // of its events; empty: to the state
    LineSplitter lines;
    std::size_t left = 0;  // to be read before the end may be told, once the process has ended
    bool open = true;
  };

  bool MakePipe(std::string_view type, UniqueFd& write_end);
  Result<> StartProcess();
  void OnReady(const std::shared_ptr<Pipe>& pipe);
  void Take(Pipe& pipe, std::string_view bytes);
  void ClosePipe(Pipe& pipe);
  void OnExit(int status);
  void MaybeFinish();
  void Finish();
  RunEnd Describe() const;
  void Send(std::string events);
  bool Flush();  // false: the client does not read
  void StartPings();
  void CloseStream();
  void KeepForLater();

  EventLoop& loop_;
  RunOptions options_;
  UniqueFd failure_;
  pid_t pid_ = -1;
  std::vector<std::shared_ptr<Pipe>> pipes_;
  std::deque<std::string> unsent_;
  std::string state_;
  std::string start_error_;
  EventLoop::Clock::time_point begun_;
  std::vector<EventLoop::TimerId> timers_;
  EventLoop::TimerId ping_timer_;
  std::vector<std::function<void()>> on_gone_;
  ReplayRing sent_;              // for KeepForLater
  std::int64_t oom_kills_ = -1;  // before
  int status_ = 0;
  bool exited_ = false;
  bool ended_ = false;
};

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// The commands of clients, running and finished (contract/execd.md §3). Finished ones are kept for
// a day, and at most kMostFinished of them. Thread-safe: the table has a mutex, the processes
// belong to the loop.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "execd/context.h"
#include "execd/run.h"

namespace osbx::execd {

struct CommandStatus {
  std::string id;
  std::string text;
  bool running = true;
  int exit_code = 0;
  std::string error;
  std::chrono::system_clock::time_point started_at;
  std::chrono::system_clock::time_point finished_at;
  std::shared_ptr<const Spool> spool;  // null: foreground, and its client is still there
};

class Commands {
 public:
  static constexpr std::size_t kMostFinished = 500;
  static constexpr std::chrono::hours kKeepFinished{24};

  explicit Commands(const Context& context) : context_(context) {}

  struct Request {
    Launch launch;
    std::string text;
    std::chrono::milliseconds timeout{0};
    std::shared_ptr<Spool> spool;  // background
  };
  void Start(Request request, http::StreamPtr stream);

  std::optional<CommandStatus> Find(const std::string& id) const;
  // Ends a running command, SIGTERM first; returns when it has ended. kNotFound when it is not
  // running. Blocks; never on the loop.
  Result<> Interrupt(const std::string& id);

 private:
  struct Entry {
    CommandStatus status;
    std::shared_ptr<Run> run;
  };
  void OnEnd(const std::string& id, const RunEnd& end);
  void DropOld();  // with mutex_ held

  const Context& context_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> finished_;  // oldest first
};

// Waits until `run`, which must belong to `loop`, has been interrupted and is gone. False when it
// had ended before. Blocks; never on the loop.
bool InterruptAndWait(EventLoop& loop, const std::shared_ptr<Run>& run);

// The launch of a shell command: bash if there is one, else sh.
void UseShell(Launch& launch, std::string command, const EnvMap& env);

}  // namespace osbx::execd

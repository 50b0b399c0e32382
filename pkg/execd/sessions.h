// SPDX-License-Identifier: Apache-2.0
// Shell sessions (contract/execd.md §4): every run is a fresh shell that begins with the exported
// variables and the directory the last one ended with. The state comes back through a pipe from
// execd's own binary, which the shell runs last; no file ever holds it (W67). A run that ends by
// `exit` or a signal leaves the state as it was. Thread-safe: the table has a mutex, the processes
// belong to the loop.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "execd/context.h"
#include "execd/run.h"

namespace osbx::execd {

class Sessions {
 public:
  static constexpr std::size_t kMostSessions = 1000;

  explicit Sessions(const Context& context) : context_(context) {}

  // `cwd` is made if it does not exist; "": execd's own.
  Result<std::string> Create(const std::string& cwd);

  struct Request {
    std::string id;
    std::string command;
    std::string cwd;                       // "": where the last run ended
    std::chrono::milliseconds timeout{0};  // 0: a day
  };
  // Claims the session for one run: kNotFound, or kConflict while another run has it.
  Result<> Claim(const std::string& id);
  void Start(const Request& request, http::StreamPtr stream);  // of a claimed session

  // Blocks until a running command is gone; never on the loop.
  bool Interrupt(const std::string& id);
  bool Delete(const std::string& id);  // false: unknown

 private:
  struct Session {
    EnvMap env;
    std::string cwd;
    bool busy = false;
    std::shared_ptr<Run> run;
  };
  void OnEnd(const std::string& id, const RunEnd& end);
  std::shared_ptr<Run> RunOf(const std::string& id);

  const Context& context_;
  std::mutex mutex_;
  std::unordered_map<std::string, Session> sessions_;
};

// What `osbx-execd --save-session STATUS` does: writes directory and environment to kExtraFd.
// Returns STATUS, the exit code of the run.
int SaveSession(const char* status);

// The state that SaveSession has written: the variables that outlive a run, and the directory in
// `cwd`. Empty when it is cut off.
EnvMap ParseState(std::string_view state, std::string& cwd);

}  // namespace osbx::execd

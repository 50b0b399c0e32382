// SPDX-License-Identifier: Apache-2.0
#include "execd/sessions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>

#include "execd/commands.h"
#include "execd/files.h"
#include "execd/random_id.h"

namespace osbx::execd {
namespace {

constexpr std::chrono::hours kLongestRun{24};
constexpr std::size_t kLongestValue = 8U << 10;

// $1 the command, $2 execd's binary. The command sees neither.
constexpr const char* kWrapper =
    "__osbx_run=$1 __osbx_save=$2; shift 2; eval \"$__osbx_run\"\n"
    "\"$__osbx_save\" --save-session $?";

bool OutlivesARun(std::string_view name, std::string_view value) {
  for (const std::string_view fresh :
       {"PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND", "_", "SHLVL"}) {
    if (name == fresh) return false;
  }
  return value.size() <= kLongestValue;
}

std::string OwnBinary() {
  std::string path(PATH_MAX, '\0');
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return path;
}

}  // namespace

int SaveSession(const char* status) {
  std::string state(PATH_MAX, '\0');
  if (getcwd(state.data(), state.size()) == nullptr) state = "/";
  state.resize(state.find('\0') == std::string::npos ? state.size() : state.find('\0'));
  state += '\0';
  for (char** entry = environ; *entry != nullptr; ++entry) state.append(*entry).push_back('\0');
  std::string_view rest = state;
  while (!rest.empty()) {
    const ssize_t n = write(kExtraFd, rest.data(), rest.size());
    if (n <= 0) break;  // the session has gone
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return static_cast<int>(std::strtol(status, nullptr, 10));
}

EnvMap ParseState(std::string_view state, std::string& cwd) {
  EnvMap env;
  if (state.empty() || state.back() != '\0') return env;
  cwd = state.substr(0, state.find('\0'));
  state.remove_prefix(cwd.size() + 1);
  while (!state.empty()) {
    const std::string_view entry = state.substr(0, state.find('\0'));
    state.remove_prefix(entry.size() + 1);
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string_view value = entry.substr(equals + 1);
    if (!OutlivesARun(entry.substr(0, equals), value)) continue;
    env.insert_or_assign(std::string(entry.substr(0, equals)), std::string(value));
  }
  return env;
}

Result<std::string> Sessions::Create(const std::string& cwd) {
  Session session{.env = CommandEnvironment(context_.env, {}), .cwd = context_.cwd};
  if (!cwd.empty()) {
    OSBX_TRY(session.cwd, ExpandPath(cwd, session.env, context_.cwd));
    OSBX_CHECK(MakeDirectories(session.cwd));
  }
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= kMostSessions) return Error(Code::kExhausted, "too many sessions");
  std::string id = NewUuid();
  sessions_.emplace(id, std::move(session));
  return id;
}

Result<> Sessions::Claim(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return Error(Code::kNotFound, "context not found: " + id);
  if (found->second.busy) return Error(Code::kConflict, "session is busy: " + id);
  found->second.busy = true;
  return {};
}

void Sessions::Start(const Request& request, http::StreamPtr stream) {
  RunOptions options{.id = request.id,
                     .timeout = request.timeout.count() > 0 ? request.timeout : kLongestRun,
                     .ends = context_.keep_eol ? LineEnds::kKeep : LineEnds::kStripSkip,
                     .merge = true,
                     .capture_state = true,
                     .stream = std::move(stream),
                     .on_end = [this, id = request.id](const RunEnd& end) { OnEnd(id, end); }};
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(request.id);
    if (found == sessions_.end()) {  // deleted since the claim
      options.stream->Abort();
      return;
    }
    Session& session = found->second;
    UseShell(options.launch, kWrapper, session.env);
    for (const std::string& word : {std::string("osbx-session"), request.command, OwnBinary()}) {
      options.launch.arguments.push_back(word);
    }
    options.launch.env = ToList(session.env);
    options.launch.cwd = request.cwd.empty() ? session.cwd : request.cwd;
    run = std::make_shared<Run>(context_.loop, std::move(options));
    session.run = run;
  }
  context_.loop.Post([run] { run->Begin(); });
}

void Sessions::OnEnd(const std::string& id, const RunEnd& end) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second.busy = false;
  found->second.run = nullptr;
  EnvMap env = ParseState(end.state, found->second.cwd);
  if (!env.empty()) found->second.env = std::move(env);
}

std::shared_ptr<Run> Sessions::RunOf(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.run;
}

bool Sessions::Interrupt(const std::string& id) {
  const auto run = RunOf(id);
  return run && InterruptAndWait(context_.loop, run);
}

bool Sessions::Delete(const std::string& id) {
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return false;
    run = found->second.run;
    sessions_.erase(found);
  }
  if (run) context_.loop.Post([run] { run->Kill(); });
  return true;
}

}  // namespace osbx::execd

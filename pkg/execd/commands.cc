// SPDX-License-Identifier: Apache-2.0
#include "execd/commands.h"

#include <future>

#include "execd/random_id.h"

namespace osbx::execd {
namespace {
constexpr std::chrono::milliseconds kTermPatience{3000};
constexpr std::chrono::milliseconds kKillPatience{2000};
}  // namespace

void UseShell(Launch& launch, std::string command, const EnvMap& env) {
  const auto path = env.find("PATH");
  const std::string directories = path == env.end() ? "" : path->second;
  launch.programs = Candidates("bash", directories);
  for (auto& candidate : Candidates("sh", directories)) {
    launch.programs.push_back(std::move(candidate));
  }
  launch.arguments = {"-c", std::move(command)};
}

bool InterruptAndWait(EventLoop& loop, const std::shared_ptr<Run>& run) {
  const auto gone = std::make_shared<std::promise<bool>>();
  auto future = gone->get_future();
  loop.Post([run, gone] {
    if (run->Ended()) {
      gone->set_value(false);
      return;
    }
    run->Interrupt(kTermPatience, [gone] { gone->set_value(true); });
  });
  const auto state = future.wait_for(kTermPatience + kKillPatience);
  return state == std::future_status::ready && future.get();
}

void Commands::Start(Request request, http::StreamPtr stream) {
  const std::string id = NewId();
  RunOptions options{.launch = std::move(request.launch),
                     .id = id,
                     .timeout = request.timeout,
                     .ends = context_.keep_eol ? LineEnds::kKeep : LineEnds::kStrip,
                     .stream = std::move(stream),
                     .spool = request.spool,
                     .on_end = [this, id](const RunEnd& end) { OnEnd(id, end); }};
  if (!request.spool) {
    options.on_lost = [this, id](std::shared_ptr<Spool> output) {
      const std::lock_guard lock(mutex_);
      entries_[id].status.spool = std::move(output);
    };
  }
  const auto run = std::make_shared<Run>(context_.loop, std::move(options));
  {
    const std::lock_guard lock(mutex_);
    DropOld();
    entries_[id] = {.status = {.id = id,
                               .text = std::move(request.text),
                               .started_at = std::chrono::system_clock::now(),
                               .spool = std::move(request.spool)},
                    .run = run};
  }
  context_.loop.Post([run] { run->Begin(); });
}

void Commands::OnEnd(const std::string& id, const RunEnd& end) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[id];
  entry.run = nullptr;
  entry.status.running = false;
  entry.status.exit_code = end.exit_code;
  entry.status.error = end.error;
  if (end.out_of_memory) entry.status.error.append(" (").append(kOutOfMemory).append(")");
  entry.status.finished_at = std::chrono::system_clock::now();
  finished_.push_back(id);
  DropOld();
}

void Commands::DropOld() {
  const auto oldest = std::chrono::system_clock::now() - kKeepFinished;
  while (!finished_.empty() && (finished_.size() > kMostFinished ||
                                entries_[finished_.front()].status.finished_at < oldest)) {
    entries_.erase(finished_.front());
    finished_.pop_front();
  }
}

std::optional<CommandStatus> Commands::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  return found->second.status;
}

Result<> Commands::Interrupt(const std::string& id) {
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) run = found->second.run;
  }
  if (!run) return Error(Code::kNotFound, "no running command " + id);
  if (!InterruptAndWait(context_.loop, run)) {
    return Error(Code::kNotFound, "the command " + id + " has ended");
  }
  return {};
}

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// The parts of the fake engine that last: events, logs, wait and exec.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/ids.h"
#include "fakes/fake_docker/engine.h"

namespace osbx::fakes::docker {
namespace {

using std::chrono::milliseconds;
// How often a waiting stream looks whether its reader is still there.
constexpr milliseconds kLookUp{50};

// "1700000000.5" or "1700000000" as nanoseconds.
std::int64_t ParseEngineNano(const std::string& text) {
  const std::size_t dot = text.find('.');
  std::int64_t nano = std::strtoll(text.substr(0, dot).c_str(), nullptr, 10) * 1'000'000'000;
  if (dot == std::string::npos) return nano;
  std::string fraction = text.substr(dot + 1);
  fraction.resize(9, '0');
  return nano + std::strtoll(fraction.c_str(), nullptr, 10);
}

bool EventMatches(const FilterMap& filters, const Json& event) {
  const StringMap attributes = event["Actor"]["Attributes"].get<StringMap>();
  for (const auto& [key, wanted] : filters) {
    if (wanted.empty()) continue;
    if (key == "type" && wanted.count(event["Type"].get<std::string>()) == 0) return false;
    if (key == "event" && wanted.count(event["Action"].get<std::string>()) == 0) return false;
    if (key == "label" && !LabelsMatch(wanted, attributes)) return false;
    if (key == "container") {
      const auto name = attributes.find("name");
      const bool by_name = name != attributes.end() && wanted.count(name->second) != 0;
      if (!by_name && wanted.count(event["Actor"]["ID"].get<std::string>()) == 0) return false;
    }
  }
  return true;
}

}  // namespace

std::string FrameBytes(bool to_stderr, const std::string& text, bool tty) {
  if (tty) return text;
  std::string frame(8, '\0');
  frame[0] = to_stderr ? 2 : 1;
  for (unsigned i = 0; i < 4; ++i) frame[7 - i] = static_cast<char>((text.size() >> (8 * i)) & 255);
  return frame + text;
}

void Engine::StreamEvents(const HttpRequest& request, const Sink& sink, const Gone& gone) {
  const FilterMap filters = ParseFilters(request.Query("filters")).value_or(FilterMap());
  const std::string since = request.Query("since");
  std::unique_lock lock(mutex_);
  ++event_readers_;
  const std::int64_t since_nano = ParseEngineNano(since);
  const std::uint64_t live = first_event_ + events_.size();  // `since` is about older ones only
  std::uint64_t next = since.empty() ? live : first_event_;
  bool open = true;
  while (open && !gone()) {
    next = std::max(next, first_event_);
    if (next == first_event_ + events_.size()) {
      changed_.wait_for(lock, kLookUp);
      continue;
    }
    const EventRecord record = events_[next - first_event_];
    const bool old = next++ < live;
    if ((old && record.time_nano < since_nano) || !EventMatches(filters, record.json)) continue;
    lock.unlock();
    open = sink(record.json.dump() + "\n");
    lock.lock();
  }
  --event_readers_;
}

std::optional<HttpReply> Engine::CheckLogs(const HttpRequest& request) {
  if (!request.Flag("stdout") && !request.Flag("stderr")) {
    return Refusal(400, "Bad parameters: you must choose at least one stream");
  }
  const std::lock_guard lock(mutex_);
  if (Find(request.segments[1]) == nullptr) {
    return Refusal(404, "No such container: " + request.segments[1]);
  }
  return std::nullopt;
}

void Engine::StreamLogs(const HttpRequest& request, const Sink& sink, const Gone& gone) {
  const std::string since = request.Query("since");
  const std::int64_t since_nano = since.empty() ? 0 : ParseEngineNano(since);
  const auto wanted = [&](const LogLine& line) {
    return request.Flag(line.to_stderr ? "stderr" : "stdout") &&
           std::chrono::nanoseconds(line.time.time_since_epoch()).count() >= since_nano;
  };
  std::unique_lock lock(mutex_);
  const std::string id = request.segments[1];
  std::size_t next = 0;
  if (const Container* container = Find(id); container != nullptr) {
    const std::string tail = request.Query("tail");
    const auto lines = tail.empty() || tail == "all"
                           ? container->logs.size()
                           : static_cast<std::size_t>(std::strtoul(tail.c_str(), nullptr, 10));
    next = container->logs.size() - std::min(lines, container->logs.size());
  }
  while (!gone()) {
    const Container* container = Find(id);
    if (container == nullptr) return;
    if (next < container->logs.size()) {
      const LogLine line = container->logs[next++];
      if (!wanted(line)) continue;
      const std::string stamp = request.Flag("timestamps") ? EngineTime(line.time) + " " : "";
      const std::string frame = FrameBytes(line.to_stderr, stamp + line.text, container->tty);
      lock.unlock();
      if (!sink(frame)) return;
      lock.lock();
      continue;
    }
    if (!request.Flag("follow") || !container->Alive()) return;
    changed_.wait_for(lock, kLookUp);
  }
}

HttpReply Engine::Wait(const HttpRequest& request, const Gone& gone) {
  std::unique_lock lock(mutex_);
  const Container* container = Find(request.segments[1]);
  if (container == nullptr) return Refusal(404, "No such container: " + request.segments[1]);
  const std::string id = container->id;
  int code = container->exit_code;
  while (container != nullptr && container->Alive() && !gone()) {
    changed_.wait_for(lock, kLookUp);
    container = Find(id);
    if (container != nullptr) code = container->exit_code;
  }
  return JsonReply(200, {{"Error", nullptr}, {"StatusCode", code}});
}

HttpReply Engine::CreateExec(Container& container, const HttpRequest& request) {
  if (container.status == "paused") {
    return Refusal(
        409, "Container " + request.segments[1] + " is paused, unpause the container before exec");
  }
  if (!container.Alive()) {
    return Refusal(409, "Container " + container.id + " is not running");
  }
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return Refusal(500, "unexpected EOF");
  const auto argv = body.value("Cmd", std::vector<std::string>());
  if (argv.empty()) return Refusal(400, "No exec command specified");
  Exec exec;
  exec.id = RandomHex(32);
  exec.container = container.id;
  exec.spec = body;
  exec.script = Interpret(argv);
  const std::string id = exec.id;
  execs_[id] = std::move(exec);
  Changed(container, "exec_create: " + argv[0], {{"execID", id}});
  return JsonReply(201, {{"Id", id}});
}

HttpReply Engine::Execs(const HttpRequest& request) {
  const auto& path = request.segments;
  const std::lock_guard lock(mutex_);
  const auto found = path.size() < 2 ? execs_.end() : execs_.find(path[1]);
  if (found == execs_.end()) {
    return Refusal(404, "No such exec instance: " + (path.size() < 2 ? "" : path[1]));
  }
  const Exec& exec = found->second;
  if (request.method == "GET") {
    Json code = exec.exit_code;
    if (!exec.started || exec.running) code = nullptr;
    return JsonReply(200, {{"ID", exec.id},
                           {"Running", exec.running},
                           {"ExitCode", std::move(code)},
                           {"ContainerID", exec.container},
                           {"Pid", exec.started ? 4242 : 0}});
  }
  if (path.size() == 3 && path[2] == "resize") {
    return exec.running ? HttpReply{200, ""} : Refusal(404, "no such exec");
  }
  return Refusal(404, "page not found");
}

std::optional<HttpReply> Engine::StartExec(const HttpRequest& request, Exec& out) {
  const std::lock_guard lock(mutex_);
  const auto found = execs_.find(request.segments[1]);
  if (found == execs_.end()) {
    return Refusal(404, "No such exec instance: " + request.segments[1]);
  }
  Exec& exec = found->second;
  const Container* container = Find(exec.container);
  if (container == nullptr || !container->Alive()) {
    return Refusal(409, "Container " + exec.container + " is not running");
  }
  if (exec.started) return Refusal(409, "Exec command " + exec.id + " has already run");
  exec.started = true;
  exec.running = true;
  out = exec;
  return std::nullopt;
}

void Engine::FinishExec(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Exec& exec = execs_[id];
  exec.running = false;
  exec.exit_code = exec.script.exit_code.value_or(137);
  if (Container* container = Find(exec.container); container != nullptr) {
    Changed(*container, "exec_die", {{"execID", id}, {"exitCode", std::to_string(exec.exit_code)}});
  }
}

}  // namespace osbx::fakes::docker

// SPDX-License-Identifier: Apache-2.0
// Shared parts of the fake engine: look-ups, events, small texts, and what happens from outside.
#include "fakes/fake_docker/engine.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/ids.h"

namespace osbx::fakes::docker {
namespace {

constexpr std::size_t kEventsKept = 256;  // as the engine
constexpr std::int64_t kNanoPerSecond = 1'000'000'000;

std::int64_t NanoOf(Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

HttpReply JsonReply(int status, const Json& body) {
  return {status, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

HttpReply Refusal(int status, const std::string& message) {
  return JsonReply(status, {{"message", message}});
}

std::string NormalReference(const std::string& reference) {
  if (reference.find('@') != std::string::npos) return reference;
  const std::size_t colon = reference.rfind(':');
  const bool tagged = colon != std::string::npos && reference.find('/', colon) == std::string::npos;
  return tagged ? reference : reference + ":latest";
}

std::string EngineTime(std::optional<Time> time) {
  if (!time) return "0001-01-01T00:00:00Z";
  const std::int64_t nano = NanoOf(*time);
  const std::time_t seconds = static_cast<std::time_t>(nano / kNanoPerSecond);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 32> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%09dZ",
                static_cast<int>(nano % kNanoPerSecond));
  return std::string(text.data(), size) + fraction.data();
}

std::optional<FilterMap> ParseFilters(const std::string& text) {
  FilterMap filters;
  if (text.empty()) return filters;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  for (const auto& [key, values] : json.items()) {
    std::set<std::string>& wanted = filters[key];
    for (const auto& [name, value] : values.items()) {
      // Both forms of the API: ["a=b"] and {"a=b": true}.
      if (values.is_object())
        wanted.insert(name);
      else if (value.is_string())
        wanted.insert(value.get<std::string>());
    }
  }
  return filters;
}

bool LabelsMatch(const std::set<std::string>& wanted, const StringMap& labels) {
  for (const std::string& filter : wanted) {
    const std::size_t equals = filter.find('=');
    const auto found = labels.find(filter.substr(0, equals));
    if (found == labels.end()) return false;
    if (equals != std::string::npos && found->second != filter.substr(equals + 1)) return false;
  }
  return true;
}

Engine::Engine(const Clock& clock) : clock_(clock) {
  AddImage("busybox", FakeImage{});
  for (const char* name : {"bridge", "host", "none"}) AddNetwork(name);
}

Container* Engine::Find(const std::string& id) {
  return const_cast<Container*>(std::as_const(*this).Find(id));
}

const Container* Engine::Find(const std::string& id) const {
  if (const auto found = containers_.find(id); found != containers_.end()) {
    return found->second.get();
  }
  if (const auto name = names_.find(id); name != names_.end()) {
    return containers_.at(name->second).get();
  }
  if (id.empty()) return nullptr;
  const auto prefix = containers_.lower_bound(id);
  if (prefix == containers_.end() || prefix->first.compare(0, id.size(), id) != 0) return nullptr;
  const auto next = std::next(prefix);
  const bool unique = next == containers_.end() || next->first.compare(0, id.size(), id) != 0;
  return unique ? prefix->second.get() : nullptr;
}

const Image* Engine::FindImage(const std::string& reference) const {
  if (const auto found = images_.find(NormalReference(reference)); found != images_.end()) {
    return &found->second;
  }
  for (const auto& [name, image] : images_) {
    if (image.id == reference || image.id == "sha256:" + reference) return &image;
  }
  return nullptr;
}

void Engine::Record(const std::string& type, const std::string& action, const std::string& id,
                    const StringMap& attributes) {
  // Strictly increasing, so that a resume point is unambiguous.
  last_nano_ = std::max(last_nano_ + 1, NanoOf(clock_.Now()));
  Json json = {{"Type", type},
               {"Action", action},
               {"Actor", {{"ID", id}, {"Attributes", attributes}}},
               {"scope", "local"},
               {"time", last_nano_ / kNanoPerSecond},
               {"timeNano", last_nano_}};
  events_.push_back({last_nano_, std::move(json)});
  if (events_.size() > kEventsKept) {
    events_.pop_front();
    ++first_event_;
  }
  changed_.notify_all();
}

void Engine::Changed(Container& container, const std::string& action, const StringMap& extra) {
  container.row.clear();
  StringMap attributes = container.labels;
  attributes["image"] = container.image;
  attributes["name"] = container.name;
  for (const auto& [key, value] : extra) attributes[key] = value;
  Record("container", action, container.id, attributes);
}

void Engine::AddImage(const std::string& reference, const FakeImage& shape) {
  const std::lock_guard lock(mutex_);
  const std::string name = NormalReference(reference);
  images_[name] = {"sha256:" + Sha256Hex(name), name, shape};
}

void Engine::AddPullable(const std::string& reference, const FakeImage& shape,
                         const std::string& auth) {
  const std::lock_guard lock(mutex_);
  pullable_[NormalReference(reference)] = {shape, auth};
}

void Engine::AddDenied(const std::string& reference) {
  const std::lock_guard lock(mutex_);
  denied_.insert(NormalReference(reference));
}

void Engine::SetCheckBindSources(bool check) {
  const std::lock_guard lock(mutex_);
  check_bind_sources_ = check;
}

void Engine::SetHonourTerm(bool honour) {
  const std::lock_guard lock(mutex_);
  honour_term_ = honour;
}

bool Engine::Exit(const std::string& id, int code, bool oom) {
  const std::lock_guard lock(mutex_);
  Container* container = Find(id);
  if (container == nullptr || !container->Alive()) return false;
  Die(*container, code, oom);
  return true;
}

bool Engine::Remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Container* container = Find(id);
  if (container == nullptr) return false;
  if (container->Alive()) Die(*container, 137, false);
  Destroy(*container);
  return true;
}

bool Engine::AppendLog(const std::string& id, std::string_view text, bool to_stderr) {
  const std::lock_guard lock(mutex_);
  Container* container = Find(id);
  if (container == nullptr) return false;
  container->logs.push_back({clock_.Now(), to_stderr, std::string(text)});
  changed_.notify_all();
  return true;
}

void Engine::Emit(const std::string& type, const std::string& action, const std::string& id,
                  const StringMap& attributes) {
  const std::lock_guard lock(mutex_);
  Record(type, action, id, attributes);
}

std::vector<std::string> Engine::EventsFrom(std::uint64_t& next) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (next = std::max(next, first_event_); next < first_event_ + events_.size(); ++next) {
    out.push_back(events_[next - first_event_].json.dump());
  }
  return out;
}

void Engine::ForgetEvents() {
  const std::lock_guard lock(mutex_);
  first_event_ += events_.size();
  events_.clear();
}

void Engine::WakeAll() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

std::vector<std::string> Engine::CreatedBodies() const {
  const std::lock_guard lock(mutex_);
  return created_bodies_;
}

std::size_t Engine::Count() const {
  const std::lock_guard lock(mutex_);
  return containers_.size();
}

std::string Engine::StatusOf(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const Container* container = Find(id);
  return container == nullptr ? std::string() : container->status;
}

int Engine::EventReaders() const {
  const std::lock_guard lock(mutex_);
  return event_readers_;
}

HttpReply Engine::Info() {
  const std::lock_guard lock(mutex_);
  return JsonReply(200, {{"ID", "FAKE"},
                         {"Name", "fake"},
                         {"ServerVersion", "20.10.24"},
                         {"OSType", "linux"},
                         {"Architecture", "x86_64"},
                         {"Driver", "overlay2"},
                         {"CgroupVersion", "1"},
                         {"DockerRootDir", "/var/lib/docker"},
                         {"DefaultRuntime", "runc"},
                         {"Runtimes", {{"runc", {{"path", "runc"}}}}},
                         {"SecurityOptions", {"name=seccomp,profile=default"}},
                         {"MemTotal", std::int64_t{8} << 30},
                         {"NCPU", 4},
                         {"Containers", containers_.size()}});
}

}  // namespace osbx::fakes::docker

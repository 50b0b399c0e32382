// SPDX-License-Identifier: Apache-2.0
#include "ctrl/event_recorder.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/log.h"
#include "base/rfc3339.h"
#include "base/thread_pool.h"

namespace osbx::ctrl {
namespace {

constexpr std::size_t kMaxMessageBytes = 1024;  // Kubernetes' limit
constexpr std::size_t kMaxObjectName = 230;     // of at most 253, with the dot and the digest
constexpr std::size_t kDigestDigits = 16;
constexpr Duration kTrimInterval = std::chrono::minutes(1);

// Cuts at the begin of a UTF-8 sequence.
std::string Shorten(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t size = max_bytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return std::string(text.substr(0, size));
}

std::string LevelName(EventLevel level) {
  return level == EventLevel::kNormal ? "Normal" : "Warning";
}

std::string PathOf(const std::string& kind, const std::string& ns, const std::string& name) {
  return kind + "/" + ns + "/" + name;
}

std::string StringAt(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Time> TimeAt(const Json& object, const char* field) {
  const auto time = ParseTime(StringAt(object, field));
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

EventRecorder::EventRecorder(EventSink sink, Clock& clock, Options options)
    : sink_(std::move(sink)),
      clock_(clock),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void EventRecorder::Record(const ObjectReference& object, EventLevel level, std::string_view reason,
                           std::string_view message) {
  Pending pending{.object = object,
                  .level = level,
                  .reason = std::string(reason),
                  .message = Shorten(message, kMaxMessageBytes),
                  .at = clock_.Now()};
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || pending_.size() >= options_.max_pending) {
      ++dropped_;
      return;
    }
    pending_.push_back(std::move(pending));
  }
  arrived_.notify_one();
}

bool EventRecorder::Flush(std::chrono::steady_clock::duration deadline) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, deadline, [this] { return pending_.empty() && !writing_; });
}

void EventRecorder::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  const std::lock_guard lock(stop_mutex_);
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

std::uint64_t EventRecorder::Dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void EventRecorder::Run(const std::stop_token& stop) {
  NameThisThread("events-writer");
  Adopt();
  MonoTime next_trim = clock_.Mono() + kTrimInterval;
  while (true) {
    std::deque<Pending> batch;
    {
      std::unique_lock lock(mutex_);
      clock_.WaitUntil(lock, arrived_, stop, next_trim, [this] { return !pending_.empty(); });
      if (pending_.empty() && stop.stop_requested()) return;
      batch.swap(pending_);
      writing_ = true;
    }
    Write(batch);
    if (!batch.empty() || clock_.Mono() >= next_trim) {
      Trim(clock_.Now());
      next_trim = clock_.Mono() + kTrimInterval;
    }
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    }
    written_.notify_all();
  }
}

// Counts go on where an earlier life ended, and what it left is removed in its time.
void EventRecorder::Adopt() {
  if (!sink_.list) return;
  for (const JsonPtr& event : sink_.list()) {
    const auto metadata = event->find("metadata");
    const auto object = event->find("involvedObject");
    if (metadata == event->end() || object == event->end()) continue;
    const auto last = TimeAt(*event, "lastTimestamp");
    if (!last) continue;  // somebody else's, in the newer form
    const auto count = event->find("count");
    entries_[{.kind = "events",
              .ns = StringAt(*metadata, "namespace"),
              .name = StringAt(*metadata, "name")}] = {
        .object = PathOf(StringAt(*object, "kind"), StringAt(*object, "namespace"),
                         StringAt(*object, "name")),
        .first = TimeAt(*event, "firstTimestamp").value_or(*last),
        .last = *last,
        .count =
            count != event->end() && count->is_number_integer() ? count->get<std::int64_t>() : 1};
  }
}

void EventRecorder::Write(const std::deque<Pending>& batch) {
  std::map<store::Key, const Pending*> changed;  // each is written once
  std::set<std::string> grown;
  for (const Pending& pending : batch) {
    const ObjectReference& object = pending.object;
    const std::string path = PathOf(object.kind, object.ns, object.name);
    const std::string digest =
        Sha256Hex(path + "\n" + object.uid + "\n" + LevelName(pending.level) + "\n" +
                  pending.reason + "\n" + pending.message);
    const store::Key key{
        .kind = "events",
        .ns = object.ns.empty() ? "default" : object.ns,
        .name = Shorten(object.name, kMaxObjectName) + "." + digest.substr(0, kDigestDigits)};
    Entry& entry = entries_[key];
    if (entry.count++ == 0) {
      entry.object = path;
      entry.first = pending.at;
      grown.insert(path);
    }
    entry.last = std::max(entry.last, pending.at);
    changed[key] = &pending;
  }
  for (const auto& [key, pending] : changed) {
    const Result<> put = sink_.put(key, Encode(key, *pending, entries_.at(key)));
    if (put) continue;
    // An event is not worth a retry: its namespace is going, or the disk is full.
    log::Debug("event not written",
               {{"event", store::ToString(key)}, {"error", put.error().ToString()}});
  }
  for (const std::string& object : grown) TrimObject(object);
}

Json EventRecorder::Encode(const store::Key& key, const Pending& pending,
                           const Entry& entry) const {
  const ObjectReference& object = pending.object;
  Json involved = {
      {"apiVersion", object.api_version}, {"kind", object.kind}, {"name", object.name}};
  if (!object.ns.empty()) involved["namespace"] = object.ns;
  if (!object.uid.empty()) involved["uid"] = object.uid;
  return {{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata", {{"name", key.name}, {"namespace", key.ns}}},
          {"involvedObject", std::move(involved)},
          {"type", LevelName(pending.level)},
          {"reason", pending.reason},
          {"message", pending.message},
          {"count", entry.count},
          {"firstTimestamp", FormatTime(entry.first)},
          {"lastTimestamp", FormatTime(entry.last)},
          {"source", {{"component", options_.component}}},
          {"reportingComponent", options_.component}};
}

void EventRecorder::Remove(Entries::iterator entry) {
  const Result<> removed = sink_.remove(entry->first);
  if (!removed && removed.error().code() != Code::kNotFound) {
    log::Debug("event not removed",
               {{"event", store::ToString(entry->first)}, {"error", removed.error().ToString()}});
  }
  entries_.erase(entry);
}

// The one seen longest ago, of one object ("" = of all); end() when there is none.
EventRecorder::Entries::iterator EventRecorder::Oldest(const std::string& object) {
  auto oldest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!object.empty() && entry->second.object != object) continue;
    if (oldest == entries_.end() || entry->second.last < oldest->second.last) oldest = entry;
  }
  return oldest;
}

// An object that floods must not push out what is known of the others.
void EventRecorder::TrimObject(const std::string& object) {
  auto count = static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [&object](const auto& entry) { return entry.second.object == object; }));
  for (; count > options_.max_per_object; --count) Remove(Oldest(object));
}

void EventRecorder::Trim(Time now) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto present = entry++;
    if (now - present->second.last > options_.max_age) Remove(present);
  }
  while (entries_.size() > options_.max_events) Remove(Oldest(""));
}

}  // namespace osbx::ctrl

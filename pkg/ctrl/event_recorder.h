// SPDX-License-Identifier: Apache-2.0
// Tells people what happened to an object, as core/v1 Events. The same event of the same object is
// one Event that counts; old ones, and the oldest of too many, are removed. Recording only appends
// to a bounded queue: it never waits for the store, and a flood is dropped, not queued without end.
// Messages must hold no secrets (I5). Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "store/store.h"

namespace osbx::ctrl {

// What it happened to.
struct ObjectReference {
  std::string api_version = {};
  std::string kind = {};
  std::string ns = {};  // "" = cluster scope; such events are kept in "default"
  std::string name = {};
  std::string uid = {};
};

// Of a generated struct.
template <class T>
ObjectReference ReferenceTo(const T& object) {
  return {.api_version = std::string(T::kApiVersion),
          .kind = std::string(T::kKind),
          .ns = object.metadata.namespace_,
          .name = object.metadata.name,
          .uid = object.metadata.uid};
}

enum class EventLevel { kNormal, kWarning };

// Where events go. Called from the thread of the recorder alone.
struct EventSink {
  std::function<Result<>(const store::Key&, const Json& event)> put = {};  // creates or replaces
  std::function<Result<>(const store::Key&)> remove = {};
  std::function<std::vector<JsonPtr>()> list = {};  // those of an earlier life; asked once
};

class EventRecorder {
 public:
  struct Options {
    std::string component = "osbxd";
    Duration max_age = std::chrono::hours(1);  // since it was last seen
    std::size_t max_events = 2'000;
    std::size_t max_per_object = 30;
    std::size_t max_pending = 4'096;
  };

  EventRecorder(EventSink sink, Clock& clock, Options options);
  EventRecorder(EventSink sink, Clock& clock) : EventRecorder(std::move(sink), clock, Options()) {}
  ~EventRecorder() { Stop(); }

  // `reason` is one CamelCase word, `message` past tense.
  void Record(const ObjectReference& object, EventLevel level, std::string_view reason,
              std::string_view message);

  // Waits until all that was recorded before has been written. False at the deadline (real time).
  bool Flush(std::chrono::steady_clock::duration deadline = std::chrono::seconds(30));
  // Writes what is pending, then ends. Later records are dropped. Idempotent.
  void Stop();

  std::uint64_t Dropped() const;

 private:
  struct Pending {
    ObjectReference object = {};
    EventLevel level = EventLevel::kNormal;
    std::string reason = {};
    std::string message = {};
    Time at = {};
  };
  struct Entry {
    std::string object = {};  // "Kind/namespace/name"
    Time first = {};
    Time last = {};
    std::int64_t count = 0;
  };
  using Entries = std::map<store::Key, Entry>;

  void Run(const std::stop_token& stop);
  void Adopt();
  void Write(const std::deque<Pending>& batch);
  void Trim(Time now);
  void TrimObject(const std::string& object);
  Entries::iterator Oldest(const std::string& object);
  void Remove(Entries::iterator entry);
  Json Encode(const store::Key& key, const Pending& pending, const Entry& entry) const;

  const EventSink sink_;
  Clock& clock_;
  const Options options_;
  Entries entries_;  // its thread only

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any arrived_;
  std::condition_variable written_;
  std::deque<Pending> pending_;
  bool writing_ = false;
  bool stopped_ = false;
  std::uint64_t dropped_ = 0;

  std::mutex stop_mutex_;
  std::jthread thread_;  // last
};

}  // namespace osbx::ctrl

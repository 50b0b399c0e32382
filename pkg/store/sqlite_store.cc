// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace osbx::store {
namespace {

// Commits in one transaction. More would let the first of them wait for no gain in throughput.
constexpr std::size_t kMaxBatch = 256;
// Rows deleted beside one transaction's writes: more than it makes superfluous, so a backlog
// shrinks, and few enough that a write does not wait for it.
constexpr std::size_t kForgetPerEvent = 2;
constexpr std::size_t kForgetAtLeast = 64;

// A full disk is this server's trouble: a caller is not told that it asks for too much.
Error Refusal(const Error& error) {
  return error.code() == Code::kExhausted ? Error(Code::kUnavailable, error.message()) : error;
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const Options& options) {
  OSBX_TRY(EventLog log, EventLog::Open({.path = options.path, .max_bytes = options.max_bytes}));
  OSBX_TRY(EventLog::Loaded loaded, log.Load());
  std::unique_ptr<SqliteStore> store(new SqliteStore(options, std::move(log)));
  store->forgotten_ = std::move(loaded.forgotten);
  const std::vector<Revision> beyond_window = store->table_.Restore(loaded.state);
  store->forgotten_.insert(store->forgotten_.end(), beyond_window.begin(), beyond_window.end());
  store->writer_ =
      std::jthread([raw = store.get()](const std::stop_token& stop) { raw->RunWriter(stop); });
  return store;
}

SqliteStore::SqliteStore(Options options, EventLog log)
    : options_(std::move(options)), table_(options_.window), log_(std::move(log)) {}

SqliteStore::~SqliteStore() {
  Close();
}

void SqliteStore::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  const std::lock_guard lock(close_mutex_);
  if (!writer_.joinable()) return;
  writer_.request_stop();
  writer_.join();
}

Result<std::vector<ObjectPtr>> SqliteStore::Commit(std::vector<Write> writes) {
  Waiting waiting;
  OSBX_TRY(waiting.writes, Prepare(std::move(writes)));
  return Enqueue(waiting);
}

SqliteStore::Answer SqliteStore::Enqueue(Waiting& waiting) {
  std::future<Answer> answer = waiting.answer.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Error(Code::kUnavailable, "the store is closed");
    queue_.push_back(&waiting);
  }
  arrived_.notify_one();
  return answer.get();
}

Result<> SqliteStore::CheckWritable() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Error(Code::kUnavailable, "the store is closed");
  }
  if (!last_write_failed_) return {};
  Waiting waiting{.probe = true};
  OSBX_CHECK(Enqueue(waiting));
  return {};
}

StoreStats SqliteStore::Stats() const {
  return {.committed = committed_,
          .refused = refused_,
          .failed = failed_,
          .batch = batch_.Read(),
          .seconds = seconds_.Read(),
          .sizes = EventLog::SizesOf(options_.path),
          .window_events = table_.WindowEvents(),
          .window_bytes = table_.WindowBytes()};
}

void SqliteStore::RunWriter(const std::stop_token& stop) {
  std::vector<Waiting*> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      // Asked to stop, it first serves those who were let in.
      if (!arrived_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
      batch = std::exchange(queue_, {});
    }
    const std::span<Waiting* const> all(batch);
    for (std::size_t done = 0; done < all.size(); done += kMaxBatch) {
      CommitBatch(all.subspan(done, std::min(kMaxBatch, all.size() - done)));
    }
  }
}

// One transaction of these events, and of a part of what may be forgotten.
Result<> SqliteStore::Persist(const std::vector<EventPtr>& events) {
  const auto start = std::chrono::steady_clock::now();
  const std::size_t forget_count =
      std::min(forgotten_.size(), std::max(kForgetAtLeast, kForgetPerEvent * events.size()));
  const std::span<const Revision> forget =
      std::span<const Revision>(forgotten_).first(forget_count);
  OSBX_CHECK(log_.Append(events, forget, table_.Oldest()));
  forgotten_.erase(forgotten_.begin(),
                   forgotten_.begin() + static_cast<std::ptrdiff_t>(forget_count));
  seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return {};
}

void SqliteStore::CommitBatch(std::span<Waiting* const> batch) {
  Staging staging(table_);
  for (Waiting* waiting : batch) waiting->staged = staging.Add(waiting->writes);
  const std::vector<EventPtr>& events = staging.Events();
  const bool probe = std::ranges::any_of(batch, &Waiting::probe);
  Result<> written;
  if (!events.empty()) {
    written = Persist(events);
  } else if (probe) {
    written = log_.Probe(table_.Oldest());
  }
  if (!written && written.error().code() == Code::kExhausted && batch.size() > 1) {
    // A small write may still fit where the batch does not: each fails alone.
    for (std::size_t one = 0; one < batch.size(); ++one) CommitBatch(batch.subspan(one, 1));
    return;
  }
  if (!events.empty() || probe) last_write_failed_ = !written;
  if (!written && !probe) {
    log::Error("store write refused", {{"error", written.error().ToString()}});
  }
  if (written && !events.empty()) {
    batch_.Observe(static_cast<double>(batch.size()));
    const std::vector<Revision> forgotten = table_.Apply(events);
    forgotten_.insert(forgotten_.end(), forgotten.begin(), forgotten.end());
    subscribers_.Notify(events);
  }
  for (Waiting* waiting : batch) Settle(*waiting, written);
}

void SqliteStore::Settle(Waiting& waiting, const Result<>& written) {
  Answer answer = *std::move(waiting.staged);
  if (!waiting.probe) ++(!answer ? refused_ : written ? committed_ : failed_);
  if (!written && answer) answer = Refusal(written.error());
  std::promise<Answer> promise = std::move(waiting.answer);  // the caller's frame ends with it
  promise.set_value(std::move(answer));
}

}  // namespace osbx::store

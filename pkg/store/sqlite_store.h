// SPDX-License-Identifier: Apache-2.0
// The durable store: an append-only table of events in a SQLite file (write-ahead log, synchronous
// = FULL) behind the in-memory Table. One writer thread gathers all waiting commits into one
// transaction, so that they share one fsync; what Commit has answered survives kill -9 and power
// loss (I11). Reads never touch the file. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/histogram.h"
#include "store/event_log.h"
#include "store/staging.h"
#include "store/store.h"
#include "store/subscribers.h"
#include "store/table.h"

namespace osbx::store {

// Upper bounds: commits that shared a transaction, and the seconds it took, mostly the disk's.
inline constexpr std::array<double, 8> kBatchBounds = {1, 2, 4, 8, 16, 32, 64, 256};
inline constexpr std::array<double, 8> kTransactionBounds = {0.0005, 0.001, 0.0025, 0.005,
                                                             0.01,   0.05,  0.25,   1};

// Everything since the start, and the present sizes.
struct StoreStats {
  std::uint64_t committed = 0;  // calls of Commit that were answered with success
  std::uint64_t refused = 0;    // that broke a condition: conflict, not found, …
  std::uint64_t failed = 0;     // that the disk did not take
  HistogramSnapshot batch = {};
  HistogramSnapshot seconds = {};
  EventLog::Sizes sizes = {};
  std::size_t window_events = 0;
  std::size_t window_bytes = 0;
};

class SqliteStore final : public Store {
 public:
  struct Options {
    std::string path = {};      // of the database; its directory must exist
    Window window = {};         // kept events, also across a restart
    std::size_t max_bytes = 0;  // of the database file; 0 = as large as the disk allows
  };

  // Takes the file for this process, checks it and loads it. kFailedPrecondition with the path when
  // another process has it, when it is damaged or written by a newer version.
  static Result<std::unique_ptr<SqliteStore>> Open(const Options& options);

  // Closes, and gives the file up.
  ~SqliteStore() override;

  StoreStats Stats() const;
  // Whether writes are taken, from what the last one met. After one that failed the disk is asked
  // again, so that a store whose disk has room again is writable before somebody writes.
  Result<> CheckWritable();

  // Finishes the commits under way; later ones answer kUnavailable, reads go on. Idempotent.
  void Close();

  ObjectPtr Find(const Key& key) const override { return table_.Find(key); }
  Snapshot List(const ListQuery& query) const override { return table_.List(query); }
  Result<Snapshot> ListAt(const ListQuery& query, Revision revision) const override {
    return table_.ListAt(query, revision);
  }
  Result<std::vector<ObjectPtr>> Commit(std::vector<Write> writes) override;
  Result<std::vector<EventPtr>> EventsAfter(const std::string& kind, Revision after,
                                            std::size_t max) const override {
    return table_.EventsAfter(kind, after, max);
  }
  Revision Current() const override { return table_.Current(); }
  Revision Oldest() const override { return table_.Oldest(); }
  Subscription Subscribe(Subscriber subscriber) override {
    return subscribers_.Add(std::move(subscriber));
  }

 private:
  using Answer = Result<std::vector<ObjectPtr>>;
  // A Commit that waits, or a question to the disk. Lives in the frame of the caller.
  struct Waiting {
    std::vector<PreparedWrite> writes = {};
    bool probe = false;
    std::optional<Answer> staged = {};
    std::promise<Answer> answer = {};
  };

  SqliteStore(Options options, EventLog log);
  Answer Enqueue(Waiting& waiting);
  void RunWriter(const std::stop_token& stop);
  void CommitBatch(std::span<Waiting* const> batch);
  void Settle(Waiting& waiting, const Result<>& written);
  Result<> Persist(const std::vector<EventPtr>& events);

  const Options options_;
  Table table_;
  Subscribers subscribers_;
  EventLog log_;                          // writer thread only
  std::vector<Revision> forgotten_ = {};  // rows to delete; writer thread only

  // Counted by the writer thread alone.
  std::atomic<std::uint64_t> committed_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<bool> last_write_failed_ = false;
  Histogram batch_{kBatchBounds};
  Histogram seconds_{kTransactionBounds};

  std::mutex mutex_;  // guards the two below
  std::condition_variable_any arrived_;
  std::vector<Waiting*> queue_;
  bool closed_ = false;

  std::mutex close_mutex_;
  std::jthread writer_;
};

}  // namespace osbx::store

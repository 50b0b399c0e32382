// SPDX-License-Identifier: Apache-2.0
// The events on disk. Append is one transaction: all or nothing, durable when it returns. The file
// holds, besides the kept events, the last one of every object, however old. One thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/file_lock.h"
#include "store/sqlite_db.h"
#include "store/store.h"
#include "store/table.h"

namespace osbx::store {

class EventLog {
 public:
  struct Options {
    std::string path = {};
    std::size_t max_bytes = 0;  // 0 = no limit
  };
  // Locks, creates or migrates, and checks the file.
  static Result<EventLog> Open(const Options& options);

  struct Loaded {
    Table::State state = {};
    std::vector<Revision> forgotten = {};  // rows a crash left behind
  };
  Result<Loaded> Load();

  // Adds the events and deletes the rows of `forgotten`; every event above `oldest` is still there
  // afterwards.
  Result<> Append(std::span<const EventPtr> events, std::span<const Revision> forgotten,
                  Revision oldest);
  // Writes as little as can be written, durably: whether the disk takes anything at all.
  Result<> Probe(Revision oldest);

  struct Sizes {
    std::size_t database_bytes = 0;
    std::size_t log_bytes = 0;  // the write-ahead log
  };
  // Of the files at `path`, by their names: any thread may ask.
  static Sizes SizesOf(const std::string& path);

 private:
  struct Statements {
    Statement begin;
    Statement commit;
    Statement rollback;
    Statement insert;
    Statement forget;
    Statement set_oldest;
  };

  EventLog(FileLock lock, std::unique_ptr<Database> database, Statements statements)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        statements_(std::move(statements)) {}
  Result<> Write(std::span<const EventPtr> events, std::span<const Revision> forgotten,
                 Revision oldest);
  Result<> WriteProbe(Revision oldest);
  Result<> UndoneIfFailed(Result<> written);

  FileLock lock_;  // released last
  std::unique_ptr<Database> database_;
  Statements statements_;
};

}  // namespace osbx::store

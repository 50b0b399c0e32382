// SPDX-License-Identifier: Apache-2.0
#include "store/event_log.h"

#include <filesystem>
#include <optional>
#include <unordered_map>
#include <utility>

#include "store/event_text.h"
#include "store/migrations.h"

namespace osbx::store {
namespace {

// Objects of about 2 KiB fit a page of 8 KiB well: measured best of 4, 8 and 16 KiB.
constexpr std::size_t kPageSizeBytes = 8192;
// What remains of the write-ahead log after a checkpoint that follows a burst.
constexpr std::size_t kLogKeepBytes = std::size_t{16} << 20U;

Result<> Configure(Database& database, std::size_t max_bytes) {
  // page_size before anything is written, and locking_mode before the log is first opened: then
  // SQLite needs no shared memory.
  OSBX_CHECK(database.Execute("PRAGMA page_size = " + std::to_string(kPageSizeBytes) +
                              "; PRAGMA locking_mode = EXCLUSIVE"));
  OSBX_TRY(const std::string mode, database.QueryText("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return Error(Code::kFailedPrecondition,
                 "database " + database.path() + ": its file system offers no write-ahead log");
  }
  OSBX_CHECK(database.Execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = " +
                              std::to_string(kLogKeepBytes)));
  if (max_bytes > 0) {
    OSBX_CHECK(
        database.Execute("PRAGMA max_page_count = " + std::to_string(max_bytes / kPageSizeBytes)));
  }
  return {};
}

Error Damaged(const Database& database, const std::string& what) {
  return Error(Code::kFailedPrecondition, "database " + database.path() +
                                              " is damaged: restore a copy, or move it away (" +
                                              what + ")");
}

Result<> Check(Database& database) {
  OSBX_TRY(const std::string verdict, database.QueryText("PRAGMA quick_check(1)"));
  if (verdict != "ok") return Damaged(database, verdict);
  return {};
}

// Replays the rows in order. Only what is the newest of its key is parsed.
class Loader {
 public:
  Loader(const Database& database, Revision oldest) : database_(database) {
    loaded_.state.oldest = oldest;
    loaded_.state.current = oldest;
  }

  Result<> Add(const Row& row) {
    const ObjectText object{.revision = row.Integer(0),
                            .created = row.Integer(2),
                            .bytes = std::make_shared<const std::string>(row.Text(6))};
    Key key{.kind = std::string(row.Text(3)),
            .ns = std::string(row.Text(4)),
            .name = std::string(row.Text(5))};
    const auto type = static_cast<EventType>(row.Integer(1));
    const auto found = newest_.find(key);
    std::optional<ObjectText> previous;
    if (found != newest_.end()) previous = found->second;
    if (type == EventType::kDeleted) {
      newest_.erase(key);
    } else {
      newest_[key] = object;
    }
    Table::State& state = loaded_.state;
    if (object.revision <= state.oldest) {  // only the state it left matters
      if (previous) loaded_.forgotten.push_back(previous->revision);
      if (type == EventType::kDeleted) loaded_.forgotten.push_back(object.revision);
      return {};
    }
    if (object.revision != state.current + 1 || !previous != (type == EventType::kAdded)) {
      return Damaged(database_,
                     "the events before " + std::to_string(object.revision) + " are missing");
    }
    state.current = object.revision;
    state.events.push_back(std::make_shared<const EventText>(
        EventText{.type = type, .key = std::move(key), .object = object, .previous = previous}));
    return {};
  }

  Result<EventLog::Loaded> Take() && {
    for (const auto& [key, text] : newest_) {
      ObjectPtr object = Parse(key, text);
      if (!object) {
        return Damaged(database_, "row " + std::to_string(text.revision) + " is not an object");
      }
      loaded_.state.objects.push_back(std::move(object));
    }
    return std::move(loaded_);
  }

 private:
  const Database& database_;
  EventLog::Loaded loaded_;
  std::unordered_map<Key, ObjectText, KeyHash> newest_;
};

}  // namespace

Result<EventLog> EventLog::Open(const Options& options) {
  OSBX_TRY(FileLock lock, FileLock::Take(options.path));
  OSBX_TRY(std::unique_ptr<Database> database, Database::Open(options.path));
  OSBX_CHECK(Configure(*database, options.max_bytes));
  OSBX_CHECK(Check(*database));
  OSBX_CHECK(Migrate(*database));
  OSBX_TRY(Statement begin, database->Prepare("BEGIN IMMEDIATE"));
  OSBX_TRY(Statement commit, database->Prepare("COMMIT"));
  OSBX_TRY(Statement rollback, database->Prepare("ROLLBACK"));
  OSBX_TRY(Statement insert,
           database->Prepare("INSERT INTO events (rv, type, created, kind, ns, name, json) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  OSBX_TRY(Statement forget, database->Prepare("DELETE FROM events WHERE rv = ?"));
  OSBX_TRY(Statement set_oldest,
           database->Prepare("UPDATE meta SET value = ? WHERE name = 'oldest'"));
  return EventLog(std::move(lock), std::move(database),
                  {.begin = std::move(begin),
                   .commit = std::move(commit),
                   .rollback = std::move(rollback),
                   .insert = std::move(insert),
                   .forget = std::move(forget),
                   .set_oldest = std::move(set_oldest)});
}

Result<EventLog::Loaded> EventLog::Load() {
  OSBX_TRY(const Revision oldest,
           database_->QueryInteger("SELECT value FROM meta WHERE name = 'oldest'"));
  OSBX_TRY(Statement rows, database_->Prepare("SELECT rv, type, created, kind, ns, name, json "
                                              "FROM events ORDER BY rv"));
  Loader loader(*database_, oldest);
  OSBX_CHECK(rows.ForEach([&loader](const Row& row) { return loader.Add(row); }));
  return std::move(loader).Take();
}

Result<> EventLog::Write(std::span<const EventPtr> events, std::span<const Revision> forgotten,
                         Revision oldest) {
  OSBX_CHECK(statements_.begin.Run());
  for (const EventPtr& event : events) {
    const Object& object = *event->object;
    OSBX_CHECK(statements_.insert.Run(
        {event->revision, static_cast<std::int64_t>(event->type), object.created,
         std::string_view(object.key.kind), std::string_view(object.key.ns),
         std::string_view(object.key.name), std::string_view(*object.bytes)}));
  }
  if (!forgotten.empty()) {
    for (const Revision revision : forgotten) OSBX_CHECK(statements_.forget.Run({revision}));
    OSBX_CHECK(statements_.set_oldest.Run({oldest}));
  }
  return statements_.commit.Run();
}

// SQLite writes no page for a value that stays the same: it goes to another one and back.
Result<> EventLog::WriteProbe(Revision oldest) {
  OSBX_CHECK(statements_.begin.Run());
  OSBX_CHECK(statements_.set_oldest.Run({oldest + 1}));
  OSBX_CHECK(statements_.set_oldest.Run({oldest}));
  return statements_.commit.Run();
}

Result<> EventLog::Probe(Revision oldest) {
  return UndoneIfFailed(WriteProbe(oldest));
}

EventLog::Sizes EventLog::SizesOf(const std::string& path) {
  const auto size = [](const std::string& file) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(file, failed);
    return failed ? std::size_t{0} : static_cast<std::size_t>(bytes);
  };
  return {.database_bytes = size(path), .log_bytes = size(path + "-wal")};
}

Result<> EventLog::Append(std::span<const EventPtr> events, std::span<const Revision> forgotten,
                          Revision oldest) {
  return UndoneIfFailed(Write(events, forgotten, oldest));
}

Result<> EventLog::UndoneIfFailed(Result<> written) {
  // SQLite has rolled back by itself after some failures, a full disk among them.
  if (!written && database_->InTransaction()) {
    if (Result<> undone = statements_.rollback.Run(); !undone) {
      return std::move(undone).error().Wrap("undo after: " + written.error().message());
    }
  }
  return written;
}

}  // namespace osbx::store

// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_db.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "base/unique_fd.h"

namespace osbx::store {
namespace {

// How long another process, e.g. somebody's sqlite3 shell, may hold the file before we give up.
constexpr int kBusyTimeoutMs = 2000;

bool MeansDiskFull(int os_errno) {
  return os_errno == ENOSPC || os_errno == EDQUOT || os_errno == EFBIG;
}

Code CodeOf(int sqlite_code, int os_errno) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return Code::kExhausted;
    case SQLITE_IOERR:
      return MeansDiskFull(os_errno) ? Code::kExhausted : Code::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return Code::kFailedPrecondition;
    default:
      return Code::kInternal;
  }
}

std::string Describe(const std::string& path, int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
      return "database " + path + ": the disk or the size limit is full";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "database " + path + " is damaged or not a database: restore a copy, or move it away";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "database " + path + " is in use by another process";
    default:
      return "database " + path;
  }
}

}  // namespace

std::int64_t Row::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Row::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<> Statement::Run(std::initializer_list<SqlValue> parameters) {
  int index = 0;
  for (const SqlValue& value : parameters) {
    ++index;
    int code = SQLITE_OK;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      code = sqlite3_bind_int64(statement_.get(), index, *integer);
    } else {
      const auto text = std::get<std::string_view>(value);
      // A null pointer would be NULL, and an empty view may hold one.
      code = sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(),
                                 text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    if (code != SQLITE_OK) return database_->LastError("bind");
  }
  return ForEach([](const Row&) { return Result<>(); });
}

Result<> Statement::ForEach(const std::function<Result<>(const Row&)>& visit) {
  Result<> result;
  while (result.has_value()) {
    errno = 0;
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_DONE) break;
    result = code == SQLITE_ROW ? visit(Row(statement_.get())) : database_->LastError("step");
  }
  sqlite3_reset(statement_.get());  // repeats the error of step, if any
  return result;
}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  // Made here and not by SQLite, because it holds secrets; SQLite gives the log the same mode.
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return Error::FromErrno(errno, "open database " + path);
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Database> database(new Database(path, handle));
  if (code != SQLITE_OK) return database->LastError("open");
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Result<Statement> Database::Prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK) {
    return LastError("prepare");
  }
  return Statement(*this, statement);
}

Result<> Database::Execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return LastError("execute");
  }
  return {};
}

Result<std::int64_t> Database::QueryInteger(const char* sql) {
  OSBX_TRY(Statement statement, Prepare(sql));
  std::int64_t value = 0;
  OSBX_CHECK(statement.ForEach([&value](const Row& row) {
    value = row.Integer(0);
    return Result<>();
  }));
  return value;
}

Result<std::string> Database::QueryText(const char* sql) {
  OSBX_TRY(Statement statement, Prepare(sql));
  std::string value;
  OSBX_CHECK(statement.ForEach([&value](const Row& row) {
    value = row.Text(0);
    return Result<>();
  }));
  return value;
}

bool Database::InTransaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

Error Database::LastError(std::string_view doing) const {
  // Not sqlite3_system_errno(): it does not know of failed writes to the log.
  const int os_errno = errno;
  const int code = sqlite3_extended_errcode(handle_.get());
  return Error(CodeOf(code, os_errno), Describe(path_, code) + " (" + std::string(doing) + ": " +
                                           sqlite3_errmsg(handle_.get()) + ")");
}

}  // namespace osbx::store

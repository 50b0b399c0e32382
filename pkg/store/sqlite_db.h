// SPDX-License-Identifier: Apache-2.0
// SQLite with results instead of return codes. A statement is always reset when a call returns: one
// that is left on a row keeps the write-ahead log from being reused, without limit. One thread at a
// time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace osbx::store {

class Database;

using SqlValue = std::variant<std::int64_t, std::string_view>;

// One row of a result, valid while the callback runs.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t Integer(int column) const;
  std::string_view Text(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Statement {
 public:
  // Runs it to the end with these parameters; text must live until the call returns.
  Result<> Run(std::initializer_list<SqlValue> parameters = {});
  Result<> ForEach(const std::function<Result<>(const Row&)>& visit);

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // Creates the file if there is none, readable by its owner only.
  static Result<std::unique_ptr<Database>> Open(const std::string& path);

  Result<Statement> Prepare(const char* sql);
  Result<> Execute(const std::string& sql);
  // Of a query with one row and one column.
  Result<std::int64_t> QueryInteger(const char* sql);
  Result<std::string> QueryText(const char* sql);

  bool InTransaction() const;
  const std::string& path() const { return path_; }
  // The last failure, with the path of the file.
  Error LastError(std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace osbx::store

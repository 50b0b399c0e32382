// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <array>
#include <string>

namespace osbx::store {
namespace {

// `events` is the whole truth. The newest event of a key holds the object; older rows stay as long
// as somebody may follow the changes from there. `objects` is for people with a SQLite shell.
// meta 'oldest': every event above it is still there.
constexpr std::array kSteps = {
    R"sql(
CREATE TABLE events (
  rv      INTEGER PRIMARY KEY,
  type    INTEGER NOT NULL,  -- 0 added, 1 modified, 2 deleted
  created INTEGER NOT NULL,  -- rv of the object's first event
  kind    TEXT NOT NULL,
  ns      TEXT NOT NULL,
  name    TEXT NOT NULL,
  json    TEXT NOT NULL
);
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('oldest', 0);
CREATE VIEW objects AS
  SELECT kind, ns, name, json_extract(json, '$.metadata.uid') AS uid, rv, created, json
  FROM (SELECT *, max(rv) FROM events GROUP BY kind, ns, name) WHERE type <> 2;
)sql",
};

}  // namespace

Result<> Migrate(Database& database) {
  OSBX_TRY(const std::int64_t version, database.QueryInteger("PRAGMA user_version"));
  if (version > static_cast<std::int64_t>(kSteps.size())) {
    return Error(Code::kFailedPrecondition,
                 "database " + database.path() + " has layout " + std::to_string(version) +
                     ", this version knows up to " + std::to_string(kSteps.size()) +
                     ": use the newer osbxd, or another file");
  }
  for (auto step = static_cast<std::size_t>(version); step < kSteps.size(); ++step) {
    OSBX_CHECK(database.Execute("BEGIN IMMEDIATE;" + std::string(kSteps[step]) +
                                "PRAGMA user_version = " + std::to_string(step + 1) + "; COMMIT;"));
  }
  return {};
}

}  // namespace osbx::store

// SPDX-License-Identifier: Apache-2.0
// The numbered steps that bring a database file to the present layout. PRAGMA user_version holds
// the number of the last one done. Steps are never edited, only added. One thread.
#pragma once

#include "base/result.h"
#include "store/sqlite_db.h"

namespace osbx::store {

// kFailedPrecondition when the file was written by a newer version.
Result<> Migrate(Database& database);

}  // namespace osbx::store

// SPDX-License-Identifier: Apache-2.0
#include "store/memory_store.h"

#include <utility>

#include "store/staging.h"

namespace osbx::store {

Result<std::vector<ObjectPtr>> MemoryStore::Commit(std::vector<Write> writes) {
  OSBX_TRY(const std::vector<PreparedWrite> prepared, Prepare(std::move(writes)));
  const std::lock_guard lock(commit_mutex_);
  Staging staging(table_);
  OSBX_TRY(std::vector<ObjectPtr> objects, staging.Add(prepared));
  if (staging.Events().empty()) return objects;
  table_.Apply(staging.Events());
  subscribers_.Notify(staging.Events());
  return objects;
}

}  // namespace osbx::store

// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/propagation.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace osbx::mount {
namespace {

const MountInfoRow* ParentOf(const PlacedMount& mount) {
  const auto& rows = mount.table.Rows();
  const auto found = std::ranges::find(rows, mount.row.parent_id, &MountInfoRow::mount_id);
  return found == rows.end() ? nullptr : &*found;
}

// Where `mount` sits, as a path within its parent's file system.
std::string PlaceIn(const MountInfoRow& parent, const MountInfoRow& mount) {
  const std::string root = parent.root == "/" ? "" : parent.root;
  return root + (parent.target == "/" ? mount.target : mount.target.substr(parent.target.size()));
}

// The peer groups that events of `group` reach, as far as `table` shows them.
std::set<std::int64_t> ReachedBy(std::int64_t group, const MountTable& table) {
  std::set<std::int64_t> reached{group};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const MountInfoRow& row : table.Rows())
      if (row.shared_group != 0 && reached.contains(row.master_group))
        reached.insert(row.shared_group);
  }
  return reached;
}

}  // namespace

bool UnmountedTogether(const PlacedMount& copy, const PlacedMount& original) {
  const MountInfoRow* from = ParentOf(original);
  const MountInfoRow* to = ParentOf(copy);
  if (from == nullptr || to == nullptr || from->shared_group == 0) return false;
  const std::set<std::int64_t> reached = ReachedBy(from->shared_group, copy.table);
  if (!reached.contains(to->shared_group) && !reached.contains(to->master_group)) return false;
  return PlaceIn(*from, original.row) == PlaceIn(*to, copy.row);
}

}  // namespace osbx::mount

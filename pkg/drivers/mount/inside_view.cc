// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "drivers/mount/inside.h"

namespace osbx::mount {

bool InsideView::Shows(std::string_view place, std::int64_t minor) const {
  const auto same = [minor](const MountInfoRow& row) {
    return row.device_major == 0 && static_cast<std::int64_t>(row.device_minor) == minor;
  };
  if (const MountInfoRow* row = table.Find(place)) return same(*row);
  return std::ranges::any_of(table.Rows(), same);
}

}  // namespace osbx::mount

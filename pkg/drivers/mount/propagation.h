// SPDX-License-Identifier: Apache-2.0
// Which mounts go together with another one (mount_namespaces(7), "Propagation of unmount
// events"). Pure: mount tables in, an answer out.
#pragma once

#include "drivers/mount/mountinfo.h"

namespace osbx::mount {

// A mount and the table of the namespace it is in.
struct PlacedMount {
  const MountInfoRow& row;
  const MountTable& table;
};

// Whether unmounting `original` unmounts `copy` too: the file system below `copy` is a peer or a
// slave of the one below `original`, and both are mounted on the same directory of it. A bind of
// `original` somewhere else is no such copy, whatever its own peer group is.
bool UnmountedTogether(const PlacedMount& copy, const PlacedMount& original);

}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
// Which objects of other kinds a change concerns, read from the JSON of the event alone: these run
// within the commit, where decoding whole objects would keep every writer waiting. A field that is
// missing or of another type refers to nothing. Pure.
#pragma once

#include <vector>

#include "store/store.h"

namespace osbx::reconcilers {

// The mounts whose users change: named by the sandbox now and not before, or the other way round.
std::vector<store::Key> MountsNamedOrLeft(const store::Event& sandbox);

// The volumes, or the snapshot, that a sandbox refers to; they do not change with it, so its coming
// and its going are enough.
std::vector<store::Key> VolumesReferred(const store::Event& sandbox);
std::vector<store::Key> SnapshotsReferred(const store::Event& sandbox);

// A node that was closed for new sandboxes, or is open again.
bool UnschedulableChanged(const store::Event& node);

}  // namespace osbx::reconcilers

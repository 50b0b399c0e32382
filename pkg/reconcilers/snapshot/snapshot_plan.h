// SPDX-License-Identifier: Apache-2.0
// What the snapshot controller does next: commit the sandbox's container once, at the time it was
// asked for, keep the image while somebody uses it, and remove it with the object. Pure: no clock,
// no input or output, no logging.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/v1/snapshot.h"
#include "base/clock.h"

namespace osbx::reconcilers {

struct SnapshotImage {
  std::string id;
  std::int64_t size_bytes = 0;
  bool ours = false;  // carries this snapshot's label
};

struct SnapshotFacts {
  bool engine_known = false;
  std::optional<SnapshotImage> image;  // of the snapshot's reference
  bool source_exists = false;          // the sandbox
  bool source_live = false;            // its container runs or is paused
  std::string source_uid;
  int source_depth = 0;  // of the snapshot that the sandbox was started from; 0 for an image
  bool busy = false;
  std::optional<std::string> failure;  // message of the last operation of this run
  std::optional<MonoTime> retry;       // when a failed operation may be repeated
  std::vector<std::string> users;      // sandboxes started from it, sorted
  Time now{};
  MonoTime mono{};
};

enum class SnapshotStep { kNone, kCommit, kRemoveImage, kDelete, kRelease };

struct SnapshotPlan {
  SnapshotStep step = SnapshotStep::kNone;
  api::v1::SnapshotStatus status;
  std::optional<Duration> recheck;
};

SnapshotPlan PlanSnapshot(const api::v1::Snapshot& snapshot, const SnapshotFacts& facts);

// The image's reference: derived from the object, so that a crash leaves nothing unknown (R4).
std::string SnapshotImageOf(const api::v1::Snapshot& snapshot);

}  // namespace osbx::reconcilers

// SPDX-License-Identifier: Apache-2.0
// What to do next about one host mount: a pure decision over gathered facts (no clock, no I/O, no
// logging). Guards I2 (a mount with a user is never unmounted): both the sandboxes in the store and
// the containers of the engine must be known to be none, for the whole grace period, and the
// intention to unmount is written before it is acted on – a sandbox first writes that it names a
// mount and then reads its phase, so one of the two always sees the other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/v1/mount.h"
#include "base/clock.h"

namespace osbx::reconcilers {

// What the kernel says about the target; derived from mountinfo and /proc, never by touching the
// path.
enum class ActualMount {
  kAbsent,   // nothing is mounted there
  kServing,  // our kind of mount, its server runs
  kDead,     // our kind of mount, its server is gone
  kForeign,  // something else is mounted there
};

// The last finished operation of this run of osbxd; safe to lose (the kernel is asked again).
struct LastOperation {
  std::string name;  // kMountOp, kProbeOp, kUnmountOp
  bool ok = false;
  std::string reason;  // one word, when it failed
  std::string message;
  int attempts = 0;               // consecutive failures
  std::optional<MonoTime> retry;  // not before this
};

inline constexpr std::string_view kMountOp = "mount";
inline constexpr std::string_view kProbeOp = "probe";
inline constexpr std::string_view kUnmountOp = "unmount";

// The server behind a target, as /proc shows it.
struct ServerFacts {
  std::int64_t pid = 0;
  std::int64_t start_time = 0;
  std::int64_t device_minor = 0;
  std::int64_t mount_id = 0;
  std::string log_dir;
};

struct MountFacts {
  std::vector<std::string> sandboxes;   // "namespace/name" that name it, sorted
  std::vector<std::string> containers;  // ids of live containers that show its target
  bool containers_known = false;  // the engine has been listed since start or its last reconnect
  ActualMount actual = ActualMount::kAbsent;
  ServerFacts server;
  std::string placement;  // where it would go, when it has no target yet
  bool busy = false;      // an operation is running
  std::optional<LastOperation> last;
  bool has_credentials = false;  // a user's Secret yields the fingerprint
  std::string run;               // id of this run of osbxd
  std::string boot_id;
  Duration grace{};
  Time now{};
  MonoTime mono{};
};

enum class MountStep {
  kNone,
  kMount,       // mount, replacing a dead one
  kProbe,       // prove by I/O that what is mounted answers
  kUnmount,     // wait for idle, umount2(0)
  kDetachDead,  // the server is gone: detach lazily
  kRelease,     // nothing is left: drop the finalizer, delete the object
};

struct MountPlan {
  MountStep step = MountStep::kNone;
  api::v1::MountStatus status;      // what the status is to be; written only if it differs
  std::optional<Duration> recheck;  // look again after this
};

MountPlan PlanMount(const api::v1::Mount& mount, const MountFacts& facts);

// True when sandboxes may start on it: mounted, and proven alive during this run.
bool ProvenAlive(const api::v1::Mount& mount, std::string_view run);

// True when it stands as an earlier run has proven it, and this one has found nothing else yet.
bool ProvenBefore(const api::v1::Mount& mount);

}  // namespace osbx::reconcilers

// SPDX-License-Identifier: Apache-2.0
// What to do next about one sandbox: a pure decision over gathered facts (no clock, no I/O, no
// logging). The phase is always derived from what was observed; no phase is a trap (pains §1.1). A
// container is started only when every volume is ready now (fail closed), and a sandbox whose
// process has ended for good stays as it ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/v1/sandbox.h"
#include "base/clock.h"

namespace osbx::reconcilers {

// The sandbox's container as the engine last reported it.
struct ContainerFacts {
  std::string id;
  enum class State { kCreated, kRunning, kPaused, kRestarting, kExited } state = State::kCreated;
  // The rest is known only when `detailed`.
  bool detailed = false;
  int exit_code = 0;
  bool oom_killed = false;
  std::string error;  // the engine's words
  std::string ip;
  std::string image_id;
  std::vector<api::v1::PublishedEndpoint> endpoints;  // sorted by port in the container
  std::optional<Time> started_at;                     // in whole seconds, as the status keeps them
  std::optional<Time> finished_at;
  // Ended through no act of its process: stopped through the engine by somebody else, or with the
  // engine or the host.
  bool ended_from_outside = false;
  // Its limits against spec.resources: unknown until it has been inspected.
  enum class Limits { kAsWanted, kUnknown, kDiffer } limits = Limits::kAsWanted;
};

struct VolumeFacts {
  std::string name;
  enum class State { kPending, kReady, kFailed } state = State::kPending;
  std::string mount;   // name of the Mount object, for OSSFS
  std::string source;  // what is bound
  std::string reason;  // one word, unless ready
  std::string message;
  bool terminal = false;  // waiting does not help (FailFast gives up)
  bool lost = false;      // its mount is gone from the host for the moment
  bool replaced = false;  // ready, but the running container still has an earlier mount
  // Pending only because this run of osbxd has not proven its mount again yet; the running
  // container has it, as the status says. A restart of osbxd is no news.
  bool reproving = false;
};

// The last failed operation of this run; safe to lose (it is tried again).
struct FailedOperation {
  std::string reason;  // a word of base/reason.h, or the name of a code
  std::string message;
  bool terminal = false;
  bool of_removal = false;
  std::optional<MonoTime> retry;
};

struct SandboxFacts {
  bool engine_known = false;  // the engine's containers have been listed since start or reconnect
  Duration engine_silence{};  // since when it is not known
  std::optional<ContainerFacts> container;
  std::vector<VolumeFacts> volumes;  // in the order of the spec
  bool mounts_missing = false;       // a Mount object that a volume needs does not exist yet
  bool unschedulable = false;        // the node takes no new sandboxes
  bool busy = false;                 // an operation on the container is running
  bool unproven = false;             // osbxd has not seen its execd answer since it started itself
  // The Secret of spec.imagePullSecret was made for this sandbox alone.
  bool has_own_pull_secret = false;
  bool pulling = false;       // its image is being pulled
  std::string image_problem;  // why the snapshot it starts from cannot be used; not for a container
                              // that exists
  bool image_wanted = false;  // a create has found the image missing, or the policy is Always
  std::optional<FailedOperation> failure;
  std::string node_name;
  Time now{};
  MonoTime mono{};
};

enum class SandboxStep {
  kNone,
  kCreateMounts,  // make the Mount objects that its volumes need
  kInspect,       // the container's details are needed for the status
  kPullImage,
  kStart,          // create if missing, start, wait for execd
  kReplaceMounts,  // the running container gets the present mounts for earlier ones
  kUpdateLimits,   // the resources of a running or paused container
  kPause,          // freeze its processes
  kUnpause,
  kDropPullSecret,  // the image is here, or nobody wants it any more
  kRemove,          // stop with grace and remove container, slot and staged paths
  kRelease,         // nothing is left: drop the finalizer
};

struct SandboxPlan {
  SandboxStep step = SandboxStep::kNone;
  api::v1::SandboxStatus status;    // what the status is to be; written only if it differs
  std::optional<Duration> recheck;  // look again after this
};

// Condition that is set once the engine has refused the limits of spec.resources.
inline constexpr const char* kLimitsApplied = "LimitsApplied";

SandboxPlan PlanSandbox(const api::v1::Sandbox& sandbox, const SandboxFacts& facts);

// When the sandbox is to be deleted: spec.expiresAt, else creation + timeoutSeconds, else never.
std::optional<Time> ExpiresAt(const api::v1::Sandbox& sandbox);

// Pause before restart number `restarts` (from 1): 1 s, doubling to 5 min (Kubernetes starts at 10
// s; sandboxes are short-lived). Never less than the whole seconds in which ends are told apart.
Duration RestartDelay(int restarts);

// Its process has ended for good: Succeeded or Failed.
bool Finished(const api::v1::SandboxStatus& status);

}  // namespace osbx::reconcilers

// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/inside.h"

#include <cerrno>

#include "drivers/mount/mounter.h"
#include "drivers/mount/mounter_state.h"
#include "drivers/mount/process_table.h"

namespace osbx::mount {

Result<InsideView> LookInside(pid_t pid) {
  const auto stat = ReadProcessStat(pid);
  if (!stat || stat->Ended())
    return Error(Code::kNotFound, "there is no process " + std::to_string(pid));
  OSBX_TRY(MountTable table, MountTable::Read("/proc/" + std::to_string(pid) + "/mountinfo"));
  return InsideView{.pid = pid, .start_time = stat->start_time, .table = std::move(table)};
}

Result<> Mounter::ReplaceInside(const std::string& target, const InsidePlace& place) {
  if (!state_->dirs.Covers(target))
    return Error(Code::kInvalid, target + " is not below the mount root " + state_->dirs.Root());
  const std::string pid = std::to_string(place.pid);
  std::vector<std::string> arguments{"graft", pid, std::to_string(place.start_time), target,
                                     place.path};
  if (place.read_only) arguments.emplace_back("--read-only");
  const std::string what = place.path + " in the container of process " + pid;
  OSBX_TRY(const int failed,
           state_->RunHelper(std::move(arguments), state_->options.probe_timeout, what));
  if (failed == ESRCH) return Error(Code::kNotFound, what + ": the process has ended");
  if (failed != 0) return Error::FromErrno(failed, "mount " + target + " at " + what);
  return {};
}

}  // namespace osbx::mount

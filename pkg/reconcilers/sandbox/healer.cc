// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/healer.h"

namespace osbx::reconcilers {
namespace {

pid_t PidOf(const ContainerRow& container) {
  return container.details && container.details->Running() ? container.details->pid : 0;
}

}  // namespace

bool Healer::SeesPresent(const ContainerRow& container, const SeenVolume& volume) const {
  const pid_t pid = PidOf(container);
  if (pid == 0) return true;
  const auto view = inside_.look(pid);
  return !view || view->Shows(volume.mount_path, volume.device_minor);
}

Result<bool> Healer::Replace(const ContainerRow& container, const SeenVolume& volume) const {
  const pid_t pid = PidOf(container);
  if (pid == 0) return Error(Code::kNotFound, "the container is not running");
  OSBX_TRY(const mount::InsideView view, inside_.look(pid));
  if (view.Shows(volume.mount_path, volume.device_minor)) return false;
  OSBX_CHECK(inside_.replace(volume.target, {.pid = pid,
                                             .start_time = view.start_time,
                                             .path = volume.mount_path,
                                             .read_only = volume.read_only}));
  return true;
}

}  // namespace osbx::reconcilers

// SPDX-License-Identifier: Apache-2.0
// Tells when the mount table of this namespace changes: poll(2) for POLLPRI on mountinfo, one
// thread, stopped and joined by the destructor. The callback runs on that thread, must not block,
// and says only "look again": changes close together may be one call. The death of a FUSE server
// is not a change of the table.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::mount {

class MountWatch {
 public:
  static Result<MountWatch> Start(std::function<void()> on_change,
                                  const std::string& path = "/proc/self/mountinfo");
  MountWatch(MountWatch&&) noexcept = default;
  MountWatch& operator=(MountWatch&&) = delete;
  ~MountWatch();

 private:
  MountWatch() = default;
  UniqueFd wake_;  // written to end the thread
  std::jthread thread_;
};

}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
// ossfs2: `ossfs2 mount MOUNTPOINT -c CONF [--flag=value]…`. The bucket is checked in the forked
// child; a failure's cause stands only in LOG_DIR/USER/ossfs2.log, the exit code is 256 - errno.
#pragma once

#include <string>
#include <vector>

namespace osbx::fakes {

int RunOssfs2(const std::vector<std::string>& arguments);  // without argv[0]

}  // namespace osbx::fakes

// SPDX-License-Identifier: Apache-2.0
// Paths that others may have changed: a sandbox may put a symbolic link, a pipe or nothing at all
// where we expect a file or a socket of it. They are resolved below a directory of ours, never
// through a symbolic link and never out of it, so that we touch nothing else on its behalf.
// Thread-safe.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "base/unique_fd.h"

namespace osbx {

// open(2) of the relative `path` below the directory `root`; `flags` as there, close-on-exec added.
Result<UniqueFd> OpenBeneath(const std::string& root, const std::string& path, int flags);

// A stream connection to the unix socket `path` below `root`, non-blocking. kUnavailable when
// nobody listens or its queue is full; kNotFound when there is no such path.
Result<UniqueFd> ConnectBeneath(const std::string& root, const std::string& path);

// Makes the file `path` below `root` anew with that content and mode; what was there is removed.
Result<> WriteBeneath(const std::string& root, const std::string& path, const Secret& content,
                      unsigned mode);
// Removes it; one that is not there is a success.
Result<> RemoveBeneath(const std::string& root, const std::string& path);

}  // namespace osbx

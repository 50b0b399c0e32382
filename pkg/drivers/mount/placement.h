// SPDX-License-Identifier: Apache-2.0
// Where on the host a mount goes. The documented place is <root>/<bucket>/<prefix>; when that
// path is equal to, above or below another mount's, it goes to <root>/.osbx/<name> instead. So
// nothing is ever mounted inside a FUSE file system and two identities never fight over one path.
// Pure. The choice is made once per mount and kept in its status.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "drivers/mount/identity.h"

namespace osbx::mount {

// Lexical: no "//", no ".", no trailing slash. ".." is not resolved (validation refuses it).
std::string NormalizePath(std::string_view path);

// True when one is the other or an ancestor of it. Both normalised.
bool PathsOverlap(std::string_view a, std::string_view b);

// `taken`: targets of all other live or desired mounts.
std::string ChooseTarget(std::string_view root, const MountIdentity& identity,
                         std::span<const std::string> taken);

}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
// What a path in an object may look like, and how prefixes are put into their one normal form.
// Lexical only: nothing here looks at a file system. Pure.
//
// Each Problem… function says what is wrong ("must not contain '..'") or gives an empty string.
#pragma once

#include <string>
#include <string_view>

namespace osbx::api::v1 {

// A prefix of a bucket without leading and trailing slashes: "/a/b/" -> "a/b", "/" -> "".
std::string NormalizePrefix(std::string_view prefix);

// The prefix a sandbox sees: "a" + "b/" -> "a/b"; either may be empty.
std::string JoinPrefix(std::string_view prefix, std::string_view sub_path);

// An absolute path without ".", empty components and a trailing slash: "/a/./b//" -> "/a/b".
// ".." is left alone; callers have refused it.
std::string CleanPath(std::string_view path);

// Where a volume appears in the container.
std::string ProblemOfMountPath(std::string_view path);
// A part of a volume: relative, no "." or "..", no empty component (one trailing slash is allowed).
std::string ProblemOfSubPath(std::string_view path);
// A prefix of a bucket: as a part of a volume, but one leading slash is allowed too.
std::string ProblemOfPrefix(std::string_view prefix);
// A path on the host (contract/docker_runtime.md §11, rule 1). The allow-list is the daemon's.
std::string ProblemOfHostPath(std::string_view path);

bool HasControlCharacter(std::string_view text);

}  // namespace osbx::api::v1

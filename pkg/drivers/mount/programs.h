// SPDX-License-Identifier: Apache-2.0
// Which FUSE programs this host has. Runs each with --version and a deadline. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace osbx::mount {

struct Program {
  std::string name;     // "ossfs", "ossfs2"
  std::string path;     // empty: not found
  std::string version;  // "1.91.10"; empty: it did not say
};

struct Programs {
  std::vector<Program> programs;  // one for each backend
  bool fuse_device = false;       // /dev/fuse is a character device

  const Program* Find(std::string_view name) const;  // null when it is not there
};

// `search_path`: directories; empty: $PATH.
Programs DetectPrograms(const std::vector<std::string>& search_path,
                        const std::string& fuse_device = "/dev/fuse");

// Pure parts of it.
std::optional<std::string> ParseOssfsVersion(std::string_view output);   // "… V1.91.10 (…)"
std::optional<std::string> ParseOssfs2Version(std::string_view output);  // "Version ID: 2.0.7"

// PATH, locale, time zone, proxy and certificate variables of this process and nothing else, so
// that no secret of the daemon's environment reaches a FUSE server.
std::vector<std::string> DefaultServerEnvironment();

}  // namespace osbx::mount

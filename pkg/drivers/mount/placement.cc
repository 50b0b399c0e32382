// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/placement.h"

#include <algorithm>

namespace osbx::mount {

std::string NormalizePath(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::string out;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    if (!component.empty() && component != ".") {
      if (absolute || !out.empty()) out += '/';
      out += component;
    }
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  if (out.empty()) return absolute ? "/" : ".";
  return out;
}

bool PathsOverlap(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (!b.starts_with(a)) return false;
  return a.size() == b.size() || a.ends_with('/') || b[a.size()] == '/';
}

std::string ChooseTarget(std::string_view root, const MountIdentity& identity,
                         std::span<const std::string> taken) {
  const std::string base = NormalizePath(root);
  std::string documented = base + "/" + identity.bucket;
  if (!identity.prefix.empty()) documented += "/" + identity.prefix;
  documented = NormalizePath(documented);
  const bool conflict = std::any_of(taken.begin(), taken.end(), [&](const std::string& other) {
    return PathsOverlap(documented, NormalizePath(other));
  });
  if (!conflict) return documented;
  return NormalizePath(base + "/.osbx/" + MountName(identity));
}

}  // namespace osbx::mount

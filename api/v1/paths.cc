// SPDX-License-Identifier: Apache-2.0
#include "api/v1/paths.h"

#include <algorithm>
#include <array>

namespace osbx::api::v1 {
namespace {

// Calls `check` with each component between slashes; false ends the walk and is the result.
template <class Check>
bool EachComponent(std::string_view path, Check check) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!check(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool HasComponent(std::string_view path, std::string_view wanted) {
  return !EachComponent(path, [&](std::string_view component) { return component != wanted; });
}

bool IsOrIsBelow(std::string_view path, std::string_view parent) {
  return path.starts_with(parent) && (path.size() == parent.size() || path[parent.size()] == '/');
}

// Kernel interfaces, and the directory through which the daemon reaches into the container.
constexpr std::array<std::string_view, 4> kReservedTrees{"/proc", "/sys", "/dev", "/.osbx"};
// Docker binds its own files there.
constexpr std::array<std::string_view, 3> kReservedFiles{"/etc/hosts", "/etc/hostname",
                                                         "/etc/resolv.conf"};

}  // namespace

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

std::string NormalizePrefix(std::string_view prefix) {
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return std::string(prefix);
}

std::string JoinPrefix(std::string_view prefix, std::string_view sub_path) {
  std::string out = NormalizePrefix(prefix);
  const std::string below = NormalizePrefix(sub_path);
  if (!out.empty() && !below.empty()) out += '/';
  return out + below;
}

std::string CleanPath(std::string_view path) {
  std::string out;
  EachComponent(path, [&](std::string_view component) {
    if (!component.empty() && component != ".") out.append("/").append(component);
    return true;
  });
  return out.empty() ? "/" : out;
}

std::string ProblemOfMountPath(std::string_view path) {
  if (!path.starts_with('/')) return "must be an absolute path";
  if (HasControlCharacter(path)) return "must not contain control characters";
  if (HasComponent(path, "..")) return "must not contain '..'";
  if (path == "/") return "must not be the root of the container";
  if (path.find("//") != std::string_view::npos) return "must not contain '//'";
  if (path.ends_with('/')) return "must not end with '/'";
  const std::string clean = CleanPath(path);
  if (clean == "/") return "must not be the root of the container";
  for (const std::string_view tree : kReservedTrees) {
    if (IsOrIsBelow(clean, tree)) return std::string(tree) + " is reserved";
  }
  for (const std::string_view file : kReservedFiles) {
    if (IsOrIsBelow(clean, file)) return std::string(file) + " is reserved";
  }
  return "";
}

std::string ProblemOfSubPath(std::string_view path) {
  if (path.empty()) return "";
  if (path.starts_with('/')) return "must be a relative path";
  if (HasControlCharacter(path)) return "must not contain control characters";
  if (path.ends_with('/')) path.remove_suffix(1);
  if (HasComponent(path, "..")) return "must not contain '..'";
  if (HasComponent(path, ".")) return "must not contain a '.' component";
  if (HasComponent(path, "")) return "must not contain '//'";
  return "";
}

std::string ProblemOfPrefix(std::string_view prefix) {
  if (prefix.starts_with('/')) prefix.remove_prefix(1);
  if (prefix.starts_with('/')) return "must not contain '//'";
  return ProblemOfSubPath(prefix);
}

std::string ProblemOfHostPath(std::string_view path) {
  if (!path.starts_with('/')) return "must be an absolute path";
  if (HasControlCharacter(path)) return "must not contain control characters";
  if (path.find("/..") != std::string_view::npos) return "must not contain '/..'";
  if (path.find("//") != std::string_view::npos) return "must not contain '//'";
  if (path.size() > 1 && path.ends_with('/')) return "must not end with '/'";
  return "";
}

}  // namespace osbx::api::v1

// SPDX-License-Identifier: Apache-2.0
// Operations on the sandbox's files (contract/execd.md §6), as ordinary blocking functions. They
// run as the calling thread's file-system identity (Identity). Thread-safe.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace osbx::execd {

// The calling thread acts on files as `uid` and `gid` until this ends: raw per-thread system calls,
// so that no other thread is touched. The kernel withdraws root's file capabilities meanwhile.
class Identity {
 public:
  // kPermissionDenied when execd may not become them.
  static Result<Identity> Assume(uid_t uid, gid_t gid);
  Identity() = default;
  Identity(Identity&& other) noexcept;
  Identity& operator=(Identity&&) = delete;
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  ~Identity();

 private:
  bool assumed_ = false;
  std::vector<gid_t> groups_;  // the thread's own, to come back to
};

struct Permission {
  std::string owner;             // "": unchanged
  std::string group;             // "": unchanged
  std::optional<mode_t> mode{};  // absent: unchanged
};
// From {owner, group, mode}; mode's decimal digits are read as octal, 0 is absent.
Result<Permission> ReadPermission(const Json& json);
std::optional<mode_t> ModeFromDigits(std::int64_t digits);
std::int64_t DigitsFromMode(mode_t mode);
Result<> Apply(const std::string& path, const Permission& permission);

// Of the file itself, not of what a link points to. kNotFound, or the errno.
Result<Json> FileInfo(const std::string& path);

// mkdir -p. Existing directories are left as they are. `made`: the last one did not exist.
Result<> MakeDirectories(const std::string& path, bool* made = nullptr);
// rm -rf that never follows a link and stays on nothing but names; a missing path is no error.
Result<> RemoveTree(const std::string& path);
// Renames; the target must not exist, its directories are made.
Result<> Move(const std::string& from, const std::string& to);
// Names in a directory, sorted.
Result<std::vector<std::string>> Names(const std::string& directory);

// A file that is written beside its place and renamed into it: readers see the old one or the new
// one, and a broken transfer leaves the old one (W66). Owner and mode of an existing file are kept.
class NewFile {
 public:
  static Result<NewFile> Open(const std::string& path);
  NewFile(NewFile&& other) noexcept { *this = std::move(other); }
  NewFile& operator=(NewFile&& other) noexcept;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  Result<> Write(std::string_view bytes);
  // Syncs, applies `permission`, and puts it in place.
  Result<> Commit(const Permission& permission);

 private:
  NewFile() = default;
  std::string path_;
  std::string temporary_;
  UniqueFd fd_;
};

}  // namespace osbx::execd

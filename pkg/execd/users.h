// SPDX-License-Identifier: Apache-2.0
// Users and groups from /etc/passwd and /etc/group, parsed here: a static program must not ask NSS
// (facts/mounts.md §7). The text functions are pure.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "execd/process.h"

namespace osbx::execd {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
};
std::optional<User> FindUser(std::string_view passwd, uid_t uid);
std::optional<User> FindUser(std::string_view passwd, std::string_view name);
std::optional<gid_t> FindGroup(std::string_view group, std::string_view name);
std::string GroupName(std::string_view group, gid_t gid);  // "" when unknown
std::vector<gid_t> GroupsOf(std::string_view group, std::string_view user);

// The two files as they are now; absent ones are empty.
std::string ReadPasswd();
std::string ReadGroup();

// What a command with these ids runs as: the primary and supplementary groups are the user's, if
// there is one; an unknown uid has its number as group.
Credentials CredentialsOf(uid_t uid, std::optional<gid_t> gid);

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
#include "execd/users.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/atomic_file.h"

namespace osbx::execd {
namespace {

constexpr std::size_t kMostFile = 4U << 20;

// Calls `row` with the fields of each line until it returns true. Fields beyond the last are "".
template <class Row>
void EachRow(std::string_view text, const Row& row) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::array<std::string_view, 7> fields;
    for (std::string_view& field : fields) {
      field = line.substr(0, line.find(':'));
      line.remove_prefix(std::min(field.size() + 1, line.size()));
    }
    if (row(fields)) return;
  }
}

template <class Number>
bool ParseId(std::string_view text, Number& out) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && result.ec == std::errc() && result.ptr == text.data() + text.size();
}

template <class Match>
std::optional<User> FindUserIf(std::string_view passwd, const Match& match) {
  std::optional<User> found;
  EachRow(passwd, [&](const auto& fields) {
    User user{.name = std::string(fields[0]), .home = std::string(fields[5])};
    if (user.name.empty() || !ParseId(fields[2], user.uid) || !ParseId(fields[3], user.gid) ||
        !match(user)) {
      return false;
    }
    found = std::move(user);
    return true;
  });
  return found;
}

}  // namespace

std::optional<User> FindUser(std::string_view passwd, uid_t uid) {
  return FindUserIf(passwd, [uid](const User& user) { return user.uid == uid; });
}

std::optional<User> FindUser(std::string_view passwd, std::string_view name) {
  return FindUserIf(passwd, [name](const User& user) { return user.name == name; });
}

std::optional<gid_t> FindGroup(std::string_view group, std::string_view name) {
  std::optional<gid_t> found;
  EachRow(group, [&](const auto& fields) {
    gid_t gid = 0;
    if (fields[0] != name || !ParseId(fields[2], gid)) return false;
    found = gid;
    return true;
  });
  return found;
}

std::string GroupName(std::string_view group, gid_t wanted) {
  std::string name;
  EachRow(group, [&](const auto& fields) {
    gid_t gid = 0;
    if (!ParseId(fields[2], gid) || gid != wanted) return false;
    name = fields[0];
    return true;
  });
  return name;
}

std::vector<gid_t> GroupsOf(std::string_view group, std::string_view user) {
  std::vector<gid_t> gids;
  EachRow(group, [&](const auto& fields) {
    gid_t gid = 0;
    std::string_view members = fields[3];
    if (!ParseId(fields[2], gid)) return false;
    while (!members.empty()) {
      const std::string_view member = members.substr(0, members.find(','));
      members.remove_prefix(std::min(member.size() + 1, members.size()));
      if (member == user) gids.push_back(gid);
    }
    return false;
  });
  return gids;
}

std::string ReadPasswd() {
  return ReadFile("/etc/passwd", kMostFile).value_or(std::string());
}

std::string ReadGroup() {
  return ReadFile("/etc/group", kMostFile).value_or(std::string());
}

Credentials CredentialsOf(uid_t uid, std::optional<gid_t> gid) {
  const auto user = FindUser(ReadPasswd(), uid);
  Credentials as{.uid = uid, .gid = gid.value_or(user ? user->gid : static_cast<gid_t>(uid))};
  if (user) as.groups = GroupsOf(ReadGroup(), user->name);
  if (std::ranges::find(as.groups, as.gid) == as.groups.end()) as.groups.push_back(as.gid);
  return as;
}

}  // namespace osbx::execd

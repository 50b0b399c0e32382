// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/mountinfo.h"

#include <algorithm>
#include <charconv>

#include "base/atomic_file.h"

namespace osbx::mount {
namespace {

// A host with thousands of containers has some megabytes of mountinfo.
constexpr std::size_t kMaxMountInfoBytes = 64UL * 1024 * 1024;

bool IsOctal(char c) {
  return c >= '0' && c <= '7';
}

// The kernel writes blank, tab, newline, backslash and '#' as \ooo (mangle() of seq_file).
std::string Unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] <= '3' && IsOctal(text[i + 1]) &&
        IsOctal(text[i + 2]) && IsOctal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto blank = line.find(' ');
    fields.push_back(line.substr(0, blank));
    if (blank == std::string_view::npos) return fields;
    line.remove_prefix(blank + 1);
  }
}

template <class N>
bool ParseNumber(std::string_view text, N& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool ParseTag(std::string_view field, std::string_view tag, std::int64_t& out) {
  return !field.starts_with(tag) || ParseNumber(field.substr(tag.size()), out);
}

}  // namespace

std::optional<MountInfoRow> ParseMountInfoLine(std::string_view line) {
  constexpr std::size_t kFixedFields = 6;  // before the optional fields, which end with "-"
  constexpr std::size_t kTailFields = 3;   // fstype, source, super options
  const std::vector<std::string_view> fields = Split(line);
  const auto dash = fields.size() < kFixedFields
                        ? fields.end()
                        : std::find(fields.begin() + kFixedFields, fields.end(), "-");
  if (static_cast<std::size_t>(fields.end() - dash) < kTailFields + 1) return std::nullopt;

  MountInfoRow row;
  const auto colon = fields[2].find(':');
  if (colon == std::string_view::npos || !ParseNumber(fields[0], row.mount_id) ||
      !ParseNumber(fields[1], row.parent_id) ||
      !ParseNumber(fields[2].substr(0, colon), row.device_major) ||
      !ParseNumber(fields[2].substr(colon + 1), row.device_minor) || !fields[4].starts_with('/'))
    return std::nullopt;
  for (auto tag = fields.begin() + kFixedFields; tag != dash; ++tag)
    if (!ParseTag(*tag, "shared:", row.shared_group) ||
        !ParseTag(*tag, "master:", row.master_group))
      return std::nullopt;
  row.root = Unescape(fields[3]);
  row.target = Unescape(fields[4]);
  row.mount_options = std::string(fields[5]);
  row.fstype = Unescape(dash[1]);
  row.source = Unescape(dash[2]);
  row.super_options = Unescape(dash[3]);
  return row;
}

std::vector<MountInfoRow> ParseMountInfo(std::string_view text) {
  std::vector<MountInfoRow> rows;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (auto row = ParseMountInfoLine(text.substr(0, end))) rows.push_back(*std::move(row));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return rows;
}

Result<MountTable> MountTable::Read(const std::string& path) {
  OSBX_TRY(const std::string text, ReadFile(path, kMaxMountInfoBytes));
  return MountTable(ParseMountInfo(text));
}

const MountInfoRow* MountTable::Find(std::string_view target) const {
  const auto found = std::find_if(rows_.rbegin(), rows_.rend(),
                                  [&](const MountInfoRow& row) { return row.target == target; });
  return found == rows_.rend() ? nullptr : &*found;
}

std::size_t MountTable::Depth(std::string_view target) const {
  return static_cast<std::size_t>(std::count_if(
      rows_.begin(), rows_.end(), [&](const MountInfoRow& row) { return row.target == target; }));
}

std::vector<MountInfoRow> MountTable::Below(std::string_view root) const {
  std::string prefix(root);
  if (!prefix.ends_with('/')) prefix += '/';
  std::vector<MountInfoRow> below;
  std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(below),
               [&](const MountInfoRow& row) { return row.target.starts_with(prefix); });
  return below;
}

}  // namespace osbx::mount

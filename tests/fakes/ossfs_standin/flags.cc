// SPDX-License-Identifier: Apache-2.0
#include "fakes/ossfs_standin/flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

#include "fakes/oss_wire/encoding.h"

namespace osbx::fakes {
namespace {

enum class FlagType { kText, kBool, kNumber, kMode, kAbsoluteCommand };

struct FlagRule {
  std::string_view name;
  FlagType type = FlagType::kText;
  long lowest = std::numeric_limits<int>::min();
  long highest = std::numeric_limits<long>::max();
};

constexpr long kMiB = 1024L * 1024;
constexpr long kGiB = 1024 * kMiB;
constexpr auto kText = FlagType::kText;
constexpr auto kBool = FlagType::kBool;
constexpr auto kNumber = FlagType::kNumber;

constexpr std::array kRules{
    FlagRule{"oss_endpoint", kText},
    FlagRule{"oss_bucket", kText},
    FlagRule{"oss_bucket_prefix", kText},
    FlagRule{"oss_region", kText},
    FlagRule{"oss_access_key_id", kText},
    FlagRule{"oss_access_key_secret", kText},
    FlagRule{"oss_sts_token", kText},
    FlagRule{"ram_role", kText},
    FlagRule{"credential_process", FlagType::kAbsoluteCommand},
    FlagRule{"oss_request_timeout_ms", kNumber, 1000, 900000},
    FlagRule{"oss_negative_cache_timeout", kNumber},
    FlagRule{"oss_negative_cache_size", kNumber},
    FlagRule{"log_dir", kText},
    FlagRule{"log_level", kText},
    FlagRule{"log_file_max_size", kNumber},
    FlagRule{"log_file_max_count", kNumber},
    FlagRule{"attr_timeout", kNumber},
    FlagRule{"close_to_open", kBool},
    FlagRule{"readdirplus", kBool},
    FlagRule{"readdir_remember_stat", kBool},
    FlagRule{"allow_other", kBool},
    FlagRule{"nonempty", kBool},
    FlagRule{"ro", kBool},
    FlagRule{"uid", kNumber},
    FlagRule{"gid", kNumber},
    FlagRule{"dir_mode", FlagType::kMode},
    FlagRule{"file_mode", FlagType::kMode},
    FlagRule{"enable_symlink", kBool},
    FlagRule{"enable_appendable_object", kBool},
    FlagRule{"appendable_object_autoswitch_threshold", kNumber},
    FlagRule{"enable_crc64", kBool},
    FlagRule{"total_mem_limit", kNumber},
    FlagRule{"upload_concurrency", kNumber, 1, 1024},
    FlagRule{"upload_buffer_size", kNumber, kMiB, 5 * kGiB},
    FlagRule{"prefetch_chunk_size", kNumber, kMiB, 128 * kMiB},
    FlagRule{"prefetch_chunks", kNumber},
    FlagRule{"prefetch_concurrency", kNumber},
    FlagRule{"prefetch_concurrency_per_file", kNumber},
    FlagRule{"f", kBool},
    FlagRule{"http_proxy", kText},
    FlagRule{"metrics_port", kNumber},
    FlagRule{"metrics_ip", kText},
    FlagRule{"enable_admin_server", kBool},
    FlagRule{"enable_test_signal_handler", kBool},
    FlagRule{"allow_mark_dir_stale_recursively", kBool},
    FlagRule{"use_list_obj_v2", kBool},
    FlagRule{"max_list_ret_count", kNumber},
    FlagRule{"ignore_fsync", kBool},
    FlagRule{"sync_upload", kBool},
    FlagRule{"allow_rename_dir", kBool},
    FlagRule{"cache_type", kText},
    FlagRule{"skip_trim_options", kText},
    FlagRule{"enable_photon_logs", kBool},
    FlagRule{"use_auth_cache", kBool},
    FlagRule{"set_mime_for_rename_dst", kBool},
    FlagRule{"rename_dir_concurrency", kNumber},
    FlagRule{"total_rw_mem_ratio", kText},
    FlagRule{"max_inode_cache_count", kNumber},
    FlagRule{"fuse_threads", kNumber, 1, 1024},
    FlagRule{"seq_read_detect_count", kNumber},
    FlagRule{"fuse_attr_timeout", kNumber},
    FlagRule{"fuse_entry_timeout", kNumber},
    FlagRule{"min_reserved_buffer_size_per_file", kNumber},
    FlagRule{"oss_vcpu_count", kNumber},
    FlagRule{"enable_transmission_control", kBool},
    FlagRule{"tc_max_latency_threshold_us", kNumber},
    FlagRule{"fromenv", kText},
};

const FlagRule* FindRule(std::string_view name) {
  const auto* found = std::find_if(kRules.begin(), kRules.end(),
                                   [&](const FlagRule& rule) { return rule.name == name; });
  return found == kRules.end() ? nullptr : found;
}

std::optional<bool> ParseBool(const std::string& text) {
  const std::string lower = ToLower(text);
  for (const char* yes : {"1", "t", "true", "y", "yes"}) {
    if (lower == yes) return true;
  }
  for (const char* no : {"0", "f", "false", "n", "no"}) {
    if (lower == no) return false;
  }
  return std::nullopt;
}

std::optional<long> ParseNumber(const std::string& text) {
  long value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool IsMode(const std::string& text) {
  return text.size() == 4 && text[0] == '0' &&
         text.find_first_not_of("01234567") == std::string::npos;
}

std::string IllegalValue(const FlagRule& rule, const std::string& value) {
  const std::string quoted = " '" + value + "' ";
  switch (rule.type) {
    case FlagType::kBool:
      if (ParseBool(value)) return {};
      return "ERROR: illegal value" + quoted + "specified for bool flag '" +
             std::string(rule.name) + "'";
    case FlagType::kNumber: {
      const auto number = ParseNumber(value);
      if (!number) {
        return "ERROR: illegal value" + quoted + "specified for int32 flag '" +
               std::string(rule.name) + "'";
      }
      if (*number >= rule.lowest && *number <= rule.highest) return {};
      break;
    }
    case FlagType::kMode:
      if (IsMode(value)) return {};
      break;
    case FlagType::kAbsoluteCommand:
      if (value.starts_with('/') && value.find('$') == std::string::npos) return {};
      break;
    case FlagType::kText:
      return {};
  }
  return "ERROR: failed validation of new value" + quoted + "for flag '" + std::string(rule.name) +
         "'";
}

void Set(const FlagRule& rule, const std::string& value, FlagSet& flags) {
  std::string problem = IllegalValue(rule, value);
  if (problem.empty()) {
    flags.values[std::string(rule.name)] = value;
  } else if (flags.error.empty()) {
    flags.error = std::move(problem);
  }
}

std::string_view WithoutDashes(std::string_view argument) {
  argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
  return argument;
}

}  // namespace

std::string FlagSet::Text(const std::string& name, const std::string& otherwise) const {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : found->second;
}

bool FlagSet::Flag(const std::string& name, bool otherwise) const {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : ParseBool(found->second).value_or(otherwise);
}

long FlagSet::Number(const std::string& name, long otherwise) const {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : ParseNumber(found->second).value_or(otherwise);
}

bool AddArgument(const std::string& argument, const std::string* next, FlagSet& flags) {
  const std::string_view body = WithoutDashes(argument);
  const std::size_t equals = body.find('=');
  const std::string name(body.substr(0, equals));
  const FlagRule* rule = FindRule(name);
  if (rule == nullptr && name.starts_with("no") && equals == std::string_view::npos) {
    const FlagRule* negated = FindRule(name.substr(2));
    if (negated != nullptr && negated->type == FlagType::kBool) {
      Set(*negated, "false", flags);
      return false;
    }
  }
  if (rule == nullptr) {
    if (flags.error.empty()) flags.error = "ERROR: unknown command line flag '" + name + "'";
    return false;
  }
  if (equals != std::string_view::npos) {
    Set(*rule, std::string(body.substr(equals + 1)), flags);
    return false;
  }
  if (rule->type == FlagType::kBool) {
    Set(*rule, "true", flags);
    return false;
  }
  if (next == nullptr) {
    if (flags.error.empty()) flags.error = "ERROR: flag '" + name + "' is missing its argument";
    return false;
  }
  Set(*rule, *next, flags);
  return true;
}

void AddFlagFile(const std::string& text, FlagSet& flags) {
  const FlagSet before = flags;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = Trim(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (!line.starts_with('-')) break;  // a program-name filter, and never ours
    const std::string_view body = WithoutDashes(line);
    const std::size_t equals = body.find('=');
    const std::string name(body.substr(0, equals));
    const FlagRule* rule = FindRule(name);
    if (rule == nullptr || before.Has(name)) continue;
    if (equals != std::string_view::npos) {
      Set(*rule, std::string(body.substr(equals + 1)), flags);
    } else if (rule->type == FlagType::kBool) {
      Set(*rule, "true", flags);
    } else if (flags.error.empty()) {
      flags.error = "ERROR: flag '" + name + "' is missing its argument";
    }
  }
}

std::string FlagHelp() {
  std::string text;
  for (const FlagRule& rule : kRules) text += "  --" + std::string(rule.name) + "\n";
  return text;
}

}  // namespace osbx::fakes

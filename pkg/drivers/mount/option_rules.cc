// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/option_rules.h"

#include <algorithm>
#include <optional>

namespace osbx::mount {
namespace {

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

bool IsDenied(std::string_view name, const OptionRules& rules) {
  if (Contains(rules.exceptions, name)) return false;
  if (Contains(rules.denied, name)) return true;
  return std::any_of(rules.denied_prefixes.begin(), rules.denied_prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// No option that takes anything but a URL has a use for a slash, so a path cannot hide behind a
// name this table does not know.
bool LooksLikeHostPath(std::string_view value) {
  if (value.starts_with("http://") || value.starts_with("https://")) return false;
  return value.find('/') != std::string_view::npos || value.starts_with('~');
}

std::optional<std::string> CheckOne(const Option& option, const OptionRules& rules) {
  if (!IsName(option.name)) return "not an option of the form name or name=value";
  const std::string_view name = option.name;
  const bool negated = rules.no_prefix && name.starts_with("no");
  if (IsDenied(name, rules) || (negated && IsDenied(name.substr(2), rules)))
    return "option " + option.name + " is not allowed";
  if (LooksLikeHostPath(option.value))
    return "option " + option.name + " must not name a path of the host";
  return std::nullopt;
}

std::optional<std::string> CheckPayload(std::string_view payload, const OptionRules& rules) {
  if (HasControlCharacter(payload)) return "must not contain control characters";
  if (payload.find_first_not_of(' ') == std::string_view::npos) return "must not be blank";
  if (payload.substr(payload.find_first_not_of(' ')).starts_with('-'))
    return "must be a bare option without a leading '-'";
  if (HasShellCharacter(payload)) return "must not contain any of ; & | ` $ ( ) < >";
  // libfuse resolves backslash escapes (also octal ones) inside options after splitting them.
  if (payload.find('\\') != std::string_view::npos) return "must not contain a backslash";
  for (const Option& option : SplitOption(payload, rules.comma_separated))
    if (auto wrong = CheckOne(option, rules)) return wrong;
  return std::nullopt;
}

}  // namespace

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

bool HasShellCharacter(std::string_view text) {
  return text.find_first_of(";&|`$()<>") != std::string_view::npos;
}

std::vector<Option> SplitOption(std::string_view payload, bool comma_separated) {
  const auto first = payload.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  payload = payload.substr(first, payload.find_last_not_of(' ') - first + 1);
  std::vector<Option> options;
  while (true) {
    const auto comma = comma_separated ? payload.find(',') : std::string_view::npos;
    const std::string_view one = payload.substr(0, comma);
    const auto equals = one.find('=');
    Option option{std::string(one.substr(0, equals)),
                  equals == std::string_view::npos ? "" : std::string(one.substr(equals + 1))};
    std::replace(option.name.begin(), option.name.end(), '-', '_');
    options.push_back(std::move(option));
    if (comma == std::string_view::npos) return options;
    payload.remove_prefix(comma + 1);
  }
}

bool SetsAny(const std::vector<std::string>& payloads, bool comma_separated,
             std::span<const std::string_view> names) {
  return std::any_of(payloads.begin(), payloads.end(), [&](const std::string& payload) {
    const std::vector<Option> options = SplitOption(payload, comma_separated);
    return std::any_of(options.begin(), options.end(),
                       [&](const Option& option) { return Contains(names, option.name); });
  });
}

std::vector<Cause> CheckOptions(const std::vector<std::string>& payloads,
                                const OptionRules& rules) {
  std::vector<Cause> causes;
  for (std::size_t i = 0; i < payloads.size(); ++i)
    if (auto wrong = CheckPayload(payloads[i], rules))
      causes.push_back({"FieldValueInvalid", "options[" + std::to_string(i) + "]", *wrong});
  return causes;
}

}  // namespace osbx::mount

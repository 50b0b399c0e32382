// SPDX-License-Identifier: Apache-2.0
// Values of settings, read from and shown as TOML, and rows of the table for the members that need
// nothing else: the member is a template argument, so a row stays one line. Internal to pkg/config.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace osbx::config {

Error WrongValue(std::string_view wanted);  // "must be <wanted>"

Result<std::string> Text(const toml::node& node);
Result<std::int64_t> Number(const toml::node& node, std::int64_t least, std::int64_t most);
Result<bool> Flag(const toml::node& node);
Result<std::vector<std::string>> Texts(const toml::node& node);
Result<std::string> AbsolutePath(const toml::node& node);  // without a slash at its end

std::string Shown(const std::string& text);  // quoted; "" for ""
std::string Shown(bool flag);
std::string Shown(std::int64_t number);
std::string Shown(std::chrono::seconds time);
std::string Shown(const std::vector<std::string>& texts);

inline constexpr std::int64_t kMostSeconds = 3153600000;  // a hundred years

template <auto Section, auto Member>
std::string ShowMember(const Config& config) {
  return Shown(config.*Section.*Member);
}

template <auto Section, auto Member>
constexpr Setting TextSetting(std::string_view key, std::string_view meaning,
                              std::string_view shown = "") {
  return {.key = key,
          .set = [](Config& config, const toml::node& node) -> Result<> {
            OSBX_TRY(config.*Section.*Member, Text(node));
            return {};
          },
          .because = {},
          .show = ShowMember<Section, Member>,
          .shown = shown,
          .type = "text",
          .meaning = meaning,
          .environment = {}};
}

template <auto Section, auto Member>
constexpr Setting PathSetting(std::string_view key, std::string_view meaning,
                              std::string_view shown = "") {
  return {.key = key,
          .set = [](Config& config, const toml::node& node) -> Result<> {
            OSBX_TRY(config.*Section.*Member, AbsolutePath(node));
            return {};
          },
          .because = {},
          .show = ShowMember<Section, Member>,
          .shown = shown,
          .type = "absolute path",
          .meaning = meaning,
          .environment = {}};
}

template <auto Section, auto Member>
constexpr Setting FlagSetting(std::string_view key, std::string_view meaning) {
  return {.key = key,
          .set = [](Config& config, const toml::node& node) -> Result<> {
            OSBX_TRY(config.*Section.*Member, Flag(node));
            return {};
          },
          .because = {},
          .show = ShowMember<Section, Member>,
          .shown = {},
          .type = "true or false",
          .meaning = meaning,
          .environment = {}};
}

template <auto Section, auto Member>
constexpr Setting TextsSetting(std::string_view key, std::string_view meaning,
                               std::string_view shown = "") {
  return {.key = key,
          .set = [](Config& config, const toml::node& node) -> Result<> {
            OSBX_TRY(config.*Section.*Member, Texts(node));
            return {};
          },
          .because = {},
          .show = ShowMember<Section, Member>,
          .shown = shown,
          .type = "list of texts",
          .meaning = meaning,
          .environment = {}};
}

template <auto Section, auto Member, std::int64_t Least>
constexpr Setting SecondsSetting(std::string_view key, std::string_view meaning) {
  return {.key = key,
          .set = [](Config& config, const toml::node& node) -> Result<> {
            OSBX_TRY(const std::int64_t seconds, Number(node, Least, kMostSeconds));
            config.*Section.*Member = std::chrono::seconds(seconds);
            return {};
          },
          .because = {},
          .show = ShowMember<Section, Member>,
          .shown = {},
          .type = "seconds",
          .meaning = meaning,
          .environment = {}};
}

// Known to an OpenSandbox server, without meaning here.
constexpr Setting WithoutMeaning(std::string_view key, std::string_view because) {
  return {.key = key,
          .set = nullptr,
          .because = because,
          .show = nullptr,
          .shown = {},
          .type = {},
          .meaning = {},
          .environment = {}};
}

}  // namespace osbx::config

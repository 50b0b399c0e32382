// SPDX-License-Identifier: Apache-2.0
// The table of all known settings: one row per key. docs/settings.md is generated from it
// (hack/gen). Internal to pkg/config and to what documents it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "base/result.h"
#include "config/config.h"

namespace osbx::config {

// Stores one value; the error says what is wrong with it, without the key.
using Setter = Result<> (*)(Config&, const toml::node&);
// The value as TOML writes it; "" when it is not set.
using Shower = std::string (*)(const Config&);

struct Setting {
  std::string_view key;      // "server.port"; a key ending in ".*" takes a whole table
  Setter set = nullptr;      // null: accepted, without meaning here
  std::string_view because;  // why it has none
  Shower show = nullptr;     // null: only `shown` says what the default is
  std::string_view shown;    // the default in words, where no value tells it
  std::string_view type;     // "text", "seconds", …
  std::string_view meaning;
  std::string_view environment;  // a variable that wins over the file
};

std::span<const Setting> AllSettings();

}  // namespace osbx::config

// SPDX-License-Identifier: Apache-2.0
// The table of all known settings: one row per key. Internal to pkg/config.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include <toml++/toml.h>

#include "base/result.h"
#include "config/config.h"

namespace osbx::config {

// Stores one value; the error says what is wrong with it, without the key.
using Setter = Result<> (*)(Config&, const toml::node&);

struct Setting {
  std::string_view key;      // "server.port"; a key ending in ".*" takes a whole table
  Setter set = nullptr;      // null: accepted, without meaning here
  std::string_view because;  // why it has none
};

std::span<const Setting> AllSettings();

}  // namespace osbx::config

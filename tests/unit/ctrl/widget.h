// SPDX-License-Identifier: Apache-2.0
// A hand-written kind for tests of the controller machinery: a value, and the name of what it uses.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/result.h"
#include "store/store.h"

namespace osbx::ctrl {

struct Widget {
  static constexpr std::string_view kPlural = "widgets";

  std::string name = {};
  int value = 0;
  std::vector<std::string> uses = {};

  static Result<Widget> FromJson(const Json& json) {
    const auto spec = json.find("spec");
    if (spec == json.end()) return Error(Code::kInvalid, "no spec");
    return Widget{.name = json.at("metadata").at("name").get<std::string>(),
                  .value = spec->at("value").get<int>(),
                  .uses = spec->at("uses").get<std::vector<std::string>>()};
  }
};

inline store::Key WidgetKey(const std::string& name, const std::string& ns = "default") {
  return {.kind = "widgets", .ns = ns, .name = name};
}

inline store::Write PutWidget(store::Write::Op op, const store::Key& key, int value,
                              const std::vector<std::string>& uses = {},
                              std::optional<store::Revision> expected = {}) {
  Json body = {{"metadata", {{"name", key.name}}}, {"spec", {{"value", value}, {"uses", uses}}}};
  return {.op = op,
          .key = key,
          .expected = expected,
          .body = std::make_shared<const Json>(std::move(body))};
}

inline store::Write CreateWidget(const std::string& name, int value,
                                 const std::vector<std::string>& uses = {}) {
  return PutWidget(store::Write::Op::kCreate, WidgetKey(name), value, uses);
}
inline store::Write UpdateWidget(const std::string& name, int value,
                                 const std::vector<std::string>& uses = {},
                                 std::optional<store::Revision> expected = {}) {
  return PutWidget(store::Write::Op::kUpdate, WidgetKey(name), value, uses, expected);
}
inline store::Write DeleteWidget(const std::string& name) {
  return {.op = store::Write::Op::kDelete, .key = WidgetKey(name)};
}

}  // namespace osbx::ctrl

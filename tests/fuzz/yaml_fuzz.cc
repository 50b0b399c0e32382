// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are parsed or refused; what was parsed can be written as YAML and as
// JSON and gives the same value when it is read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/yaml.h"

namespace {

void Check(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto documents = osbx::api::ParseYaml(text, "f");
  if (documents.has_value()) {
    for (const auto& document : *documents) {
      const auto again = osbx::api::ParseYaml(osbx::api::ToYaml(*document.value), "again");
      Check(again.has_value() && again->size() == 1 && *again->front().value == *document.value);
    }
  }
  const auto json = osbx::api::ParseJson(text);
  if (json.has_value()) {
    const auto again = osbx::api::ParseJson(json->value->dump());
    Check(again.has_value() && *again->value == *json->value);
  }
  return 0;
}

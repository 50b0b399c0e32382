// SPDX-License-Identifier: Apache-2.0
// An object of any kind with any content: pruning and defaulting settle after one pass, nothing in
// validation, the rules or the codecs breaks, and what is valid can be decoded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/json_path.h"
#include "api/schema.h"
#include "api/v1/sandbox.h"
#include "api/v1/secret.h"
#include "api/v1/volume.h"
#include "api/yaml.h"

namespace {

void Check(bool condition) {
  if (!condition) std::abort();
}

template <class T>
void Decode(const osbx::api::Kind& kind, const osbx::Json& object, bool valid) {
  if (kind.kind != T::kKind) return;
  const auto decoded = T::FromJson(object);
  Check(decoded.has_value() || !valid);
  if (decoded.has_value()) Check(T::FromJson(decoded->ToJson()).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto kinds = osbx::api::AllKinds();
  const osbx::api::Kind& kind = kinds[data[0] % kinds.size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  osbx::Ignore(osbx::api::JsonPath::Parse(text), "only that it does not break");
  const auto document = osbx::api::ParseJson(text);
  if (!document.has_value()) return 0;

  osbx::Json object = *document->value;
  osbx::api::Prune(*kind.schema, object);
  osbx::api::Default(*kind.schema, object);
  osbx::Json again = object;
  Check(osbx::api::Prune(*kind.schema, again).empty());
  osbx::api::Default(*kind.schema, again);
  Check(again == object);

  const bool valid = osbx::api::Validate(*kind.schema, object).empty();
  const auto rules = osbx::api::ValidateRules(kind, object, &object);
  Check(osbx::api::ValidateUpdate(*kind.schema, object, object).empty());
  Decode<osbx::api::v1::Sandbox>(kind, object, valid && rules.empty());
  Decode<osbx::api::v1::Volume>(kind, object, valid && rules.empty());
  Decode<osbx::api::v1::Secret>(kind, object, valid && rules.empty());
  for (const auto& column : kind.columns) {
    const auto path = osbx::api::JsonPath::Parse(column.json_path);
    if (path.has_value()) path->Find(object);
  }
  return 0;
}

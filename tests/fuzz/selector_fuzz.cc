// SPDX-License-Identifier: Apache-2.0
// Selectors and continue tokens come from any client's URL.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "registry/continue_token.h"
#include "registry/selectors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osbx;  // NOLINT(google-build-using-namespace): one function
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Json kObject{
      {"metadata", {{"name", "a"}, {"namespace", "n"}, {"labels", {{"a", "1"}, {"b/c", "x"}}}}}};
  if (const auto labels = registry::LabelSelector::Parse(text)) {
    static_cast<void>(labels->Matches(kObject));
    static_cast<void>(labels->Equalities());
  }
  const api::Kind& kind = *api::FindKindByPlural("sandboxes");
  if (const auto fields = registry::FieldSelector::Parse(kind, text)) {
    static_cast<void>(fields->Matches(kObject));
  }
  if (const auto token = registry::DecodeContinue(text)) {
    const auto again = registry::DecodeContinue(registry::EncodeContinue(*token));
    if (!again || again->name != token->name || again->ns != token->ns) __builtin_trap();
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/metadata_rules.h"

#include "registry/names.h"

namespace osbx::apiserver::opensandbox {

Outcome<> CheckMetadata(const std::map<std::string, std::string>& metadata) {
  for (const auto& [key, value] : metadata) {
    registry::Faults faults = registry::CheckQualifiedName(key);
    if (key.starts_with("opensandbox.io/") || key.starts_with("osbx.dev/")) {
      faults.emplace_back("the prefix is reserved");
    }
    for (std::string& fault : registry::CheckLabelValue(value)) faults.push_back(std::move(fault));
    if (faults.empty()) continue;
    return Failure(400, "SANDBOX::INVALID_METADATA_LABEL",
                   "Metadata key " + key + ": " + faults.front());
  }
  return {};
}

}  // namespace osbx::apiserver::opensandbox

// SPDX-License-Identifier: Apache-2.0
// The grammar of names, labels and their like, with Kubernetes' texts (contract/kubectl.md §4.2).
// Each check gives what is wrong with the value; empty means nothing. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace osbx::registry {

using Faults = std::vector<std::string>;

Faults CheckDnsLabel(std::string_view name);      // RFC 1123 label, <= 63
Faults CheckDnsSubdomain(std::string_view name);  // RFC 1123 subdomain, <= 253
Faults CheckQualifiedName(std::string_view key);  // [prefix/]name: label and annotation keys
Faults CheckLabelValue(std::string_view value);

}  // namespace osbx::registry

// SPDX-License-Identifier: Apache-2.0
// metadata.labels of an object's body, as the stores see them: string values only. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace osbx::store {

using Labels = std::vector<std::pair<std::string, std::string>>;

Labels LabelsOf(const Json& body);
bool SameLabels(const Json& a, const Json& b);
bool HasLabels(const Json& body, const Labels& wanted);

}  // namespace osbx::store

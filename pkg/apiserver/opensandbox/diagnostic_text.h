// SPDX-License-Identifier: Apache-2.0
// What the diagnostics show, as text for people (contract/lifecycle.md §14). Values of variables
// and labels whose names speak of secrets are masked. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace osbx::apiserver::opensandbox {

// Id, state, image, resources, network, labels, environment, volumes, conditions.
std::string InspectText(const Json& sandbox);

// One line for each event of the object, oldest first.
std::vector<std::string> EventLines(const std::vector<store::ObjectPtr>& events,
                                    std::string_view uid);

struct CutText {
  std::string text;
  bool truncated = false;
};
// At most `most` lines from the beginning, or from the end; `none` when there are no lines.
CutText FirstLines(const std::vector<std::string>& lines, std::size_t most, std::string_view none);
CutText LastLines(std::string_view text, std::size_t most, std::string_view none);

// The text with every byte that is no UTF-8 replaced.
std::string ValidUtf8(std::string_view text);

}  // namespace osbx::apiserver::opensandbox

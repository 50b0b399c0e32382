// SPDX-License-Identifier: Apache-2.0
// A store event as a watch with a selector sees it (contract/kubectl.md §5.2): entering the
// selection is ADDED, leaving it is DELETED with the last state that matched. Pure.
#pragma once

#include <optional>

#include "registry/selectors.h"
#include "store/store.h"

namespace osbx::registry {

struct SeenEvent {
  store::EventType type = store::EventType::kAdded;
  store::ObjectPtr object;
};

// Absent: the watch does not see it. `ns` "" = all namespaces.
std::optional<SeenEvent> FilterEvent(const store::Event& event, std::string_view ns,
                                     const Selector& selector);

}  // namespace osbx::registry

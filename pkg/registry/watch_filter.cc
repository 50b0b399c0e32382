// SPDX-License-Identifier: Apache-2.0
#include "registry/watch_filter.h"

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::registry {
namespace {

// `object` as it was, but with the revision of the event that took it out of the selection.
store::ObjectPtr Restamp(const store::Object& object, store::Revision revision) {
  Json body = *object.body;
  EnsureObject(body, "metadata")["resourceVersion"] = std::to_string(revision);
  auto copy = std::make_shared<store::Object>(object);
  copy->revision = revision;
  copy->bytes = std::make_shared<const std::string>(Dump(body));
  copy->body = std::make_shared<const Json>(std::move(body));
  return copy;
}

}  // namespace

std::optional<SeenEvent> FilterEvent(const store::Event& event, std::string_view ns,
                                     const Selector& selector) {
  if (!ns.empty() && event.object->key.ns != ns) return std::nullopt;
  if (selector.Empty()) return SeenEvent{event.type, event.object};

  const bool before = event.previous != nullptr && selector.Matches(*event.previous->body);
  if (event.type == store::EventType::kDeleted) {
    const bool seen = event.previous != nullptr ? before : selector.Matches(*event.object->body);
    if (!seen) return std::nullopt;
    return SeenEvent{event.type, event.object};
  }
  const bool after = selector.Matches(*event.object->body);
  if (after) {
    return SeenEvent{before ? store::EventType::kModified : store::EventType::kAdded, event.object};
  }
  if (!before) return std::nullopt;
  return SeenEvent{store::EventType::kDeleted, Restamp(*event.previous, event.revision)};
}

}  // namespace osbx::registry

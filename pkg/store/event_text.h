// SPDX-License-Identifier: Apache-2.0
// Events as text: what is kept of those that hardly anybody asks for any more. A parsed body takes
// six times the memory of its text, and the text is shared with the object while that lives. Pure;
// all of it is immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/store.h"

namespace osbx::store {

// One state of an object.
struct ObjectText {
  Revision revision = 0;
  Revision created = 0;
  std::shared_ptr<const std::string> bytes;  // never null
};

struct EventText {
  EventType type = EventType::kAdded;
  Key key;
  ObjectText object;
  std::optional<ObjectText> previous;
};
using EventTextPtr = std::shared_ptr<const EventText>;

EventText TextOf(const Event& event);

// Null when the text is not an object with metadata: the file it came from is damaged.
ObjectPtr Parse(const Key& key, const ObjectText& text);
EventPtr Parse(const EventText& text);

}  // namespace osbx::store

// SPDX-License-Identifier: Apache-2.0
#include "store/event_text.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace osbx::store {
namespace {

ObjectText TextOf(const Object& object) {
  return {.revision = object.revision, .created = object.created, .bytes = object.bytes};
}

}  // namespace

EventText TextOf(const Event& event) {
  EventText text{.type = event.type,
                 .key = event.object->key,
                 .object = TextOf(*event.object),
                 .previous = std::nullopt};
  if (event.previous) text.previous = TextOf(*event.previous);
  return text;
}

ObjectPtr Parse(const Key& key, const ObjectText& text) {
  auto body = std::make_shared<Json>(Json::parse(*text.bytes, nullptr, false));
  const auto metadata = body->find("metadata");
  if (!body->is_object() || metadata == body->end() || !metadata->is_object()) return nullptr;
  auto object = std::make_shared<Object>();
  object->key = key;
  if (const auto uid = metadata->find("uid"); uid != metadata->end() && uid->is_string()) {
    object->uid = uid->get<std::string>();
  }
  object->revision = text.revision;
  object->created = text.created;
  object->body = std::move(body);
  object->bytes = text.bytes;
  return object;
}

EventPtr Parse(const EventText& text) {
  auto event = std::make_shared<Event>();
  event->revision = text.object.revision;
  event->type = text.type;
  event->object = Parse(text.key, text.object);
  if (!event->object) return nullptr;
  if (text.previous) {
    event->previous = Parse(text.key, *text.previous);
    if (!event->previous) return nullptr;
  }
  return event;
}

}  // namespace osbx::store

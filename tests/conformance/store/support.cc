// SPDX-License-Identifier: Apache-2.0
#include "conformance/store/support.h"

#include <nlohmann/json.hpp>

namespace osbx::store {

Key Named(const std::string& name, const std::string& ns, const std::string& kind) {
  return {.kind = kind, .ns = ns, .name = name};
}

JsonPtr Body(const Key& key, const std::string& payload, const StringMap& labels) {
  Json body = {{"metadata", {{"name", key.name}, {"uid", "uid-" + key.name}}},
               {"spec", {{"payload", payload}}}};
  if (!key.ns.empty()) body["metadata"]["namespace"] = key.ns;
  if (!labels.empty()) body["metadata"]["labels"] = labels;
  return std::make_shared<const Json>(std::move(body));
}

Write Create(const Key& key, const std::string& payload, const StringMap& labels) {
  return {.op = Write::Op::kCreate, .key = key, .body = Body(key, payload, labels)};
}

Write Update(const Key& key, const std::string& payload, std::optional<Revision> expected,
             const StringMap& labels) {
  return {.op = Write::Op::kUpdate,
          .key = key,
          .expected = expected,
          .body = Body(key, payload, labels)};
}

Write Delete(const Key& key, std::optional<Revision> expected) {
  return {.op = Write::Op::kDelete, .key = key, .expected = expected};
}

std::string PayloadOf(const Object& object) {
  return object.body->at("spec").at("payload").get<std::string>();
}

std::string StampOf(const Object& object) {
  return object.body->at("metadata").at("resourceVersion").get<std::string>();
}

std::vector<std::string> Lines(const std::vector<ObjectPtr>& objects) {
  std::vector<std::string> lines;
  for (const ObjectPtr& object : objects) {
    lines.push_back(object->key.ns + "/" + object->key.name + "=" + PayloadOf(*object) + "@" +
                    std::to_string(object->revision));
  }
  return lines;
}

std::vector<std::string> Lines(const Snapshot& snapshot) {
  return Lines(snapshot.objects);
}

std::vector<std::string> Lines(const std::vector<EventPtr>& events) {
  static const std::map<EventType, std::string> kNames = {{EventType::kAdded, "ADDED"},
                                                          {EventType::kModified, "MODIFIED"},
                                                          {EventType::kDeleted, "DELETED"}};
  std::vector<std::string> lines;
  for (const EventPtr& event : events) {
    const Object& object = *event->object;
    std::string line = std::to_string(event->revision) + " " + kNames.at(event->type) + " " +
                       object.key.ns + "/" + object.key.name + "=" + PayloadOf(object);
    if (event->previous) line += " (was " + PayloadOf(*event->previous) + ")";
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace osbx::store

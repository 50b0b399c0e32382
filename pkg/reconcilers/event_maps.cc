// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/event_maps.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

namespace osbx::reconcilers {
namespace {

using store::Event;
using store::EventType;
using store::Key;

// What the path of member names leads to; null when there is nothing.
const Json* At(const Json& object, std::initializer_list<const char*> path) {
  const Json* at = &object;
  for (const char* name : path) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(name);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string TextAt(const Json& object, std::initializer_list<const char*> path) {
  const Json* text = At(object, path);
  return text != nullptr && text->is_string() ? text->get<std::string>() : "";
}

// The texts at `path` of each element of the array at `array`.
std::set<std::string> TextsAt(const Json& object, std::initializer_list<const char*> array,
                              std::initializer_list<const char*> path) {
  std::set<std::string> texts;
  const Json* elements = At(object, array);
  if (elements == nullptr || !elements->is_array()) return texts;
  for (const Json& element : *elements) {
    if (std::string text = TextAt(element, path); !text.empty()) texts.insert(std::move(text));
  }
  return texts;
}

std::vector<Key> KeysOf(const char* kind, const std::string& ns,
                        const std::set<std::string>& names) {
  std::vector<Key> keys;
  keys.reserve(names.size());
  for (const std::string& name : names) keys.push_back({.kind = kind, .ns = ns, .name = name});
  return keys;
}

}  // namespace

std::vector<Key> MountsNamedOrLeft(const Event& sandbox) {
  const auto named = [](const store::ObjectPtr& object) {
    return object ? TextsAt(*object->body, {"status", "volumes"}, {"mount"})
                  : std::set<std::string>();
  };
  const std::set<std::string> before = named(sandbox.previous);
  const std::set<std::string> after =
      sandbox.type == EventType::kDeleted ? std::set<std::string>() : named(sandbox.object);
  std::set<std::string> changed;
  std::ranges::set_symmetric_difference(before, after, std::inserter(changed, changed.end()));
  return KeysOf("mounts", "", changed);
}

std::vector<Key> VolumesReferred(const Event& sandbox) {
  if (sandbox.type == EventType::kModified) return {};
  return KeysOf("volumes", sandbox.object->key.ns,
                TextsAt(*sandbox.object->body, {"spec", "volumes"}, {"volumeRef", "name"}));
}

std::vector<Key> SnapshotsReferred(const Event& sandbox) {
  if (sandbox.type == EventType::kModified) return {};
  const std::string name = TextAt(*sandbox.object->body, {"spec", "snapshotRef", "name"});
  if (name.empty()) return {};
  return {{.kind = "snapshots", .ns = sandbox.object->key.ns, .name = name}};
}

bool UnschedulableChanged(const Event& node) {
  const auto closed = [](const store::ObjectPtr& object) {
    const Json* value = object ? At(*object->body, {"spec", "unschedulable"}) : nullptr;
    return value != nullptr && value->is_boolean() && value->get<bool>();
  };
  return closed(node.previous) != closed(node.object);
}

}  // namespace osbx::reconcilers

// SPDX-License-Identifier: Apache-2.0
#include "registry/field_walk.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::registry {
namespace {

enum class Shape { kLeaf, kMap, kListMap, kSet };

// The path element of a list-map's item: its keys with defaults filled in. Empty: not a proper
// item.
std::string ItemElement(const api::Schema& list, const Json& item) {
  if (!item.is_object()) return {};
  Json keys = Json::object();
  for (const std::string& name : list.list_map_keys) {
    if (const Json* value = Member(item, name)) {
      keys[name] = *value;
      continue;
    }
    const api::Schema* schema = MemberSchema(list.items.get(), name);
    if (schema == nullptr || schema->default_value == nullptr) return {};
    keys[name] = *schema->default_value;
  }
  return "k:" + Dump(keys);
}

Shape ShapeOf(const api::Schema* schema, const Json& value) {
  if (value.is_object()) return Shape::kMap;
  if (!value.is_array() || schema == nullptr) return Shape::kLeaf;
  if (schema->list_type == api::ListType::kSet) {
    const bool scalars =
        std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_primitive(); });
    return scalars ? Shape::kSet : Shape::kLeaf;
  }
  if (schema->list_type != api::ListType::kMap) return Shape::kLeaf;
  const bool keyed = std::all_of(value.begin(), value.end(), [&](const Json& item) {
    return !ItemElement(*schema, item).empty();
  });
  return keyed ? Shape::kListMap : Shape::kLeaf;
}

// The elements of a container: path element, schema and value.
struct Element {
  std::string element;
  const api::Schema* schema = nullptr;
  const Json* value = nullptr;
};

std::vector<Element> ElementsOf(const api::Schema* schema, const Json& value) {
  std::vector<Element> elements;
  switch (ShapeOf(schema, value)) {
    case Shape::kMap:
      for (const auto& [name, member] : value.items()) {
        elements.push_back({FieldElement(name), MemberSchema(schema, name), &member});
      }
      break;
    case Shape::kListMap:
      for (const Json& item : value) {
        elements.push_back({ItemElement(*schema, item), schema->items.get(), &item});
      }
      break;
    case Shape::kSet:
      for (const Json& item : value) {
        elements.push_back({ValueElement(item), schema->items.get(), &item});
      }
      break;
    case Shape::kLeaf:
      break;
  }
  return elements;
}

// Elements by path element; the views live as long as `elements`.
using ElementIndex = std::map<std::string_view, const Element*>;

ElementIndex IndexOf(const std::vector<Element>& elements) {
  ElementIndex index;
  for (const Element& element : elements) index.emplace(element.element, &element);
  return index;
}

bool IsEmptyContainer(const Json& value) {
  return value.is_structured() && value.empty();
}

// Whether the element is to go; prunes below it otherwise.
bool RemoveElement(const api::Schema* schema, Json& value, const FieldSet& remove,
                   const FieldSet* keep) {
  const bool kept = keep != nullptr && !keep->Empty();
  if (remove.self && !kept) return true;
  if (remove.children.empty()) return false;
  const bool was_empty = IsEmptyContainer(value);
  RemoveFields(schema, value, remove, keep);
  return !kept && !was_empty && IsEmptyContainer(value);
}

void MergeList(const api::Schema& schema, Json& live, const Json& applied, Shape shape) {
  const auto element_of = [&](const Json& item) {
    return shape == Shape::kSet ? ValueElement(item) : ItemElement(schema, item);
  };
  std::map<std::string, std::size_t> positions;
  for (std::size_t i = 0; i < live.size(); ++i) positions.emplace(element_of(live[i]), i);
  for (const Json& item : applied) {
    const auto [at, added] = positions.emplace(element_of(item), live.size());
    if (added) {
      live.push_back(item);
    } else if (shape == Shape::kListMap) {
      MergeFields(schema.items.get(), live[at->second], item);
    }
  }
}

}  // namespace

const api::Schema* MemberSchema(const api::Schema* schema, std::string_view name) {
  if (schema == nullptr) return nullptr;
  if (const api::Schema* declared = schema->Find(name)) return declared;
  return schema->additional.get();
}

void CollectFields(const api::Schema* schema, const Json& value, FieldSet& into) {
  const std::vector<Element> elements = ElementsOf(schema, value);
  if (elements.empty()) into.self = true;  // scalar, atomic or empty
  const bool items = value.is_array();
  for (const Element& element : elements) {
    FieldSet& below = into.children[element.element];
    if (items) below.self = true;
    CollectFields(element.schema, *element.value, below);
  }
}

void CollectAllFields(const api::Schema* schema, const Json& value, FieldSet& into) {
  into.self = true;
  for (const Element& element : ElementsOf(schema, value)) {
    CollectAllFields(element.schema, *element.value, into.children[element.element]);
  }
}

void CompareFields(const api::Schema* schema, const Json* before, const Json* after,
                   FieldDiff& into) {
  if (before == nullptr && after == nullptr) return;
  if (before == nullptr) return CollectAllFields(schema, *after, into.changed);
  if (after == nullptr) return CollectAllFields(schema, *before, into.removed);
  if (*before == *after) return;

  const Shape shape = ShapeOf(schema, *after);
  if (shape == Shape::kLeaf || shape != ShapeOf(schema, *before)) {
    CollectAllFields(schema, *after, into.changed);
    for (const Element& old : ElementsOf(schema, *before)) {
      CollectAllFields(old.schema, *old.value, into.removed.children[old.element]);
    }
    return;
  }
  const std::vector<Element> olds = ElementsOf(schema, *before);
  const std::vector<Element> news = ElementsOf(schema, *after);
  const auto compare = [&](const Element& at, const Json* old_value, const Json* new_value) {
    FieldDiff below;
    CompareFields(at.schema, old_value, new_value, below);
    if (!below.changed.Empty()) into.changed.children[at.element].Add(below.changed);
    if (!below.removed.Empty()) into.removed.children[at.element].Add(below.removed);
  };
  const ElementIndex old_index = IndexOf(olds);
  const ElementIndex new_index = IndexOf(news);
  for (const Element& element : news) {
    const auto old = old_index.find(element.element);
    compare(element, old == old_index.end() ? nullptr : old->second->value, element.value);
  }
  for (const Element& element : olds) {
    if (!new_index.contains(element.element)) compare(element, element.value, nullptr);
  }
}

void RemoveFields(const api::Schema* schema, Json& value, const FieldSet& remove,
                  const FieldSet* keep) {
  const Shape shape = ShapeOf(schema, value);
  const auto below = [&](const std::string& element) {
    return keep == nullptr ? nullptr : keep->Child(element);
  };
  if (shape == Shape::kMap) {
    for (const auto& [element, paths] : remove.children) {
      const auto member = value.find(element.substr(2));
      if (!element.starts_with("f:") || member == value.end()) continue;
      if (RemoveElement(MemberSchema(schema, member.key()), *member, paths, below(element))) {
        value.erase(member);
      }
    }
    return;
  }
  if (shape == Shape::kLeaf) return;
  Json rest = Json::array();
  for (Json& item : value) {
    const std::string element =
        shape == Shape::kSet ? ValueElement(item) : ItemElement(*schema, item);
    const FieldSet* paths = remove.Child(element);
    const bool gone =
        paths != nullptr && RemoveElement(schema->items.get(), item, *paths, below(element));
    if (!gone) rest.push_back(std::move(item));
  }
  value = std::move(rest);
}

void MergeFields(const api::Schema* schema, Json& live, const Json& applied) {
  const Shape shape = ShapeOf(schema, applied);
  if (shape == Shape::kLeaf || shape != ShapeOf(schema, live)) {
    live = applied;
    return;
  }
  if (shape != Shape::kMap) return MergeList(*schema, live, applied, shape);
  for (const auto& [name, value] : applied.items()) {
    const auto present = live.find(name);
    if (present == live.end()) {
      live[name] = value;
    } else {
      MergeFields(MemberSchema(schema, name), *present, value);
    }
  }
}

void FindDuplicates(const api::Schema* schema, const Json& value, const std::string& path,
                    std::vector<std::string>& faults) {
  std::set<std::string> seen;
  for (const Element& element : ElementsOf(schema, value)) {
    FieldSet at;
    at.children[element.element].self = true;
    const std::string readable = at.Paths().front();
    if (!seen.insert(element.element).second) {
      faults.push_back(path + ": duplicate entries for key " + readable);
      continue;
    }
    FindDuplicates(element.schema, *element.value, path + readable, faults);
  }
}

}  // namespace osbx::registry

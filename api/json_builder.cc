// SPDX-License-Identifier: Apache-2.0
#include "api/json_builder.h"

#include <algorithm>
#include <utility>

#include "api/causes.h"

namespace osbx::api {
namespace {

constexpr std::size_t kMaximumDepth = 256;                 // levels; all code may recurse this far
constexpr std::size_t kMaximumNodes = 1'000'000;           // values, expanded aliases included
constexpr std::size_t kMaximumBytes = 64UL * 1024 * 1024;  // of texts, likewise
constexpr std::size_t kMaximumDuplicates = 100;            // reported ones

}  // namespace

std::string JsonBuilder::Spend(const Cost& cost) {
  nodes_ += cost.nodes;
  bytes_ += cost.bytes;
  return nodes_ > kMaximumNodes || bytes_ > kMaximumBytes ? "the document is too large" : "";
}

bool JsonBuilder::WantsKey() const {
  return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().has_key;
}

std::string JsonBuilder::Start(bool is_map, Anchor anchor) {
  if (WantsKey()) return "a key must be a scalar";
  if (frames_.size() >= kMaximumDepth) return "the document is nested too deeply";
  Frame frame;
  frame.value = is_map ? Json::object() : Json::array();
  frame.anchor = anchor;
  frames_.push_back(std::move(frame));
  return Spend(Cost{});
}

std::string JsonBuilder::End() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  for (Json& merge : frame.merges) {
    for (auto& [key, value] : merge.items()) {
      if (!frame.value.contains(key)) frame.value[key] = value;
    }
  }
  return Place(std::move(frame.value), frame.cost, frame.anchor);
}

std::string JsonBuilder::Value(Json value, Anchor anchor) {
  Cost cost;
  if (value.is_string()) cost.bytes = value.get_ref<const std::string&>().size();
  if (std::string problem = Spend(cost); !problem.empty()) return problem;
  return Place(std::move(value), cost, anchor);
}

std::string JsonBuilder::Alias(Anchor anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) return "an anchor may not contain an alias of itself";
  if (frames_.size() + found->second.cost.height > kMaximumDepth) {
    return "the document is nested too deeply";
  }
  if (std::string problem = Spend(found->second.cost); !problem.empty()) return problem;
  return Place(found->second.value, found->second.cost, 0);
}

std::optional<std::string> JsonBuilder::KeyOf(Anchor anchor) const {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end() || !found->second.value.is_string()) return std::nullopt;
  return found->second.value.get<std::string>();
}

std::string JsonBuilder::Key(std::string key) {
  Frame& frame = frames_.back();
  if (frame.value.contains(key) && duplicates_.size() < kMaximumDuplicates) {
    duplicates_.push_back(PathOf(key));
  }
  frame.cost.bytes += key.size();
  frame.has_key = true;
  frame.is_merge = false;
  frame.key = std::move(key);
  return Spend({.nodes = 0, .bytes = frame.key.size(), .height = 0});
}

void JsonBuilder::MergeKey() {
  frames_.back().has_key = true;
  frames_.back().is_merge = true;
}

std::string JsonBuilder::Place(Json value, const Cost& cost, Anchor anchor) {
  if (anchor != 0) {
    if (std::string problem = Spend(cost); !problem.empty()) return problem;  // of the copy
    anchors_[anchor] = {value, cost};
  }
  if (frames_.empty()) {
    root_ = std::move(value);
    return "";
  }
  Frame& frame = frames_.back();
  frame.cost.nodes += cost.nodes;
  frame.cost.bytes += cost.bytes;
  frame.cost.height = std::max(frame.cost.height, cost.height + 1);
  return Insert(frame, std::move(value));
}

std::string JsonBuilder::Insert(Frame& frame, Json value) {
  if (frame.value.is_array()) {
    frame.value.push_back(std::move(value));
    return "";
  }
  frame.has_key = false;
  if (!frame.is_merge) {
    frame.value[frame.key] = std::move(value);
    return "";
  }
  frame.is_merge = false;
  Json list = value.is_array() ? std::move(value) : Json::array({std::move(value)});
  for (Json& map : list) {
    if (!map.is_object()) return "a merge key needs a map or a list of maps";
    frame.merges.push_back(std::move(map));
  }
  return "";
}

std::string JsonBuilder::PathOf(std::string_view key) const {
  std::string path;
  for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    path = frame.value.is_array() ? Join(path, frame.value.size()) : Join(path, frame.key);
  }
  return Join(path, key);
}

}  // namespace osbx::api

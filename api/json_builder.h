// SPDX-License-Identifier: Apache-2.0
// Builds one JSON value out of parser events (JSON or YAML): notices duplicate keys, keeps copies
// of anchored values, merges maps, and bounds depth and size, so that a few lines of aliases
// cannot fill the memory. One thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace osbx::api {

class JsonBuilder {
 public:
  using Anchor = std::size_t;  // 0: none

  // Each gives an empty text, or says why the document is refused.
  std::string Start(bool is_map, Anchor anchor = 0);
  std::string End();
  std::string Value(Json value, Anchor anchor = 0);
  std::string Alias(Anchor anchor);
  // The key of the next value of the present map.
  std::string Key(std::string key);
  // The next value is a map, or a list of maps, of which absent keys are taken over.
  void MergeKey();

  // The next event is a key of a map.
  bool WantsKey() const;
  // The key that an alias stands for; absent when it is not a string.
  std::optional<std::string> KeyOf(Anchor anchor) const;

  Json& root() { return root_; }
  std::vector<std::string>& duplicates() { return duplicates_; }

 private:
  struct Cost {
    std::size_t nodes = 1;
    std::size_t bytes = 0;
    std::size_t height = 1;
  };
  struct Frame {
    Json value;
    Anchor anchor = 0;
    Cost cost;
    std::string key;
    bool has_key = false;
    bool is_merge = false;
    std::vector<Json> merges;
  };
  struct Anchored {
    Json value;
    Cost cost;
  };

  std::string Spend(const Cost& cost);
  // Puts a finished value where it belongs.
  std::string Place(Json value, const Cost& cost, Anchor anchor);
  std::string Insert(Frame& frame, Json value);
  std::string PathOf(std::string_view key) const;

  std::vector<Frame> frames_;
  std::map<Anchor, Anchored> anchors_;
  Json root_;
  std::vector<std::string> duplicates_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace osbx::api

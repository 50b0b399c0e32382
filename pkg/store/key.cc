// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <string>

#include "store/store.h"

namespace osbx::store {

std::string ToString(const Key& key) {
  if (key.ns.empty()) return key.kind + "/" + key.name;
  return key.kind + "/" + key.ns + "/" + key.name;
}

std::size_t KeyHash::operator()(const Key& key) const {
  // Boost's hash_combine constant: spreads equal parts of neighbouring keys.
  const auto mix = [](std::size_t seed, std::size_t value) {
    return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6U) + (seed >> 2U));
  };
  const std::hash<std::string> hash;
  return mix(mix(hash(key.kind), hash(key.ns)), hash(key.name));
}

}  // namespace osbx::store

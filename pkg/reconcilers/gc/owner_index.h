// SPDX-License-Identifier: Apache-2.0
// Which objects name which owner (metadata.ownerReferences), for all kinds,
// kept with each commit. Thread-safe.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace osbx::reconcilers {

class OwnerIndex {
 public:
  // Loads and begins to follow. Before the controllers that ask it.
  void Start(store::Store& store);

  std::vector<store::Key> DependentsOf(const std::string& owner_uid) const;
  std::vector<store::Key> AllDependents() const;

 private:
  void Put(const store::Object& object);
  void Drop(const store::Object& object);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::set<store::Key>> dependents_;  // by the owner's uid
  store::Subscription subscription_;
};

// One entry of metadata.ownerReferences.
struct OwnerRef {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool block_owner_deletion = false;
};
std::vector<OwnerRef> OwnersOf(const store::Object& object);

}  // namespace osbx::reconcilers

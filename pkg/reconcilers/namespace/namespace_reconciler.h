// SPDX-License-Identifier: Apache-2.0
// Empties a namespace that is being deleted, then lets it go
// (contract/kubectl.md §4.4). Thread-safe.
#pragma once

#include <vector>

#include "ctrl/controller.h"
#include "registry/registry.h"
#include "store/store.h"

namespace osbx::reconcilers {

class NamespaceReconciler {
 public:
  NamespaceReconciler(registry::Registry& registry, const store::Store& store)
      : registry_(registry), store_(store) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);
  // What goes in a namespace may have been the last that kept it.
  static std::vector<ctrl::Watch> Watches();

 private:
  registry::Registry& registry_;
  const store::Store& store_;
};

}  // namespace osbx::reconcilers

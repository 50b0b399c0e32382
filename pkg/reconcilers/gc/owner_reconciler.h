// SPDX-License-Identifier: Apache-2.0
// Kubernetes' garbage collector (contract/kubectl.md §4.4): an object all of
// whose owners are gone goes too; foreground deletion lets dependents go first;
// orphaning lets them stay. Works on every kind. Thread-safe.
#pragma once

#include "ctrl/controller.h"
#include "ctrl/manager.h"
#include "reconcilers/gc/owner_index.h"
#include "registry/registry.h"

namespace osbx::reconcilers {

class OwnerReconciler {
 public:
  explicit OwnerReconciler(registry::Registry& registry, store::Store& store)
      : registry_(registry), store_(store) {}
  void AddControllers(ctrl::Manager& manager);
  // Looks at everything that has an owner; once, after the controllers have
  // started.
  void CatchUp(ctrl::Manager& manager) const;
  Result<ctrl::Outcome> Reconcile(const store::Key& key);

 private:
  std::vector<store::Key> Concerned(const store::Event& event) const;
  bool OwnerExists(const OwnerRef& owner, const std::string& ns) const;
  Result<> DeleteDependent(const store::Object& dependent);
  Result<> FinishForeground(const store::Object& owner);
  Result<> FinishOrphan(const store::Object& owner);

  registry::Registry& registry_;
  store::Store& store_;
  OwnerIndex index_;
};

}  // namespace osbx::reconcilers

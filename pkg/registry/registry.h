// SPDX-License-Identifier: Apache-2.0
// Kubernetes object semantics over the Store, for the API server and for controllers alike: names,
// defaulting, validation, admission, field ownership, patches, finalizers, selectors and paging
// (contract/kubectl.md §§4–6). No HTTP here; errors carry Status details (base/error.h).
// Invariant: whatever is in the store went through here, so it is pruned, defaulted and valid, and
// holds no inline credentials (I5).
// Thread-safe: no state of its own beside store, clock, options and whose turn it is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/schema.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "registry/options.h"
#include "registry/turns.h"
#include "store/store.h"

namespace osbx::registry {

using store::ObjectPtr;
struct Planned;
struct PlanContext;

// One object as a URL names it.
struct Ref {
  const api::Kind* kind = nullptr;  // never null in a call
  std::string ns;                   // "" for cluster scope
  std::string name;                 // "" at create: taken from the body
};
store::Key KeyOf(const Ref& ref);

enum class Subresource { kNone, kStatus };
enum class PatchType { kJson, kMerge, kStrategic, kApply };
enum class Effect { kCreated, kConfigured, kUnchanged };

struct Written {
  ObjectPtr object;  // as stored, or as it would be stored (dry run)
  Effect effect = Effect::kUnchanged;
};

struct DeleteOutcome {
  ObjectPtr object;      // last state; with its deletionTimestamp while finalizers remain
  bool removed = false;  // gone from the store (dry run: would be)
};

struct ListPage {
  store::Revision revision = 0;  // metadata.resourceVersion of the list
  std::vector<ObjectPtr> objects;
  std::string continue_token;             // "": the last page
  std::optional<std::int64_t> remaining;  // remainingItemCount; absent with a selector
};

// One document of a multi-document file.
struct BatchItem {
  Ref ref;
  JsonPtr body;
};

struct BatchOutcome {
  bool committed = false;  // false: an item failed (nothing was written), or a dry run
  std::vector<Result<Written>> items;
};

// Rules of objects that only their users know, e.g. the mount backends (the registry does not
// depend on them). Asked at create and when the spec changes; a field that has a cause already gets
// no second one.
using ObjectCheck = std::vector<Cause> (*)(const api::Kind& kind, const Json& object);

struct RegistryOptions {
  ObjectCheck check = nullptr;
  // Namespaces that always exist and cannot be deleted.
  std::vector<std::string> system_namespaces = {"default", "osbx-system"};
};

class Registry {
 public:
  Registry(store::Store& store, Clock& clock, RegistryOptions options = {});

  // Creates the system namespaces that are missing. Called once at start.
  Result<> EnsureNamespaces();

  // POST. `ref.name` is empty; the body names the object, or has generateName.
  Result<ObjectPtr> Create(const Ref& ref, const Json& body, const RequestInfo& info);
  // The cached object, bytes included. `not_older_than`: the request's resourceVersion.
  Result<ObjectPtr> Get(const Ref& ref, std::string_view not_older_than = "") const;
  Result<ListPage> List(const api::Kind& kind, const ListOptions& options) const;

  // PUT. A write that changes nothing writes nothing and returns the old revision. Kinds that may
  // be created by PUT (Event) are.
  Result<Written> Update(const Ref& ref, const Json& body, const RequestInfo& info);
  // PUT …/status: takes only `.status` of the body; resourceVersion and uid are preconditions.
  Result<Written> UpdateStatus(const Ref& ref, const Json& body, const RequestInfo& info);
  // PUT namespaces/NAME/finalize: takes only `.spec.finalizers`.
  Result<Written> FinalizeNamespace(const Ref& ref, const Json& body, const RequestInfo& info);

  // PATCH. Without a resourceVersion in the result it is unconditional and repeated on a conflict.
  Result<Written> Patch(const Ref& ref, PatchType type, Subresource subresource, const Json& patch,
                        const RequestInfo& info);

  Result<DeleteOutcome> Delete(const Ref& ref, const DeleteOptions& options,
                               const RequestInfo& info);
  // Deletes what the selectors of `list` choose; the objects are their last states.
  Result<store::Snapshot> DeleteCollection(const api::Kind& kind, const ListOptions& list,
                                           const DeleteOptions& options, const RequestInfo& info);

  // All or none, in one store commit. Later items see what earlier ones would make (a Namespace and
  // what is in it may come in one file).
  BatchOutcome ApplyAll(const std::vector<BatchItem>& items, const RequestInfo& info);
  // The same with POST semantics: an item that exists already fails all.
  BatchOutcome CreateAll(const std::vector<BatchItem>& items, const RequestInfo& info);

  // For controllers: replaces `.status` of the object at revision `expected` (0: whichever),
  // without field ownership. An equal status is not written.
  Result<Written> SetStatus(const Ref& ref, store::Revision expected, const Json& status);
  // Writes `change(object)` of the present object, again on each conflict; for controllers
  // (internal writes: no field ownership). `change` edits the whole object; server-owned fields are
  // kept.
  Result<Written> Modify(const Ref& ref, const std::function<Result<>(Json&)>& change);

  const store::Store& store() const { return store_; }
  Clock& clock() const { return clock_; }

 private:
  using Plan = std::function<Result<Planned>(const PlanContext&)>;
  // Plans and commits until nobody else was faster. `removed`, if not null: the object is gone.
  Result<Written> Run(const Ref& ref, const RequestInfo& info, const Plan& plan,
                      bool* removed = nullptr);
  using ItemPlan = std::function<Result<Planned>(const PlanContext&, const Json& body)>;
  BatchOutcome RunAll(const std::vector<BatchItem>& items, const RequestInfo& info,
                      const ItemPlan& plan);

  store::Store& store_;
  Clock& clock_;
  RegistryOptions options_;
  Turns turns_;
};

}  // namespace osbx::registry

// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/write_plan.h"

namespace osbx::registry {
namespace {

// Each failed attempt means that another writer of the object succeeded. After the first, only
// those already under way can (turns.h), so this many need a crowd that a caller had better hear
// of.
constexpr int kMaxAttempts = 32;

bool SomebodyWasFaster(Code code) {
  return code == Code::kConflict || code == Code::kAlreadyExists || code == Code::kNotFound;
}

void Report(const RequestInfo& info, const std::vector<std::string>& warnings) {
  if (info.warnings == nullptr) return;
  for (const std::string& warning : warnings) {
    auto& all = *info.warnings;
    if (std::find(all.begin(), all.end(), warning) == all.end()) all.push_back(warning);
  }
}

// The object of `planned` among what was committed for `writes`.
ObjectPtr ResultOf(const Planned& planned, const std::vector<store::Write>& writes,
                   const std::vector<ObjectPtr>& committed) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (writes[i].key == planned.key) return committed[i];
  }
  return planned.unchanged;
}

// What an earlier item of the batch makes and this one leaves alone has no bytes yet.
ObjectPtr PreviewOf(const Planned& planned, const Pending& pending) {
  const bool stored = planned.unchanged != nullptr && planned.unchanged->bytes != nullptr;
  return stored ? planned.unchanged : pending.Preview(planned.key);
}

}  // namespace

store::Key KeyOf(const Ref& ref) {
  return {ref.kind->plural, ref.ns, ref.name};
}

Registry::Registry(store::Store& store, Clock& clock, RegistryOptions options)
    : store_(store), clock_(clock), options_(std::move(options)) {}

Result<> Registry::EnsureNamespaces() {
  const RequestInfo info{.manager = "osbxd", .internal = true};
  for (const std::string& name : options_.system_namespaces) {
    if (store_.Find({"namespaces", "", name}) != nullptr) continue;
    const Ref ref{api::FindKindByPlural("namespaces"), "", ""};
    const auto made = Create(ref, Json{{"metadata", {{"name", name}}}}, info);
    if (!made && made.error().code() != Code::kAlreadyExists) return made.error();
  }
  return {};
}

Result<Written> Registry::Run(const Ref& ref, const RequestInfo& info, const Plan& plan,
                              bool* removed) {
  Turns::Turn turn(turns_, KeyOf(ref));
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    Pending pending(store_);
    std::vector<std::string> warnings;
    OSBX_TRY(const Planned planned,
             plan({ref, info, pending, clock_.Now(), warnings, options_.check}));
    if (removed != nullptr) *removed = planned.removed;
    if (info.dry_run) {
      Report(info, warnings);
      return Written{PreviewOf(planned, pending), planned.effect};
    }
    if (pending.Empty()) {
      Report(info, warnings);
      return Written{planned.unchanged, planned.effect};
    }
    std::vector<store::Write> writes = pending.Writes();
    const auto committed = store_.Commit(writes);
    if (committed) {
      Report(info, warnings);
      return Written{ResultOf(planned, writes, *committed), planned.effect};
    }
    if (!SomebodyWasFaster(committed.error().code())) return committed.error();
    turn.Lost();
  }
  return Stale(*ref.kind, ref.name);
}

Result<ObjectPtr> Registry::Create(const Ref& ref, const Json& body, const RequestInfo& info) {
  OSBX_TRY(Written written,
           Run(ref, info, [&](const PlanContext& context) { return PlanCreate(context, body); }));
  return std::move(written.object);
}

Result<ObjectPtr> Registry::Get(const Ref& ref, std::string_view not_older_than) const {
  if (!not_older_than.empty()) {
    store::Revision wanted = 0;
    const char* end = not_older_than.data() + not_older_than.size();
    const auto [stop, error] = std::from_chars(not_older_than.data(), end, wanted);
    if (error != std::errc() || stop != end || wanted < 0) {
      return ServerError("resourceVersion: " + Quoted(not_older_than) + " is not a number");
    }
    const store::Revision current = store_.Current();
    if (wanted > current) return FutureRevision(not_older_than, current);
  }
  ObjectPtr object = store_.Find(KeyOf(ref));
  if (object == nullptr) return NotFound(*ref.kind, ref.name);
  return object;
}

Result<Written> Registry::Update(const Ref& ref, const Json& body, const RequestInfo& info) {
  return Run(ref, info, [&](const PlanContext& context) {
    return PlanUpdate(context, Subresource::kNone, body);
  });
}

Result<Written> Registry::UpdateStatus(const Ref& ref, const Json& body, const RequestInfo& info) {
  return Run(ref, info, [&](const PlanContext& context) {
    return PlanUpdate(context, Subresource::kStatus, body);
  });
}

Result<Written> Registry::FinalizeNamespace(const Ref& ref, const Json& body,
                                            const RequestInfo& info) {
  return Run(ref, info,
             [&](const PlanContext& context) { return PlanFinalizeNamespace(context, body); });
}

Result<Written> Registry::Patch(const Ref& ref, PatchType type, Subresource subresource,
                                const Json& patch, const RequestInfo& info) {
  return Run(ref, info, [&](const PlanContext& context) {
    return type == PatchType::kApply ? PlanApply(context, subresource, patch)
                                     : PlanPatch(context, type, subresource, patch);
  });
}

Result<Written> Registry::SetStatus(const Ref& ref, store::Revision expected, const Json& status) {
  const RequestInfo info{.internal = true};
  return Run(ref, info,
             [&](const PlanContext& context) { return PlanSetStatus(context, expected, status); });
}

Result<Written> Registry::Modify(const Ref& ref, const std::function<Result<>(Json&)>& change) {
  const RequestInfo info{.internal = true};
  return Run(ref, info, [&](const PlanContext& context) { return PlanModify(context, change); });
}

Result<DeleteOutcome> Registry::Delete(const Ref& ref, const DeleteOptions& options,
                                       const RequestInfo& info) {
  RequestInfo own = info;
  own.dry_run = info.dry_run || options.dry_run;
  DeleteOutcome outcome;
  OSBX_TRY(Written written, Run(
                                ref, own,
                                [&](const PlanContext& context) {
                                  return PlanDelete(context, options, options_.system_namespaces);
                                },
                                &outcome.removed));
  outcome.object = std::move(written.object);
  return outcome;
}

Result<store::Snapshot> Registry::DeleteCollection(const api::Kind& kind, const ListOptions& list,
                                                   const DeleteOptions& options,
                                                   const RequestInfo& info) {
  OSBX_TRY(ListPage page, List(kind, list));
  store::Snapshot deleted;
  for (const ObjectPtr& object : page.objects) {
    const Ref ref{&kind, object->key.ns, object->key.name};
    auto outcome = Delete(ref, options, info);
    if (outcome) {
      deleted.objects.push_back(outcome->object);
    } else if (outcome.error().code() != Code::kNotFound) {
      return outcome.error();
    }
  }
  deleted.revision = store_.Current();
  return deleted;
}

BatchOutcome Registry::RunAll(const std::vector<BatchItem>& items, const RequestInfo& info,
                              const ItemPlan& plan) {
  BatchOutcome outcome;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    Pending pending(store_);
    std::vector<std::string> warnings;
    std::vector<Planned> all;
    outcome.items.clear();
    bool failed = false;
    for (const BatchItem& item : items) {
      Result<Planned> planned =
          plan({item.ref, info, pending, clock_.Now(), warnings, options_.check}, *item.body);
      if (planned) {
        all.push_back(*planned);
        outcome.items.emplace_back(Written{PreviewOf(*planned, pending), planned->effect});
      } else {
        failed = true;
        outcome.items.emplace_back(std::move(planned).error());
      }
    }
    if (failed || info.dry_run || pending.Empty()) {
      Report(info, warnings);
      outcome.committed = !failed && !info.dry_run;
      return outcome;
    }
    std::vector<store::Write> writes = pending.Writes();
    const auto committed = store_.Commit(writes);
    if (committed) {
      Report(info, warnings);
      for (std::size_t i = 0; i < all.size(); ++i) {
        outcome.items[i]->object = ResultOf(all[i], writes, *committed);
      }
      outcome.committed = true;
      return outcome;
    }
    if (SomebodyWasFaster(committed.error().code())) continue;
    for (auto& item : outcome.items) item = committed.error();
    return outcome;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    outcome.items[i] = Stale(*items[i].ref.kind, items[i].ref.name);
  }
  return outcome;
}

BatchOutcome Registry::ApplyAll(const std::vector<BatchItem>& items, const RequestInfo& info) {
  return RunAll(items, info, [](const PlanContext& context, const Json& body) {
    return PlanApply(context, Subresource::kNone, body);
  });
}

BatchOutcome Registry::CreateAll(const std::vector<BatchItem>& items, const RequestInfo& info) {
  return RunAll(items, info, [](const PlanContext& context, const Json& body) {
    return PlanCreate(context, body);
  });
}

}  // namespace osbx::registry

// SPDX-License-Identifier: Apache-2.0
// The last steps of every write: server-owned fields, admission, validation, ownership, and whether
// anything changed at all.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "registry/admission.h"
#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/metadata_rules.h"
#include "registry/write_plan.h"

namespace osbx::registry {
namespace {

void Append(std::vector<Cause>& causes, std::vector<Cause> more) {
  for (Cause& cause : more) causes.push_back(std::move(cause));
}

// What a later rule says about a field that an earlier one refused already adds nothing.
void AppendNew(std::vector<Cause>& causes, std::vector<Cause> more) {
  const std::size_t before = causes.size();
  for (Cause& cause : more) {
    const auto end = causes.begin() + static_cast<std::ptrdiff_t>(before);
    const bool known = std::any_of(causes.begin(), end, [&cause](const Cause& earlier) {
      return earlier.field == cause.field;
    });
    if (!known) causes.push_back(std::move(cause));
  }
}

// Rules may have become stricter since an object was stored: its spec is looked at again only when
// it changes, so that it can still be labelled and deleted.
bool SpecChanges(const Json& object, const Json* old_object) {
  if (old_object == nullptr) return true;
  const Json* before = Member(*old_object, "spec");
  const Json* after = Member(object, "spec");
  return before == nullptr || after == nullptr ? before != after : *before != *after;
}

// Rules of metadata, schema and kind. `old_object` null at create.
Result<> ValidateObject(const PlanContext& context, const Json& object, const Json* old_object,
                        std::vector<Cause> causes) {
  const api::Kind& kind = context.kind();
  ValidateMetadata(kind, object, old_object, causes);
  Append(causes, api::Validate(*kind.schema, object));
  if (old_object != nullptr) {
    Append(causes, api::ValidateUpdate(*kind.schema, *old_object, object));
  }
  Append(causes, api::ValidateRules(kind, object, old_object));
  if (context.check != nullptr && SpecChanges(object, old_object)) {
    AppendNew(causes, context.check(kind, object));
  }
  if (!causes.empty()) {
    return Invalid(kind, MetadataString(object, "name"), std::move(causes));
  }
  if (!context.info.internal) WarnAboutFinalizers(object, old_object, context.warnings);
  return {};
}

Result<> ValidateStatus(const PlanContext& context, const Json& object) {
  const api::Schema* schema = context.kind().schema->Find("status");
  const Json* status = Member(object, "status");
  if (schema == nullptr || status == nullptr) return {};
  std::vector<Cause> causes = api::Validate(*schema, *status, "status");
  if (causes.empty()) return {};
  return Invalid(context.kind(), MetadataString(object, "name"), std::move(causes));
}

// Equal but for what a write itself changes: resourceVersion and managedFields.
bool SameContent(const Json& a, const Json& b) {
  const auto covered = [](const Json& x, const Json& y) {
    for (const auto& [name, value] : x.items()) {
      if (name == "metadata") continue;
      const auto other = y.find(name);
      if (other == y.end() || *other != value) return false;
    }
    for (const auto& [name, value] : Metadata(x).items()) {
      if (name == "resourceVersion" || name == "managedFields") continue;
      const auto other = Metadata(y).find(name);
      if (other == Metadata(y).end() || *other != value) return false;
    }
    return true;
  };
  return covered(a, b) && covered(b, a);
}

void SetManaged(Json& object, ManagedFields managed) {
  Json& metadata = EnsureObject(object, "metadata");
  Json encoded = EncodeManaged(std::move(managed));
  if (encoded.empty()) {
    metadata.erase("managedFields");
  } else {
    metadata["managedFields"] = std::move(encoded);
  }
}

// Writes the Secret of inline keys beside the object. Whether it differs from what is there.
bool PutSecret(const PlanContext& context, const InlineKeys& keys, const Json& owner) {
  const store::Key key{"secrets", context.ref.ns, keys.secret_name};
  const api::Kind& kind = *api::FindKindByPlural("secrets");
  Json secret = SecretOf(keys, owner);
  const ObjectPtr present = context.pending.Find(key);
  // One that is on its way out is taken over as well: its finalizers, if any, still run.
  if (present == nullptr) {
    StampNew(kind, secret, NewUuid(), context.now);
  } else {
    KeepServerOwned(*present->body, secret);
    for (const char* kept : {"labels", "annotations", "finalizers", "managedFields"}) {
      if (const Json* value = Member(Metadata(*present->body), kept)) {
        secret["metadata"][kept] = *value;
      }
    }
    if (SameContent(*present->body, secret)) return false;
  }
  context.pending.Put(key, std::make_shared<const Json>(std::move(secret)));
  return true;
}

bool PutSecrets(const PlanContext& context, const std::vector<InlineKeys>& keys,
                const Json& owner) {
  bool changed = false;
  for (const InlineKeys& each : keys) changed = PutSecret(context, each, owner) || changed;
  return changed;
}

// The object as it would be stored, still without managedFields.
Json Compose(const PlanContext& context, const Json& old, Incoming& incoming) {
  const api::Kind& kind = context.kind();
  const bool status_only = incoming.subresource == Subresource::kStatus;
  Json object;
  if (status_only) {
    object = old;
    const auto status = incoming.object.find("status");
    if (status == incoming.object.end() || status->is_null()) {
      object.erase("status");
    } else {
      object["status"] = std::move(*status);
    }
  } else {
    object = std::move(incoming.object);
    KeepServerOwned(old, object);
    if (kind.status_subresource) {
      if (const Json* status = Member(old, "status")) {
        object["status"] = *status;
      } else {
        object.erase("status");
      }
    }
    AdmitUpdate(kind, old, object, context.info.internal);
  }
  EnsureObject(object, "metadata").erase("managedFields");
  return object;
}

}  // namespace

Planned Store(const PlanContext& context, const ObjectPtr& live, Json object) {
  Planned planned{.key = live->key, .effect = Effect::kConfigured};
  planned.removed = IsDeleting(object) && !HasFinalizers(object);
  auto body = std::make_shared<const Json>(std::move(object));
  if (planned.removed) {
    context.pending.Remove(live->key, std::move(body));
  } else {
    context.pending.Put(live->key, std::move(body));
  }
  return planned;
}

Result<Planned> FinishCreate(const PlanContext& context, Incoming incoming) {
  const api::Kind& kind = context.kind();
  Json& object = incoming.object;
  if (kind.status_subresource && !context.info.internal) object.erase("status");
  EnsureObject(object, "metadata").erase("managedFields");
  StampNew(kind, object, NewUuid(), context.now);
  if (!incoming.applied && !context.info.internal) {
    incoming.managed = TrackUpdate(WritingOf(context, Subresource::kNone), nullptr, object,
                                   std::move(incoming.managed));
  }
  AdmitCreate(kind, object, context.now, incoming.causes);
  OSBX_CHECK(ValidateObject(context, object, nullptr, std::move(incoming.causes)));
  OSBX_CHECK(CheckNamespace(context, MetadataString(object, "name")));
  const store::Key key{kind.plural, context.ref.ns, std::string(MetadataString(object, "name"))};
  if (context.pending.Find(key) != nullptr) return AlreadyExists(kind, key.name);
  SetManaged(object, std::move(incoming.managed));
  PutSecrets(context, incoming.keys, object);
  context.pending.Put(key, std::make_shared<const Json>(std::move(object)));
  return Planned{.key = key, .effect = Effect::kCreated};
}

Result<Planned> FinishUpdate(const PlanContext& context, const ObjectPtr& live, Incoming incoming) {
  const api::Kind& kind = context.kind();
  const Json& old = *live->body;
  const bool status_only = incoming.subresource == Subresource::kStatus;
  Json object = Compose(context, old, incoming);
  if (status_only) {
    OSBX_CHECK(ValidateStatus(context, object));
  } else {
    OSBX_CHECK(ValidateObject(context, object, &old, std::move(incoming.causes)));
  }

  const Json* old_managed = Member(Metadata(old), "managedFields");
  bool ownership_changed = false;
  if (context.info.internal) {
    if (old_managed != nullptr) object["metadata"]["managedFields"] = *old_managed;
  } else {
    if (!incoming.applied) {
      incoming.managed = TrackUpdate(WritingOf(context, incoming.subresource), &old, object,
                                     std::move(incoming.managed));
    }
    const Result<ManagedFields> before = DecodeManaged(old_managed);
    ownership_changed = !before || !SameButTimes(*before, incoming.managed);
    SetManaged(object, std::move(incoming.managed));
  }

  const bool secrets_changed = PutSecrets(context, incoming.keys, object);
  if (!ownership_changed && SameContent(old, object)) {
    return Planned{.key = live->key,
                   .unchanged = live,
                   .effect = secrets_changed ? Effect::kConfigured : Effect::kUnchanged};
  }
  if (!status_only && !kind.group.empty() && DesiredStateDiffers(kind, old, object)) {
    Json& generation = object["metadata"]["generation"];
    generation = (generation.is_number_integer() ? generation.get<std::int64_t>() : 0) + 1;
  }
  return Store(context, live, std::move(object));
}

}  // namespace osbx::registry

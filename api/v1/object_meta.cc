// SPDX-License-Identifier: Apache-2.0
#include "api/v1/object_meta.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/v1/codec.h"

namespace osbx::api::v1 {
namespace {

bool ReadRevision(const Json& json, std::int64_t& out, codec::Failure& failure) {
  std::string text;
  if (!codec::Read(json, "resourceVersion", text, failure)) return false;
  if (text.empty()) return true;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error == std::errc() && stop == end && out >= 0) return true;
  failure = {"resourceVersion", "must be a decimal number"};
  return false;
}

}  // namespace

Result<OwnerReference> OwnerReference::FromJson(const Json& json) {
  OwnerReference out;
  codec::Failure failure;
  const bool ok =
      codec::IsObject(json, failure) && codec::Read(json, "apiVersion", out.api_version, failure) &&
      codec::Read(json, "kind", out.kind, failure) &&
      codec::Read(json, "name", out.name, failure) && codec::Read(json, "uid", out.uid, failure) &&
      codec::Read(json, "controller", out.controller, failure) &&
      codec::Read(json, "blockOwnerDeletion", out.block_owner_deletion, failure);
  if (!ok) return codec::ToError(std::move(failure));
  return out;
}

Json OwnerReference::ToJson() const {
  Json json = Json::object();
  codec::Put(json, "apiVersion", api_version);
  codec::Put(json, "kind", kind);
  codec::Put(json, "name", name);
  codec::Put(json, "uid", uid);
  if (controller) codec::Put(json, "controller", true);
  if (block_owner_deletion) codec::Put(json, "blockOwnerDeletion", true);
  return json;
}

bool OwnerReference::operator==(const OwnerReference& other) const = default;

bool ObjectMeta::HasFinalizer(std::string_view finalizer) const {
  return std::find(finalizers.begin(), finalizers.end(), finalizer) != finalizers.end();
}

Result<ObjectMeta> ObjectMeta::FromJson(const Json& json) {
  ObjectMeta out;
  codec::Failure failure;
  const bool ok =
      codec::IsObject(json, failure) && codec::Read(json, "name", out.name, failure) &&
      codec::Read(json, "generateName", out.generate_name, failure) &&
      codec::Read(json, "namespace", out.namespace_, failure) &&
      codec::Read(json, "uid", out.uid, failure) &&
      ReadRevision(json, out.resource_version, failure) &&
      codec::Read(json, "generation", out.generation, failure) &&
      codec::Read(json, "creationTimestamp", out.creation_timestamp, failure) &&
      codec::Read(json, "deletionTimestamp", out.deletion_timestamp, failure) &&
      codec::Read(json, "deletionGracePeriodSeconds", out.deletion_grace_period_seconds, failure) &&
      codec::Read(json, "labels", out.labels, failure) &&
      codec::Read(json, "annotations", out.annotations, failure) &&
      codec::Read(json, "finalizers", out.finalizers, failure) &&
      codec::Read(json, "ownerReferences", out.owner_references, failure);
  if (!ok) return codec::ToError(std::move(failure));
  return out;
}

Json ObjectMeta::ToJson() const {
  Json json = Json::object();
  codec::PutIfSet(json, "name", name);
  codec::PutIfSet(json, "generateName", generate_name);
  codec::PutIfSet(json, "namespace", namespace_);
  codec::PutIfSet(json, "uid", uid);
  if (resource_version != 0) {
    codec::Put(json, "resourceVersion", std::to_string(resource_version));
  }
  if (generation != 0) codec::Put(json, "generation", generation);
  codec::PutIfSet(json, "creationTimestamp", creation_timestamp);
  codec::PutIfSet(json, "deletionTimestamp", deletion_timestamp);
  codec::PutIfSet(json, "deletionGracePeriodSeconds", deletion_grace_period_seconds);
  codec::PutIfSet(json, "labels", labels);
  codec::PutIfSet(json, "annotations", annotations);
  codec::PutIfSet(json, "finalizers", finalizers);
  codec::PutIfSet(json, "ownerReferences", owner_references);
  return json;
}

bool ObjectMeta::operator==(const ObjectMeta& other) const = default;

}  // namespace osbx::api::v1

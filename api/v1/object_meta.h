// SPDX-License-Identifier: Apache-2.0
// metadata of every object, as controllers see it. The fields mirror meta.schema.yaml;
// managedFields are not carried (only the registry looks at them). Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace osbx::api::v1 {

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  bool block_owner_deletion = false;

  static Result<OwnerReference> FromJson(const Json& json);
  Json ToJson() const;
  bool operator==(const OwnerReference& other) const;
};

struct ObjectMeta {
  std::string name;
  std::string generate_name;
  std::string namespace_;
  std::string uid;
  std::int64_t resource_version = 0;  // 0: not stored yet; a decimal string on the wire
  std::int64_t generation = 0;        // 0: the kind has none
  std::optional<Time> creation_timestamp;
  std::optional<Time> deletion_timestamp;  // set: being deleted, gone when finalizers is empty
  std::optional<std::int64_t> deletion_grace_period_seconds;  // what the deleter asked for
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> finalizers;
  std::vector<OwnerReference> owner_references;

  bool HasFinalizer(std::string_view finalizer) const;

  static Result<ObjectMeta> FromJson(const Json& json);
  Json ToJson() const;
  bool operator==(const ObjectMeta& other) const;
};

}  // namespace osbx::api::v1

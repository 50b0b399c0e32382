// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "registry/admission.h"
#include "registry/errors.h"
#include "registry/json_access.h"
#include "registry/write_plan.h"

namespace osbx::registry {
namespace {

// contract/kubectl.md §4.2
constexpr std::size_t kMaxGenerateBase = 58;
constexpr std::size_t kSuffix = 5;
constexpr int kNameAttempts = 8;

// Fills in a name from generateName, one that is free if there is any.
void GenerateName(const PlanContext& context, Json& object) {
  Json& metadata = EnsureObject(object, "metadata");
  const std::string base(StringMember(metadata, "generateName").substr(0, kMaxGenerateBase));
  if (base.empty() || !StringMember(metadata, "name").empty()) return;
  for (int i = 0; i < kNameAttempts; ++i) {
    const std::string name = base + RandomNameSuffix(kSuffix);
    metadata["name"] = name;
    if (context.pending.Find({context.kind().plural, context.ref.ns, name}) == nullptr) return;
  }
}

}  // namespace

Result<Planned> PlanCreate(const PlanContext& context, const Json& body) {
  Incoming incoming{.object = body};
  Json& object = incoming.object;
  OSBX_CHECK(DecodeBody(context, "", object));
  OSBX_CHECK(CheckMayCreate(context.kind(), MetadataString(object, "name"), context.info.internal));
  if (!MetadataString(object, "resourceVersion").empty()) {
    return ServerError("resourceVersion should not be set on objects to be created");
  }
  OSBX_CHECK(CheckStrictness(context, false, object));
  incoming.managed = ManagedOfWrite(nullptr, object);
  api::Default(*context.kind().schema, object);
  GenerateName(context, object);
  incoming.keys = Intake(context, nullptr, object, incoming.causes);
  return FinishCreate(context, std::move(incoming));
}

}  // namespace osbx::registry

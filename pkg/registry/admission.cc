// SPDX-License-Identifier: Apache-2.0
#include "registry/admission.h"

#include <array>

#include <nlohmann/json.hpp>

#include "registry/admission_kinds.h"
#include "registry/errors.h"

namespace osbx::registry {
namespace {

struct Row {
  std::string_view kind;
  bool derived = false;  // made by osbx alone
  void (*body)(Json& body) = nullptr;
  void (*create)(Json& object, Time now, std::vector<Cause>& causes) = nullptr;
  void (*update)(const Json& live, Json& object, bool internal) = nullptr;
  void (*remove)(Json& object) = nullptr;
};

constexpr std::array kRows = {
    Row{.kind = "Mount", .derived = true, .create = CreateMount, .update = UpdateMount},
    Row{.kind = "Namespace",
        .create = CreateNamespace,
        .update = UpdateNamespace,
        .remove = RemoveNamespace},
    Row{.kind = "Sandbox", .create = CreateSandbox, .update = UpdateSandbox},
    Row{.kind = "Snapshot", .create = CreateSnapshot, .update = UpdateSnapshot},
    Row{.kind = "Secret", .body = TakeStringData},
    Row{.kind = "Volume", .create = CreateVolume, .update = UpdateVolume},
};

const Row& RowOf(const api::Kind& kind) {
  static constexpr Row kNone{};
  for (const Row& row : kRows) {
    if (row.kind == kind.kind) return row;
  }
  return kNone;
}

}  // namespace

Result<> CheckMayCreate(const api::Kind& kind, std::string_view name, bool internal) {
  if (internal || !RowOf(kind).derived) return {};
  return Forbidden(kind, name,
                   kind.kind + " objects are derived: osbx makes them from the volumes in use");
}

void AdmitBody(const api::Kind& kind, Json& body) {
  if (const auto admit = RowOf(kind).body) admit(body);
}

void AdmitCreate(const api::Kind& kind, Json& object, Time now, std::vector<Cause>& causes) {
  if (const auto admit = RowOf(kind).create) admit(object, now, causes);
}

void AdmitUpdate(const api::Kind& kind, const Json& live, Json& object, bool internal) {
  if (const auto admit = RowOf(kind).update) admit(live, object, internal);
}

void AdmitDelete(const api::Kind& kind, Json& object) {
  if (const auto admit = RowOf(kind).remove) admit(object);
}

}  // namespace osbx::registry

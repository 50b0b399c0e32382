// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "api/embedded_schemas.h"
#include "api/schema.h"
#include "api/schema_load.h"

namespace osbx::api {
namespace {

Result<std::vector<Kind>> LoadKinds() {
  constexpr std::string_view kStructsFile = R"("structs":)";
  SharedStructs structs;
  std::vector<Kind> kinds;
  for (const std::string_view document : EmbeddedSchemas()) {
    // Files of shared structs come first; they have no "schema", and a kind has no "structs".
    if (document.find(kStructsFile) != std::string_view::npos) {
      OSBX_TRY(structs, ParseStructs(document, structs));
      continue;
    }
    OSBX_TRY(Kind kind, ParseKind(document, structs));
    kinds.push_back(std::move(kind));
  }
  return kinds;
}

// The embedded schemas are part of the program: when they do not load, the program is broken.
std::vector<Kind> LoadKindsOrAbort() {
  auto kinds = LoadKinds();
  if (!kinds.has_value()) {
    std::fprintf(stderr, "embedded schemas: %s\n", kinds.error().message().c_str());
    std::abort();
  }
  return *std::move(kinds);
}

template <class Predicate>
const Kind* FindIf(Predicate predicate) {
  const auto kinds = AllKinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), predicate);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace

const Schema* Schema::Find(std::string_view property) const {
  for (const Property& candidate : properties) {
    if (candidate.name == property) return candidate.schema.get();
  }
  return nullptr;
}

std::span<const Kind> AllKinds() {
  static const std::vector<Kind> kinds = LoadKindsOrAbort();
  return kinds;
}

const Kind* FindKind(std::string_view group, std::string_view version, std::string_view plural) {
  return FindIf([&](const Kind& kind) {
    return kind.group == group && kind.version == version && kind.plural == plural;
  });
}

const Kind* FindKindByPlural(std::string_view plural) {
  return FindIf([&](const Kind& kind) { return kind.plural == plural; });
}

const Kind* FindKindByName(std::string_view api_version, std::string_view kind_name) {
  return FindIf(
      [&](const Kind& kind) { return kind.kind == kind_name && kind.ApiVersion() == api_version; });
}

}  // namespace osbx::api

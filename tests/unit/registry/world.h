// SPDX-License-Identifier: Apache-2.0
// A registry over a store in memory with a clock that stands still, and short words for requests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fakes/fake_clock.h"
#include "fakes/matchers.h"
#include "registry/registry.h"
#include "store/memory_store.h"

namespace osbx::registry {

inline Json operator""_json_text(const char* text, std::size_t size) {
  return Json::parse(std::string_view(text, size));
}

class World : public ::testing::Test {
 protected:
  World() { EXPECT_TRUE(registry_.EnsureNamespaces().has_value()); }

  static const api::Kind& Kind(std::string_view plural) { return *api::FindKindByPlural(plural); }

  // "sandboxes/a" in namespace default, "nodes/n" without, "sandboxes/other/a".
  static Ref At(std::string_view path) {
    const std::size_t slash = path.find('/');
    const api::Kind& kind = Kind(path.substr(0, slash));
    std::string rest(slash == std::string_view::npos ? "" : path.substr(slash + 1));
    std::string ns = kind.namespaced ? "default" : "";
    if (const std::size_t next = rest.find('/'); next != std::string::npos) {
      ns = rest.substr(0, next);
      rest = rest.substr(next + 1);
    }
    return {&kind, ns, rest};
  }

  RequestInfo As(std::string manager) {
    RequestInfo info;
    info.manager = std::move(manager);
    info.warnings = &warnings_;
    return info;
  }

  static Json Sandbox(const std::string& name, Json spec = Json::object()) {
    if (!spec.contains("image")) spec["image"] = "ubuntu";
    return {{"apiVersion", "osbx.dev/v1"},
            {"kind", "Sandbox"},
            {"metadata", {{"name", name}}},
            {"spec", std::move(spec)}};
  }

  Result<ObjectPtr> Post(std::string_view plural, const Json& body, std::string manager = "test") {
    return registry_.Create(At(plural), body, As(std::move(manager)));
  }

  // The stored object; an empty one when absent.
  Json Stored(std::string_view path) const {
    const ObjectPtr object = store_.Find(KeyOf(At(path)));
    return object == nullptr ? Json() : *object->body;
  }
  store::Revision RevisionOf(std::string_view path) const {
    const ObjectPtr object = store_.Find(KeyOf(At(path)));
    return object == nullptr ? 0 : object->revision;
  }

  Result<Written> Apply(std::string_view path, const Json& body, std::string manager,
                        bool force = false) {
    RequestInfo info = As(std::move(manager));
    info.force = force;
    return registry_.Patch(At(path), PatchType::kApply, Subresource::kNone, body, info);
  }
  Result<Written> Merge(std::string_view path, const Json& patch, std::string manager = "test") {
    return registry_.Patch(At(path), PatchType::kMerge, Subresource::kNone, patch,
                           As(std::move(manager)));
  }

  // fieldsV1 of one manager's entry; null when it has none.
  Json FieldsOf(std::string_view path, std::string_view manager, std::string_view operation) const {
    const Json object = Stored(path);
    if (!object["metadata"].contains("managedFields")) return {};
    for (const Json& entry : object["metadata"]["managedFields"]) {
      if (entry["manager"] == manager && entry["operation"] == operation) return entry["fieldsV1"];
    }
    return {};
  }

  fakes::FakeClock clock_;
  store::MemoryStore store_;
  Registry registry_{store_, clock_};
  std::vector<std::string> warnings_;
};

// What a failed request tells its client.
template <class T>
std::string MessageOf(const Result<T>& result) {
  return result.has_value() ? "(no error)" : result.error().message();
}

// Fails unless the result is an error of `code` with exactly this message.
#define EXPECT_FAILS(expression, expected_code, expected_message)          \
  do {                                                                     \
    const auto osbx_result = (expression);                                 \
    EXPECT_THAT(osbx_result, ::osbx::fakes::StatusIs(expected_code));      \
    EXPECT_EQ(::osbx::registry::MessageOf(osbx_result), expected_message); \
  } while (false)

}  // namespace osbx::registry

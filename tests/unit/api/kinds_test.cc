// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/json_path.h"
#include "api/schema.h"
#include "tests/unit/api/causes_matcher.h"

namespace osbx::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Kinds, AreLoadedCoreFirst) {
  std::vector<std::string> names;
  for (const Kind& kind : AllKinds()) names.push_back(kind.ApiVersion() + "/" + kind.kind);
  EXPECT_THAT(names,
              ElementsAre("v1/Event", "v1/Namespace", "v1/Node", "v1/Secret", "osbx.dev/v1/Mount",
                          "osbx.dev/v1/Sandbox", "osbx.dev/v1/Snapshot", "osbx.dev/v1/Volume"));
}

TEST(Kinds, AreFoundByEveryName) {
  const Kind* sandbox = FindKindByPlural("sandboxes");
  ASSERT_NE(sandbox, nullptr);
  EXPECT_EQ(FindKind("osbx.dev", "v1", "sandboxes"), sandbox);
  EXPECT_EQ(FindKindByName("osbx.dev/v1", "Sandbox"), sandbox);
  EXPECT_EQ(FindKind("", "v1", "sandboxes"), nullptr);
  EXPECT_EQ(FindKindByName("v1", "Sandbox"), nullptr);
  EXPECT_EQ(FindKindByPlural("pods"), nullptr);
  EXPECT_EQ(sandbox->QualifiedKind(), "Sandbox.osbx.dev");
  EXPECT_EQ(sandbox->list_kind, "SandboxList");
  EXPECT_TRUE(sandbox->namespaced);
  EXPECT_TRUE(sandbox->status_subresource);
  EXPECT_THAT(sandbox->short_names, ElementsAre("sbx"));
  EXPECT_FALSE(FindKindByPlural("mounts")->namespaced);
  EXPECT_TRUE(FindKindByPlural("events")->hide_name_column);
}

TEST(Kinds, NoTwoShareAPluralOrShortName) {
  std::set<std::string> seen;
  for (const Kind& kind : AllKinds()) {
    EXPECT_TRUE(seen.insert(kind.plural).second) << kind.plural;
    for (const auto& name : kind.short_names) EXPECT_TRUE(seen.insert(name).second) << name;
  }
}

TEST(Kinds, ColumnsAndSelectableFieldsNameFieldsOfTheSchema) {
  for (const Kind& kind : AllKinds()) {
    for (const Column& column : kind.columns) {
      EXPECT_TRUE(JsonPath::Parse(column.json_path).has_value()) << column.json_path;
    }
    for (const std::string& field : kind.selectable_fields) {
      const std::string first = field.substr(0, field.find('.'));
      EXPECT_NE(kind.schema->Find(first), nullptr) << kind.kind << " " << field;
    }
  }
}

// Everything the engine relies on in a schema, for every node of every kind.
void CheckNode(const Schema& schema, const std::string& path) {
  for (const std::string& name : schema.required) {
    EXPECT_NE(schema.Find(name), nullptr) << path << "." << name;
  }
  for (const auto& group : schema.exactly_one_of) {
    for (const auto& name : group) EXPECT_NE(schema.Find(name), nullptr) << path << "." << name;
  }
  for (const std::string& key : schema.list_map_keys) {
    ASSERT_NE(schema.items, nullptr) << path;
    EXPECT_NE(schema.items->Find(key), nullptr) << path << "[]." << key;
  }
  EXPECT_EQ(schema.pattern.empty(), schema.compiled_pattern == nullptr) << path;
  for (const Property& property : schema.properties) {
    EXPECT_FALSE(property.schema->description.empty()) << path << "." << property.name;
    CheckNode(*property.schema, path + "." + property.name);
  }
  if (schema.items != nullptr) CheckNode(*schema.items, path + "[]");
  if (schema.additional != nullptr) CheckNode(*schema.additional, path + "{}");
}

TEST(Kinds, SchemasAreSound) {
  for (const Kind& kind : AllKinds()) {
    CheckNode(*kind.schema, kind.kind);
    ASSERT_NE(kind.schema->Find("metadata"), nullptr);
    EXPECT_EQ(kind.schema->Find("metadata")->struct_name, "ObjectMeta");
  }
}

TEST(Kinds, MetadataIsPartOfTheSchema) {
  const Kind* kind = FindKindByPlural("volumes");
  Json object =
      Json::parse(R"({"apiVersion":"osbx.dev/v1","kind":"Volume","spec":{"host":{"path":"/x"}},
      "metadata":{"name":"a","frob":1,"creationTimestamp":null,"labels":{"a":1}}})");
  EXPECT_THAT(Prune(*kind->schema, object), ElementsAre("metadata.frob"));
  Default(*kind->schema, object);
  EXPECT_FALSE(object["metadata"].contains("creationTimestamp"));
  EXPECT_THAT(Places(Validate(*kind->schema, object)),
              ElementsAre("FieldValueTypeInvalid metadata.labels.a"));
}

TEST(Kinds, ASandboxFromTheDesignIsValid) {
  const Kind* kind = FindKindByPlural("sandboxes");
  Json object =
      Json::parse(R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox","metadata":{"name":"train-1"},
    "spec":{"image":"ubuntu","entrypoint":["tail","-f","/dev/null"],"timeoutSeconds":3600,
      "resources":{"limits":{"cpu":"1","memory":"2Gi"}},
      "volumes":[{"name":"data","mountPath":"/mnt/data","subPath":"train","readOnly":false,
        "ossfs":{"bucket":"your-bucket","endpoint":"oss-cn-hangzhou.aliyuncs.com","version":"2.0",
          "options":["allow_other"],"credentialsRef":{"name":"oss-keys"}}}]}})");
  EXPECT_THAT(Prune(*kind->schema, object), IsEmpty());
  Default(*kind->schema, object);
  EXPECT_THAT(Lines(Validate(*kind->schema, object)), IsEmpty());
  EXPECT_THAT(Lines(ValidateRules(*kind, object, nullptr)), IsEmpty());
  EXPECT_EQ(object["spec"]["restartPolicy"], "Never");
  EXPECT_EQ(object["spec"]["terminationGracePeriodSeconds"], 10);
}

TEST(Kinds, ASandboxNeedsASpecAndAnImageOrASnapshot) {
  const Kind* kind = FindKindByPlural("sandboxes");
  EXPECT_THAT(Places(Validate(*kind->schema, Json::object())),
              ElementsAre("FieldValueRequired spec"));
  EXPECT_THAT(Lines(Validate(*kind->schema, Json::parse(R"({"spec":{}})"))),
              ElementsAre("FieldValueRequired spec: Required value: exactly one of image, "
                          "snapshotRef must be given"));
  EXPECT_THAT(
      Places(Validate(*kind->schema, Json::parse(R"({"spec":{"snapshotRef":{"name":"before"}}})"))),
      IsEmpty());
  EXPECT_THAT(
      Places(Validate(*kind->schema,
                      Json::parse(R"({"spec":{"image":"a","snapshotRef":{"name":"before"}}})"))),
      ElementsAre("FieldValueForbidden spec.snapshotRef"));
}

TEST(Kinds, WhatMakesTheContainerCannotChange) {
  const Kind* kind = FindKindByPlural("sandboxes");
  const Json before = Json::parse(R"({"spec":{"image":"a","timeoutSeconds":1,"resources":{},
    "paused":false,"extensions":{"a":"b"}}})");
  const Json after = Json::parse(R"({"spec":{"image":"b","timeoutSeconds":2,"user":"1000",
    "paused":true,"renewOnAccessSeconds":300}})");
  EXPECT_THAT(Places(ValidateUpdate(*kind->schema, before, after)),
              ElementsAre("FieldValueInvalid spec.image", "FieldValueInvalid spec.user",
                          "FieldValueInvalid spec.extensions"));
}

}  // namespace
}  // namespace osbx::api

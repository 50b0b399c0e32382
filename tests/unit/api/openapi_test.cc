// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/schema.h"

namespace osbx::api {
namespace {

using testing::HasSubstr;

void CollectRefs(const Json& value, std::set<std::string>& refs) {
  if (value.is_object() && value.contains("$ref")) refs.insert(value["$ref"].get<std::string>());
  if (!value.is_structured()) return;
  for (const Json& member : value) CollectRefs(member, refs);
}

class OpenApi : public testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  Json document_ = OpenApiV3(GetParam().first, GetParam().second);
};

TEST_P(OpenApi, EveryReferenceLeadsToAComponent) {
  std::set<std::string> refs;
  CollectRefs(document_, refs);
  EXPECT_FALSE(refs.empty());
  for (const std::string& ref : refs) {
    EXPECT_TRUE(document_.contains(Json::json_pointer(ref.substr(1)))) << ref;
  }
}

TEST_P(OpenApi, EveryKindHasWhatKubectlLooksFor) {
  const std::string root = std::string(GetParam().first).empty()
                               ? "/api/v1"
                               : std::string("/apis/") + GetParam().first + "/v1";
  for (const Kind& kind : AllKinds()) {
    if (kind.group != GetParam().first) continue;
    const std::string path =
        root + (kind.namespaced ? "/namespaces/{namespace}/" : "/") + kind.plural + "/{name}";
    const Json gvk = {{"group", kind.group}, {"version", "v1"}, {"kind", kind.kind}};
    ASSERT_TRUE(document_["paths"].contains(path)) << path;
    const Json& patch = document_["paths"][path]["patch"];
    EXPECT_EQ(patch["x-kubernetes-group-version-kind"], gvk);
    std::set<std::string> parameters;
    for (const Json& parameter : patch["parameters"]) {
      EXPECT_EQ(parameter["in"], "query");
      parameters.insert(parameter["name"].get<std::string>());
    }
    EXPECT_TRUE(parameters.contains("dryRun") && parameters.contains("fieldValidation"));
    EXPECT_EQ(document_["paths"][path]["get"]["x-kubernetes-action"], "get");
    EXPECT_EQ(document_["paths"].contains(path + "/status"), kind.status_subresource);
    const std::string ref = document_["paths"][path]["get"]["responses"]["200"]["content"]
                                     ["application/json"]["schema"]["$ref"]
                                         .get<std::string>();
    const Json& component = document_[Json::json_pointer(ref.substr(1))];
    EXPECT_EQ(component["x-kubernetes-group-version-kind"], Json::array({gvk}));
    EXPECT_EQ(component["properties"]["metadata"]["allOf"][0]["$ref"],
              "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  }
}

INSTANTIATE_TEST_SUITE_P(Groups, OpenApi,
                         testing::Values(std::pair{"", "v1"}, std::pair{"osbx.dev", "v1"}),
                         [](const auto& info) {
                           return std::string(info.param.first).empty() ? "Core" : "Osbx";
                         });

TEST(OpenApiV3, CarriesTheSchemasWords) {
  const Json document = OpenApiV3("osbx.dev", "v1");
  const Json& spec = document["components"]["schemas"]["dev.osbx.v1.SandboxSpec"];
  EXPECT_EQ(document["components"]["schemas"]["dev.osbx.v1.SnapshotSpec"]["required"],
            Json::array({"sandboxRef"}));
  EXPECT_EQ(spec["properties"]["image"]["maxLength"], 512);
  EXPECT_EQ(spec["properties"]["restartPolicy"]["enum"], Json({"Never", "OnFailure", "Always"}));
  EXPECT_EQ(spec["properties"]["restartPolicy"]["default"], "Never");
  EXPECT_EQ(spec["properties"]["volumes"]["x-kubernetes-list-map-keys"], Json::array({"name"}));
  EXPECT_EQ(spec["properties"]["volumes"]["items"]["$ref"],
            "#/components/schemas/dev.osbx.v1.VolumeMount");
  EXPECT_EQ(spec["properties"]["expiresAt"]["format"], "date-time");
  EXPECT_EQ(spec["properties"]["imagePullSecret"]["description"],
            "Secret with the keys username and password for the image's registry.");
}

std::string Explained(const char* plural, const char* path, bool recursive = false) {
  auto text = Explain(*FindKindByPlural(plural), path, recursive);
  return text.has_value() ? *text : "ERROR " + text.error().ToString();
}

TEST(Explain, AKind) {
  const std::string text = Explained("sandboxes", "sandboxes");
  EXPECT_THAT(text, testing::StartsWith("GROUP:      osbx.dev\nKIND:       Sandbox\nVERSION:    "
                                        "v1\n\nDESCRIPTION:\n    One isolated container with"));
  EXPECT_THAT(text,
              HasSubstr("\nFIELDS:\n  apiVersion\t<string>\n    Group and version of the kind"));
  EXPECT_THAT(text,
              HasSubstr("\n  spec\t<SandboxSpec> -required-\n    What the sandbox should be.\n"));
}

TEST(Explain, ACoreKindHasNoGroup) {
  EXPECT_THAT(Explained("secrets", "secrets"),
              testing::StartsWith("KIND:       Secret\nVERSION:    v1\n\nDESCRIPTION:\n"));
}

TEST(Explain, AnEnumeration) {
  EXPECT_EQ(Explained("sandboxes", "sandbox.spec.restartPolicy"),
            "GROUP:      osbx.dev\nKIND:       Sandbox\nVERSION:    v1\n\n"
            "FIELD: restartPolicy <string>\nENUM:\n    Never\n    OnFailure\n    Always\n\n"
            "DESCRIPTION:\n    Whether the container is started again when its process ends.\n");
}

TEST(Explain, GoesThroughLists) {
  const std::string text = Explained("sandboxes", "sbx.spec.volumes");
  EXPECT_THAT(text, HasSubstr("FIELD: volumes <[]VolumeMount>\n"));
  EXPECT_THAT(text, HasSubstr("  mountPath\t<string> -required-\n"));
  EXPECT_THAT(Explained("sandboxes", "sbx.spec.volumes.ossfs.version"),
              HasSubstr("FIELD: version <string>\nENUM:\n    1.0\n    2.0\n"));
}

TEST(Explain, Recursively) {
  const std::string text = Explained("volumes", "volumes.spec", true);
  EXPECT_THAT(text,
              HasSubstr("FIELDS:\n  ossfs\t<OssfsSource>\n    bucket\t<string> -required-\n"));
  EXPECT_THAT(text, HasSubstr("    version\t<string>\n    enum: 1.0, 2.0\n"));
}

TEST(Explain, LinesStayWithinEightyColumns) {
  for (const Kind& kind : AllKinds()) {
    const std::string text = *Explain(kind, kind.plural, false);
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(end - begin, 80U) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(Explain, AnUnknownField) {
  const auto text = Explain(*FindKindByPlural("sandboxes"), "sandboxes.spec.frob", false);
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace osbx::api

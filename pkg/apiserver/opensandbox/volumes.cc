// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/volumes.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "base/result.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::array<const char*, 3> kBackends = {"host", "pvc", "ossfs"};

std::string TextOf(const Json& object, const char* name) {
  const Json* value = FieldOf(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

bool Blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool Escapes(const std::string& sub_path) {
  return sub_path.starts_with('/') || ("/" + sub_path + "/").find("/../") != std::string::npos;
}

Failure Refused(const char* code, const std::string& name, const char* why) {
  return {400, std::string("VOLUME::") + code, "Volume " + name + ": " + why};
}

Outcome<> CheckOssfs(const std::string& name, const Json& ossfs) {
  if (Blank(TextOf(ossfs, "bucket"))) {
    return Refused("INVALID_OSSFS_BUCKET", name, "the bucket is blank.");
  }
  if (Blank(TextOf(ossfs, "endpoint"))) {
    return Refused("INVALID_OSSFS_ENDPOINT", name, "the endpoint is blank.");
  }
  const std::string version = TextOf(ossfs, "version");
  if (!version.empty() && version != "1.0" && version != "2.0") {
    return Refused("INVALID_OSSFS_VERSION", name, "the version must be 1.0 or 2.0.");
  }
  const Json* options = FieldOf(ossfs, "options");
  if (options != nullptr && options->is_array()) {
    for (const Json& option : *options) {
      const std::string text = option.is_string() ? option.get<std::string>() : "";
      const std::size_t begin = text.find_first_not_of(" \t\r\n");
      if (begin == std::string::npos || text[begin] == '-') {
        return Refused("INVALID_OSSFS_OPTION", name, "an option is blank or begins with '-'.");
      }
    }
  }
  if (TextOf(ossfs, "accessKeyId").empty() || TextOf(ossfs, "accessKeySecret").empty()) {
    return Refused("INVALID_OSSFS_CREDENTIALS", name,
                   "accessKeyId and accessKeySecret are needed.");
  }
  return {};
}

}  // namespace

Outcome<> CheckVolumeShapes(const Json& body) {
  const Json* volumes = FieldOf(body, "volumes");
  if (volumes == nullptr) return {};
  if (!volumes->is_array()) {
    return FieldBroken({"list_type", {"body", "volumes"}, "Input should be a valid list"});
  }
  for (std::size_t i = 0; i < volumes->size(); ++i) {
    const Json& volume = (*volumes)[i];
    const FieldPath at = {"body", "volumes", static_cast<std::int64_t>(i)};
    if (!volume.is_object()) {
      return FieldBroken({"model_attributes_type", at,
                          "Input should be a valid dictionary or object to extract fields from"});
    }
    FieldReader fields(volume, at);
    fields.Text("name", true);
    fields.Text("mountPath", true);
    fields.Text("subPath");
    fields.Flag("readOnly");
    for (const char* backend : kBackends) fields.Object(backend);
    OSBX_CHECK(fields.Check());
    const auto count = std::count_if(kBackends.begin(), kBackends.end(), [&](const char* backend) {
      return FieldOf(volume, backend) != nullptr;
    });
    if (count != 1) return RuleBroken("Exactly one volume backend must be specified.", at);
  }
  return {};
}

Outcome<Json> VolumesOf(const Json& body) {
  Json out = Json::array();
  const Json* volumes = FieldOf(body, "volumes");
  if (volumes == nullptr) return out;
  std::set<std::string> names;
  for (const Json& volume : *volumes) {
    const std::string name = TextOf(volume, "name");
    if (!names.insert(name).second) {
      return Refused("DUPLICATE_NAME", name, "the name is used twice.");
    }
    const std::string sub_path = TextOf(volume, "subPath");
    if (Escapes(sub_path)) return Refused("INVALID_SUB_PATH", name, "subPath leaves the volume.");
    Json made{{"name", name}, {"mountPath", TextOf(volume, "mountPath")}};
    if (!sub_path.empty()) made["subPath"] = sub_path;
    const Json* read_only = FieldOf(volume, "readOnly");
    made["readOnly"] = read_only != nullptr && *read_only == Json(true);
    if (const Json* ossfs = FieldOf(volume, "ossfs")) OSBX_CHECK(CheckOssfs(name, *ossfs));
    for (const char* backend : kBackends) {
      if (const Json* source = FieldOf(volume, backend)) made[backend] = *source;
    }
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace osbx::apiserver::opensandbox

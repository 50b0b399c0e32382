// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/volumes.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/words.h"
#include "base/result.h"

namespace osbx::apiserver::opensandbox {

namespace {

std::string TextOf(const Json& object, const char* name) {
  const Json* value = FieldOf(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::string Trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Failure Refused(const char* code, const std::string& name, const char* why) {
  return {400, std::string("VOLUME::") + code, "Volume " + name + ": " + why};
}

// "a//b/./" is "a/b": one spelling for one place (W7).
Outcome<std::string> SubPathOf(const std::string& name, const std::string& text) {
  if (text.starts_with('/')) return Refused("INVALID_SUB_PATH", name, "subPath is absolute.");
  std::string out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    if (part == "..") return Refused("INVALID_SUB_PATH", name, "subPath leaves the volume.");
    if (part.empty() || part == ".") continue;
    out += (out.empty() ? "" : "/") + part;
  }
  return out;
}

Outcome<Json> HostOf(const std::string& name, const Json& host,
                     const std::vector<std::string>& allowed) {
  std::string path = TextOf(host, "path");
  std::replace(path.begin(), path.end(), '\\', '/');
  if (path.find("/..") != std::string::npos || path.find("//") != std::string::npos ||
      (path.size() > 1 && path.ends_with('/'))) {
    return Refused("INVALID_HOST_PATH", name, "the host path is not in its plain form.");
  }
  const bool below = std::any_of(allowed.begin(), allowed.end(), [&](std::string prefix) {
    while (prefix.size() > 1 && prefix.ends_with('/')) prefix.pop_back();
    return path == prefix || path.starts_with(prefix == "/" ? prefix : prefix + "/");
  });
  if (!below) {
    return Refused("HOST_PATH_NOT_ALLOWED", name,
                   "the host path is not below one of storage.allowed_host_paths.");
  }
  return Json{{"path", path}};
}

Json PvcOf(const Json& pvc) {
  Json out = Json::object();
  for (const char* field : {"claimName", "createIfNotExists", "deleteOnSandboxTermination",
                            "storageClass", "storage", "accessModes"}) {
    if (const Json* value = FieldOf(pvc, field)) out[field] = *value;
  }
  return out;
}

Outcome<Json> OssfsOf(const std::string& name, const Json& ossfs) {
  Json out{{"bucket", Trimmed(TextOf(ossfs, "bucket"))},
           {"endpoint", Trimmed(TextOf(ossfs, "endpoint"))}};
  if (out["bucket"] == "") return Refused("INVALID_OSSFS_BUCKET", name, "the bucket is blank.");
  if (out["endpoint"] == "") {
    return Refused("INVALID_OSSFS_ENDPOINT", name, "the endpoint is blank.");
  }
  if (const Json* version = FieldOf(ossfs, "version")) out["version"] = *version;
  const Json* options = FieldOf(ossfs, "options");
  for (const Json& option : options == nullptr ? Json::array() : *options) {
    const std::string text = Trimmed(option.get<std::string>());
    if (text.empty() || text.front() == '-') {
      return Refused("INVALID_OSSFS_OPTION", name, "an option is blank or begins with '-'.");
    }
    out["options"].push_back(text);
  }
  for (const char* key : {"accessKeyId", "accessKeySecret"}) {
    std::string text = TextOf(ossfs, key);
    if (text.empty()) {
      return Refused("INVALID_OSSFS_CREDENTIALS", name,
                     "accessKeyId and accessKeySecret are needed.");
    }
    out[key] = std::move(text);
  }
  return out;
}

}  // namespace

Outcome<Json> VolumesOf(const Json& body, const std::vector<std::string>& allowed_host_paths) {
  Json out = Json::array();
  const Json* volumes = FieldOf(body, "volumes");
  if (volumes == nullptr) return out;
  std::set<std::string> names;
  for (const Json& volume : *volumes) {
    const std::string name = TextOf(volume, "name");
    if (!names.insert(name).second) {
      return Refused("DUPLICATE_NAME", name, "the name is used twice.");
    }
    OSBX_TRY(const std::string sub_path, SubPathOf(name, TextOf(volume, "subPath")));
    Json made{{"name", name}, {"mountPath", TextOf(volume, "mountPath")}};
    if (!sub_path.empty()) made["subPath"] = sub_path;
    const Json* read_only = FieldOf(volume, "readOnly");
    made["readOnly"] = read_only != nullptr && *read_only == Json(true);
    if (const Json* host = FieldOf(volume, "host")) {
      OSBX_TRY(made["host"], HostOf(name, *host, allowed_host_paths));
    } else if (const Json* pvc = FieldOf(volume, "pvc")) {
      made["pvc"] = PvcOf(*pvc);
    } else if (const Json* ossfs = FieldOf(volume, "ossfs")) {
      OSBX_TRY(made["ossfs"], OssfsOf(name, *ossfs));
    }
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace osbx::apiserver::opensandbox

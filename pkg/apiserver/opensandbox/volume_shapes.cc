// SPDX-License-Identifier: Apache-2.0
// Upstream's schema of a volume: types, lengths and patterns.
#include <algorithm>
#include <array>
#include <cctype>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/volumes.h"
#include "base/result.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::array<const char*, 3> kBackends = {"host", "pvc", "ossfs"};

bool IsLabel(std::string_view text) {
  const auto inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), inner) && text.front() != '-' &&
         text.back() != '-';
}

bool IsAbsolute(std::string_view text) {
  return text.starts_with('/');
}

bool IsHostPath(std::string_view text) {
  const bool drive = text.size() > 2 && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
                     text[1] == ':' && (text[2] == '\\' || text[2] == '/');
  return IsAbsolute(text) || drive;
}

// 10, 1.5, 2Gi
bool IsAmount(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kUnits = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  for (const std::string_view unit : kUnits) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    break;
  }
  const auto digits = [](std::string_view part) {
    return !part.empty() &&
           std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return digits(text);
  return digits(text.substr(0, dot)) && digits(text.substr(dot + 1));
}

constexpr const char* kLabel = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

// A text field with a pattern, which `holds` checks and `pattern` shows.
struct Pattern {
  const char* name;
  const char* pattern;
  bool (*holds)(std::string_view);
  TextRule rule;
};

void CheckText(FieldReader& fields, const Pattern& wanted) {
  const auto text = fields.Text(wanted.name, wanted.rule);
  if (!text || wanted.holds(*text)) return;
  fields.Broken("string_pattern_mismatch", wanted.name,
                std::string("String should match pattern '") + wanted.pattern + "'",
                std::make_shared<const Json>(Json{{"pattern", wanted.pattern}}));
}

void CheckOssfs(FieldReader& fields, const Json& ossfs) {
  fields.Text("bucket", {.required = true, .least = 3, .most = 63});
  fields.Text("endpoint", {.required = true, .least = 1});
  fields.TextList("options", 0);
  fields.Text("accessKeyId", {.least = 1});
  fields.Text("accessKeySecret", {.least = 1});
  const Json* version = FieldOf(ossfs, "version");
  if (version == nullptr || *version == Json("1.0") || *version == Json("2.0")) return;
  fields.Broken("literal_error", "version", "Input should be '1.0' or '2.0'",
                std::make_shared<const Json>(Json{{"expected", "'1.0' or '2.0'"}}));
}

void CheckPvc(FieldReader& fields) {
  CheckText(fields, {"claimName", kLabel, IsLabel, {.required = true, .least = 0, .most = 253}});
  fields.Flag("createIfNotExists");
  fields.Flag("deleteOnSandboxTermination");
  fields.Text("storageClass");
  CheckText(fields, {"storage", R"(^\d+(\.\d+)?(Ki|Mi|Gi|Ti|Pi|Ei)?$)", IsAmount, {}});
  fields.TextList("accessModes", 0);
}

Outcome<> CheckBackend(const Json& volume, const char* backend, FieldPath at) {
  const Json* source = FieldOf(volume, backend);
  if (source == nullptr) return {};
  at.emplace_back(std::string(backend));
  FieldReader fields(*source, std::move(at));
  switch (backend[0]) {
    case 'h':
      CheckText(fields, {"path", R"(^(/|[A-Za-z]:[\\/]))", IsHostPath, {.required = true}});
      break;
    case 'p':
      CheckPvc(fields);
      break;
    default:
      CheckOssfs(fields, *source);
  }
  return fields.Check();
}

Outcome<> CheckVolume(const Json& volume, const FieldPath& at) {
  if (!volume.is_object()) {
    return FieldBroken({"model_attributes_type", at,
                        "Input should be a valid dictionary or object to extract fields from"});
  }
  FieldReader fields(volume, at);
  CheckText(fields, {"name", kLabel, IsLabel, {.required = true, .least = 0, .most = 63}});
  CheckText(fields, {"mountPath", "^/.*", IsAbsolute, {.required = true}});
  fields.Text("subPath");
  fields.Flag("readOnly");
  for (const char* backend : kBackends) fields.Object(backend);
  OSBX_CHECK(fields.Check());
  for (const char* backend : kBackends) OSBX_CHECK(CheckBackend(volume, backend, at));
  const auto count = std::count_if(kBackends.begin(), kBackends.end(), [&](const char* backend) {
    return FieldOf(volume, backend) != nullptr;
  });
  if (count != 1) return RuleBroken("Exactly one volume backend must be specified.", at);
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
    OSBX_CHECK(CheckVolume((*volumes)[i], {"body", "volumes", static_cast<std::int64_t>(i)}));
  }
  return {};
}

}  // namespace osbx::apiserver::opensandbox

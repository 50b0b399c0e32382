// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/create_request.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/metadata_rules.h"
#include "apiserver/opensandbox/volumes.h"
#include "base/quantity.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::int64_t kLeastTimeout = 60;            // seconds
constexpr std::int64_t kMostTimeout = 3'153'600'000;  // a hundred years, the kind's own limit
constexpr std::string_view kEchoed = "opensandbox.extensions.";
constexpr std::string_view kEgressPrefix = "OPENSANDBOX_EGRESS_";

bool Blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

struct Fields {
  std::string image;
  bool image_auth = false;
  std::string snapshot;
  std::string template_id;
  std::vector<std::string> entrypoint;
  std::optional<std::int64_t> timeout;
  std::map<std::string, std::string> env;
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::string> limits;
  std::map<std::string, std::string> extensions;
  const Json* platform = nullptr;
  bool secure_access = false;
};

void ReadImage(FieldReader& fields, Fields& out) {
  const Json* image = fields.Object("image");
  if (image == nullptr) return;
  const Json* uri = FieldOf(*image, "uri");
  if (uri == nullptr || !uri->is_string()) {
    fields.Broken("missing", "image", "Field required");
    return;
  }
  if (!Blank(uri->get_ref<const std::string&>())) out.image = uri->get<std::string>();
  out.image_auth = FieldOf(*image, "auth") != nullptr;
}

// Types and the rules over several fields: 422.
Outcome<Fields> ReadFields(const Json& body) {
  FieldReader fields(body);
  Fields out;
  ReadImage(fields, out);
  out.snapshot = fields.Text("snapshotId").value_or("");
  out.template_id = fields.Text("templateId").value_or("");
  out.entrypoint = fields.TextList("entrypoint", 1);
  out.timeout = fields.Whole("timeout", kLeastTimeout);
  out.env = fields.TextMap("env", true);
  out.metadata = fields.TextMap("metadata");
  out.limits = fields.TextMap("resourceLimits");
  out.extensions = fields.TextMap("extensions");
  out.platform = fields.Object("platform");
  out.secure_access = fields.Flag("secureAccess");
  OSBX_CHECK(fields.Check());
  if (!Blank(out.template_id)) return out;
  if (out.image.empty() == Blank(out.snapshot)) {
    return RuleBroken("Exactly one of image or snapshotId must be provided.");
  }
  if (!out.image.empty() && out.entrypoint.empty()) {
    return RuleBroken("entrypoint is required when image is provided.");
  }
  if (FieldOf(body, "resourceLimits") == nullptr && !out.extensions.contains("poolRef")) {
    return RuleBroken("resourceLimits is required.");
  }
  if (out.env.contains("OPENSANDBOX_LIFECYCLE")) {
    return RuleBroken("OPENSANDBOX_LIFECYCLE is a reserved variable.");
  }
  return out;
}

// By how much access renews the sandbox; absent: not at all.
Outcome<std::optional<int>> RenewalOf(const std::map<std::string, std::string>& extensions) {
  const auto found = extensions.find("access.renew.extend.seconds");
  if (found == extensions.end()) return std::optional<int>();
  const std::string& text = found->second;
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 300 ||
      seconds > 86400) {
    return InvalidParameter("access.renew.extend.seconds must be between 300 and 86400.");
  }
  return std::optional<int>(seconds);
}

// What is known but not offered here, in the order of §3.3.
Outcome<> CheckOffered(const Json& body, const Fields& fields) {
  OSBX_CHECK(RenewalOf(fields.extensions));
  if (FieldOf(body, "lifecycle") != nullptr) {
    return InvalidParameter("lifecycle hooks are not offered on Docker.");
  }
  const auto pool = fields.extensions.find("poolRef");
  if (pool != fields.extensions.end() && !Blank(pool->second)) {
    return Failure(400, "SANDBOX::UNSUPPORTED_POOL_REF", "Pools need the Kubernetes runtime.");
  }
  if (!Blank(fields.template_id)) {
    return Failure(400, "SANDBOX::API_NOT_SUPPORTED", "Templates are not offered on Docker.");
  }
  if (!Blank(fields.snapshot)) return SnapshotNotFound(fields.snapshot);
  if (fields.image_auth) {
    return Failure(400, "SANDBOX::API_NOT_SUPPORTED",
                   "image.auth is not offered yet: name a Secret in spec.imagePullSecret.");
  }
  return {};
}

Outcome<Json> PlatformOf(const Json* platform) {
  if (platform == nullptr) return Json();
  const auto clean = [platform](const char* name) {
    const Json* value = FieldOf(*platform, name);
    std::string out;
    if (value == nullptr || !value->is_string()) return out;
    for (const char c : value->get_ref<const std::string&>()) {
      if (c != ' ') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
  };
  const std::string os = clean("os");
  const std::string arch = clean("arch");
  if (os != "linux" || (arch != "amd64" && arch != "arm64")) {
    return InvalidParameter("platform must be linux with amd64 or arm64.");
  }
  return Json{{"os", os}, {"arch", arch}};
}

Outcome<Json> LimitsOf(const std::map<std::string, std::string>& limits) {
  Json out = Json::object();
  for (const auto& [name, text] : limits) {
    if (name != "cpu" && name != "memory" && name != "gpu") continue;
    const bool good = name == "cpu"      ? ParseCpu(text).has_value()
                      : name == "memory" ? ParseMemory(text).has_value()
                                         : !text.empty();
    if (!good) return InvalidParameter("resourceLimits." + name + " is not a valid amount.");
    out[name] = text;
  }
  return out;
}

Outcome<> CheckTimeout(std::optional<std::int64_t> timeout, std::optional<std::int64_t> most) {
  if (!timeout || *timeout <= std::min(most.value_or(kMostTimeout), kMostTimeout)) return {};
  return InvalidParameter("timeout is longer than this server allows.");
}

}  // namespace

std::optional<std::vector<std::string>> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      const char next = text[++i];
      if (quote == '"' && next != '"' && next != '\\') word += c;
      word += next;
      open = true;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != '\0') return std::nullopt;
  if (open) words.push_back(word);
  return words;
}

Outcome<CreateRequest> ParseCreate(const http::Request& request,
                                   std::optional<std::int64_t> max_timeout_seconds) {
  OSBX_TRY(const JsonPtr body, ReadBody(request));
  OSBX_TRY(const Fields fields, ReadFields(*body));
  OSBX_CHECK(CheckVolumeShapes(*body));
  OSBX_CHECK(CheckOffered(*body, fields));
  std::vector<std::string> command = fields.entrypoint;
  if (command.size() == 1 && command.front().find(' ') != std::string::npos) {
    auto words = SplitWords(command.front());
    if (!words) return InvalidParameter("entrypoint has a quote that is not closed.");
    command = *std::move(words);
  }
  if (command.empty() || Blank(command.front())) {
    return Failure(400, "DOCKER::INVALID_ENTRYPOINT", "The entrypoint must not be blank.");
  }
  OSBX_CHECK(CheckMetadata(fields.metadata));
  OSBX_TRY(const Json platform, PlatformOf(fields.platform));
  OSBX_CHECK(CheckTimeout(fields.timeout, max_timeout_seconds));
  if (fields.secure_access) return InvalidParameter("secureAccess is not offered on Docker.");
  if (FieldOf(*body, "networkPolicy") != nullptr) {
    return InvalidParameter("networkPolicy needs an egress image, and none is configured.");
  }
  OSBX_TRY(const Json limits, LimitsOf(fields.limits));

  CreateRequest out;
  Json spec{{"image", fields.image},
            {"entrypoint", command},
            {"startPolicy", "FailFast"},
            {"terminationGracePeriodSeconds", 0},
            {"resources", {{"limits", limits}}}};
  for (const auto& [name, value] : fields.env) {
    if (name.starts_with(kEgressPrefix)) continue;  // of a sidecar that there is none of
    spec["env"].push_back(Json{{"name", name}, {"value", value}});
  }
  if (fields.timeout) spec["timeoutSeconds"] = *fields.timeout;
  OSBX_TRY(const auto renewal, RenewalOf(fields.extensions));
  if (renewal) spec["renewOnAccessSeconds"] = *renewal;
  if (!platform.is_null()) spec["platform"] = platform;
  OSBX_TRY(Json volumes, VolumesOf(*body));
  if (!volumes.empty()) spec["volumes"] = std::move(volumes);
  for (const auto& [key, value] : fields.extensions) {
    if (key.starts_with(kEchoed)) spec["extensions"][key] = value;
  }
  out.metadata = fields.metadata;
  out.entrypoint = fields.entrypoint;
  out.spec = std::make_shared<const Json>(std::move(spec));
  return out;
}

}  // namespace osbx::apiserver::opensandbox

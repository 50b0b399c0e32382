// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/create_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/create_fields.h"
#include "apiserver/opensandbox/metadata_rules.h"
#include "apiserver/opensandbox/volumes.h"
#include "apiserver/opensandbox/words.h"
#include "base/quantity.h"
#include "base/result.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::int64_t kMostTimeout = 3'153'600'000;  // a hundred years, the kind's own limit
constexpr std::string_view kEchoed = "opensandbox.extensions.";
constexpr std::string_view kEgressPrefix = "OPENSANDBOX_EGRESS_";

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

// What is known but not offered here.
Outcome<> CheckOffered(const CreateFields& fields) {
  if (fields.has_lifecycle) return InvalidParameter("lifecycle hooks are not offered on Docker.");
  const auto pool = fields.extensions.find("poolRef");
  if (pool != fields.extensions.end() && !Blank(pool->second)) {
    return Failure(400, "SANDBOX::UNSUPPORTED_POOL_REF", "Pools need the Kubernetes runtime.");
  }
  if (fields.has_template) {
    return Failure(400, "SANDBOX::API_NOT_SUPPORTED", "Templates are not offered on Docker.");
  }
  return {};
}

Outcome<std::vector<std::string>> CommandOf(const std::vector<std::string>& entrypoint) {
  std::vector<std::string> command = entrypoint;
  if (command.size() == 1 && command.front().find(' ') != std::string::npos) {
    auto words = SplitWords(command.front());
    if (!words) return InvalidParameter("entrypoint has a quote that is not closed.");
    command = *std::move(words);
  }
  if (command.empty() || Blank(command.front())) {
    return Failure(400, "DOCKER::INVALID_ENTRYPOINT", "The entrypoint must not be blank.");
  }
  return command;
}

std::string Clean(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

Outcome<> PutPlatform(const CreateFields& fields, Json& spec) {
  if (!fields.has_platform) return {};
  const std::string os = Clean(fields.os);
  const std::string arch = Clean(fields.arch);
  if (os != "linux" || (arch != "amd64" && arch != "arm64")) {
    return InvalidParameter("platform must be linux with amd64 or arm64.");
  }
  spec["platform"] = Json{{"os", os}, {"arch", arch}};
  return {};
}

bool GoodGpu(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return text == "all" || (error == std::errc() && end == text.data() + text.size() && count > 0);
}

// Other keys are accepted and mean nothing on Docker.
Outcome<> PutLimits(const std::map<std::string, std::string>& limits, Json& spec) {
  Json out = Json::object();
  for (const auto& [name, text] : limits) {
    if (name != "cpu" && name != "memory" && name != "gpu") continue;
    const bool good = name == "cpu"      ? ParseCpu(text).has_value()
                      : name == "memory" ? ParseMemory(text).has_value()
                                         : GoodGpu(text);
    if (!good) return InvalidParameter("resourceLimits." + name + " is not a valid amount.");
    out[name] = text;
  }
  spec["resources"]["limits"] = std::move(out);
  return {};
}

Outcome<> PutTimeout(const CreateFields& fields, std::optional<std::int64_t> most, Json& spec) {
  if (!fields.timeout) return {};
  if (*fields.timeout > std::min(most.value_or(kMostTimeout), kMostTimeout)) {
    return InvalidParameter("timeout is longer than this server allows.");
  }
  spec["timeoutSeconds"] = *fields.timeout;
  return {};
}

// Variables of the egress sidecar, which there is none of, are dropped; unknown ones are refused.
Outcome<> PutEnv(const std::map<std::string, std::string>& env, Json& spec) {
  static constexpr std::array<std::string_view, 11> kSidecar = {
      "LOG_LEVEL",
      "DNS_UPSTREAM_TIMEOUT",
      "MITMPROXY_SSL_INSECURE",
      "MITMPROXY_TRANSPARENT",
      "MITMPROXY_EXTRA_PORTS",
      "DENY_WEBHOOK",
      "METRICS_EXTRA_ATTRS",
      "CREDENTIAL_VAULT_REQUIRE_TLS",
      "CREDENTIAL_VAULT_REQUIRE_SCOPED_MATCH",
      "CREDENTIAL_VAULT_TRUSTED_PROXY_CIDRS",
      "POLICY_FILE"};
  for (const auto& [name, value] : env) {
    if (!name.starts_with(kEgressPrefix)) {
      spec["env"].push_back(Json{{"name", name}, {"value", value}});
      continue;
    }
    const std::string_view word = std::string_view(name).substr(kEgressPrefix.size());
    if (std::find(kSidecar.begin(), kSidecar.end(), word) == kSidecar.end()) {
      return InvalidParameter("env." + name + " is not a variable of the egress sidecar.");
    }
  }
  return {};
}

void PutExtensions(const CreateFields& fields, std::optional<int> renewal, Json& spec) {
  if (renewal) spec["renewOnAccessSeconds"] = *renewal;
  for (const auto& [key, value] : fields.extensions) {
    if (key.starts_with(kEchoed)) spec["extensions"][key] = value;
  }
}

// The image with its registry's keys, or the snapshot.
Outcome<> PutSource(const CreateFields& fields, const CreateRules& rules, CreateRequest& out,
                    Json& spec) {
  if (fields.snapshot_id.empty()) {
    spec["image"] = fields.image;
    if (fields.image_auth) {
      spec["imagePullAuth"] = Json{{"username", fields.image_auth->username},
                                   {"password", fields.image_auth->password.Reveal()}};
    }
    return {};
  }
  OSBX_TRY(const SnapshotSource source, rules.snapshot(fields.snapshot_id));
  out.ns = source.ns;
  out.snapshot_id = fields.snapshot_id;
  spec["snapshotRef"] = Json{{"name", source.name}};
  return {};
}

}  // namespace

Outcome<CreateRequest> ParseCreate(const Json& body, const CreateRules& rules) {
  OSBX_TRY(const CreateFields fields, ReadCreateFields(body));
  CreateRequest out;
  Json spec{{"startPolicy", "FailFast"}, {"terminationGracePeriodSeconds", 0}};
  OSBX_TRY(const auto renewal, RenewalOf(fields.extensions));
  OSBX_CHECK(CheckOffered(fields));
  OSBX_CHECK(PutSource(fields, rules, out, spec));
  out.entrypoint = fields.entrypoint;
  if (out.entrypoint.empty()) out.entrypoint = {"tail", "-f", "/dev/null"};
  OSBX_TRY(const std::vector<std::string> command, CommandOf(out.entrypoint));
  spec["entrypoint"] = command;
  OSBX_CHECK(CheckMetadata(fields.metadata));
  out.metadata = fields.metadata;
  OSBX_CHECK(PutPlatform(fields, spec));
  OSBX_CHECK(PutTimeout(fields, rules.max_timeout_seconds, spec));
  if (fields.secure_access) return InvalidParameter("secureAccess is not offered on Docker.");
  if (fields.has_network_policy) {
    return InvalidParameter("networkPolicy needs an egress image, and none is configured.");
  }
  OSBX_CHECK(PutLimits(fields.limits, spec));
  OSBX_CHECK(PutEnv(fields.env, spec));
  PutExtensions(fields, renewal, spec);
  OSBX_TRY(Json volumes, VolumesOf(body, rules.allowed_host_paths));
  if (!volumes.empty()) spec["volumes"] = std::move(volumes);
  out.spec = std::make_shared<const Json>(std::move(spec));
  return out;
}

}  // namespace osbx::apiserver::opensandbox

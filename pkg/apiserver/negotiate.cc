// SPDX-License-Identifier: Apache-2.0
#include "apiserver/negotiate.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "registry/errors.h"

namespace osbx::apiserver {

namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// Splits off what precedes `separator`; `rest` becomes what follows.
std::string_view Next(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return Trim(part);
}

struct MediaRange {
  std::string type;
  std::map<std::string, std::string, std::less<>> parameters;
  std::string Parameter(std::string_view name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? "" : found->second;
  }
};

MediaRange ParseRange(std::string_view text) {
  MediaRange range;
  range.type = Lower(Next(text, ';'));
  while (!text.empty()) {
    std::string_view parameter = Next(text, ';');
    const std::string name = Lower(Next(parameter, '='));
    range.parameters[name] = Trim(parameter);
  }
  return range;
}

std::optional<Wanted> Serve(const MediaRange& range, std::initializer_list<As> offered) {
  const bool json =
      range.type == "application/json" || range.type == "*/*" || range.type == "application/*";
  if (!json) return std::nullopt;
  const auto offers = [&](As as) {
    return std::find(offered.begin(), offered.end(), as) != offered.end();
  };
  const std::string as = range.Parameter("as");
  const std::string group = range.Parameter("g");
  const std::string version = range.Parameter("v");
  if (as.empty()) return Wanted{};
  if (as == "Table" && group == "meta.k8s.io" && (version == "v1" || version == "v1beta1") &&
      offers(As::kTable)) {
    return Wanted{As::kTable, version};
  }
  const bool partial = as == "PartialObjectMetadata" || as == "PartialObjectMetadataList";
  if (partial && group == "meta.k8s.io" && version == "v1" && offers(As::kPartial)) {
    return Wanted{As::kPartial, version};
  }
  if (as == "APIGroupDiscoveryList" && group == "apidiscovery.k8s.io" &&
      (version == "v2" || version == "v2beta1") && offers(As::kDiscovery)) {
    return Wanted{As::kDiscovery, version};
  }
  return std::nullopt;
}

Error Unsupported(std::string_view accepted) {
  StatusDetails details;
  details.http_code = 415;
  details.reason = "UnsupportedMediaType";
  return Error(Code::kInvalid,
               "the body of the request was in an unknown format - accepted media types include: " +
                   std::string(accepted))
      .WithDetails(std::move(details));
}

Result<Body> ReadYaml(std::string_view text) {
  auto documents = api::ParseYaml(text, "body");
  if (!documents) return registry::BadRequest(documents.error().message());
  if (documents->size() != 1) {
    return registry::BadRequest("the body of the request must hold exactly one document");
  }
  return Body{.value = std::move(documents->front().value),
              .duplicate_fields = std::move(documents->front().duplicate_fields)};
}

}  // namespace

Result<Body> ParseJson(std::string_view text) {
  auto document = api::ParseJson(text);
  if (!document) {
    return registry::BadRequest("the body of the request is not valid JSON: " +
                                document.error().message());
  }
  return Body{.value = std::move(document->value),
              .duplicate_fields = std::move(document->duplicate_fields)};
}

Result<Wanted> ParseAccept(std::string_view accept, std::initializer_list<As> offered) {
  if (accept.empty() || accept == "application/json" || accept == "*/*") return Wanted{};
  while (!accept.empty()) {
    if (const auto wanted = Serve(ParseRange(Next(accept, ',')), offered)) return *wanted;
  }
  StatusDetails details;
  details.http_code = 406;
  details.reason = "NotAcceptable";
  return Error(Code::kInvalid, "only the following media types are accepted: application/json")
      .WithDetails(std::move(details));
}

std::string MediaType(std::string_view content_type) {
  return Lower(Trim(content_type.substr(0, content_type.find(';'))));
}

Result<Body> ReadBody(const http::Request& request) {
  const std::string type = MediaType(request.HeaderOf("content-type"));
  if (type.empty() || type == "application/json") return ParseJson(request.body);
  if (type == "application/yaml") return ReadYaml(request.body);
  return Unsupported("application/json, application/yaml");
}

Result<PatchBody> ReadPatch(const http::Request& request, const api::Kind& kind) {
  const std::string type = MediaType(request.HeaderOf("content-type"));
  if (type == "application/apply-patch+yaml") {
    // kubectl sends JSON here; reading that directly is far quicker than through YAML.
    if (auto json = ParseJson(request.body)) {
      return PatchBody{registry::PatchType::kApply, *std::move(json)};
    }
    OSBX_TRY(Body yaml, ReadYaml(request.body));
    return PatchBody{registry::PatchType::kApply, std::move(yaml)};
  }
  const bool core = kind.group.empty();
  PatchBody patch;
  if (type == "application/json-patch+json") {
    patch.type = registry::PatchType::kJson;
  } else if (type == "application/merge-patch+json") {
    patch.type = registry::PatchType::kMerge;
  } else if (type == "application/strategic-merge-patch+json" && core) {
    patch.type = registry::PatchType::kStrategic;
  } else {
    return Unsupported(core ? "application/json-patch+json, application/merge-patch+json, "
                              "application/strategic-merge-patch+json, application/apply-patch+yaml"
                            : "application/json-patch+json, application/merge-patch+json, "
                              "application/apply-patch+yaml");
  }
  OSBX_TRY(patch.body, ParseJson(request.body));
  return patch;
}

}  // namespace osbx::apiserver

// SPDX-License-Identifier: Apache-2.0
#include "batch.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace osbx::ctl {

void AddBatchOptions(CLI::App& command, BatchOptions& options) {
  command.add_flag("--force-conflicts", options.force,
                   "Take over fields that other managers (kubectl, say) have set");
  command
      .add_option("--field-manager", options.field_manager,
                  "Name under which the server notes who set the fields")
      ->capture_default_str();
}

std::string NameOf(const Document& document) {
  return document.value.value("/metadata/name"_json_pointer, "");
}

Result<std::vector<Resource>> PlaceDocuments(std::vector<Document>& documents,
                                             const std::vector<Resource>& all,
                                             const std::string& ns) {
  std::vector<Resource> out;
  for (Document& document : documents) {
    const std::string api_version = document.value.value("apiVersion", "");
    const std::string kind = document.value.value("kind", "");
    const Resource* resource = FindByKind(all, api_version, kind);
    if (resource == nullptr) {
      std::string what = document.place;
      what.append(": no matches for kind \"").append(kind);
      what.append("\" in version \"").append(api_version).append("\"");
      return Error(Code::kInvalid, std::move(what));
    }
    Json& metadata = document.value["metadata"];
    if (resource->namespaced && !metadata.contains("namespace")) metadata["namespace"] = ns;
    out.push_back(*resource);
  }
  return out;
}

Result<BatchOutcome> ApplyBatch(client::RestClient& client, std::span<const Document> documents,
                                const BatchOptions& options) {
  Json items = Json::array();
  for (const Document& document : documents) items.push_back(document.value);
  std::string query =
      "?fieldManager=" + client::UrlEncode(options.field_manager) + "&fieldValidation=Strict";
  if (options.force) query += "&force=true";
  if (options.dry_run) query += "&dryRun=All";
  OSBX_TRY(const client::Response response, client.Do({.method = "POST",
                                                       .path = "/apis/osbx.dev/v1/batch" + query,
                                                       .body = Json{{"items", items}}.dump(),
                                                       .any_status = true}));
  Json answer = Json::parse(response.body, nullptr, false);
  if (!answer.is_object() || !answer.contains("items") || !answer["items"].is_array() ||
      answer["items"].size() != documents.size()) {
    return client::ErrorOfAnswer(response.status, response.body);
  }
  BatchOutcome outcome{.committed = response.status < 300, .items = {}};
  for (Json& item : answer["items"]) {
    BatchItem& out = outcome.items.emplace_back();
    if (item.contains("status")) {
      out.error = item["status"].value("message", "refused");
    } else {
      out.effect = item.value("effect", "");
      out.object = std::move(item["object"]);
    }
  }
  return outcome;
}

}  // namespace osbx::ctl

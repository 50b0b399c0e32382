// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "documents.h"
#include "resources.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string dry_run = "none";
  bool all_or_nothing = true;
  bool force = false;
};

// Gives objects without a namespace the one of the command line, and refuses what the server does
// not serve.
Result<std::vector<const Resource*>> Place(std::vector<Document>& documents,
                                           const std::vector<Resource>& all,
                                           const std::string& ns) {
  std::vector<const Resource*> out;
  for (Document& document : documents) {
    const std::string api_version = document.value.value("apiVersion", "");
    const std::string kind = document.value.value("kind", "");
    const Resource* resource = FindByKind(all, api_version, kind);
    if (resource == nullptr) {
      return Error(Code::kInvalid, document.place + ": no matches for kind \"" + kind +
                                       "\" in version \"" + api_version + "\"");
    }
    Json& metadata = document.value["metadata"];
    if (resource->namespaced && metadata.is_object() && !metadata.contains("namespace"))
      metadata["namespace"] = ns;
    out.push_back(resource);
  }
  return out;
}

std::string QueryOf(const Options& options) {
  std::string query = "?fieldManager=osbxctl&fieldValidation=Strict";
  if (options.force) query += "&force=true";
  if (options.dry_run == "server") query += "&dryRun=All";
  return query;
}

std::string NameOf(const Json& object) {
  return object["metadata"].value("name", "");
}

// One transaction for all documents: the server answers for each.
Result<int> ApplyTogether(client::RestClient& client, const std::vector<Document>& documents,
                          const std::vector<const Resource*>& resources, const Options& options) {
  Json items = Json::array();
  for (const Document& document : documents) items.push_back(document.value);
  OSBX_TRY(const client::Response response,
           client.Do({.method = "POST",
                      .path = "/apis/osbx.dev/v1/batch" + QueryOf(options),
                      .body = Json{{"items", items}}.dump(),
                      .any_status = true}));
  const Json answer = Json::parse(response.body, nullptr, false);
  if (!answer.is_object() || !answer.contains("items") ||
      answer["items"].size() != documents.size()) {
    return client::ErrorOfAnswer(response.status, response.body);
  }
  int code = kOk;
  const bool committed = response.status < 300;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const Json& item = answer["items"][i];
    const std::string name = resources[i]->Display(NameOf(documents[i].value));
    if (item.contains("status")) {
      std::fprintf(stderr, "error: %s: %s: %s\n", documents[i].place.c_str(), name.c_str(),
                   item["status"].value("message", "").c_str());
      code = kFailed;
    } else if (committed) {
      std::printf("%s %s%s\n", name.c_str(), item.value("effect", "").c_str(),
                  options.dry_run == "server" ? " (server dry run)" : "");
    }
  }
  if (code != kOk) std::fprintf(stderr, "error: nothing was applied\n");
  return code;
}

Result<int> ApplyOneByOne(client::RestClient& client, const std::vector<Document>& documents,
                          const std::vector<const Resource*>& resources, const Options& options) {
  int code = kOk;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const Json& object = documents[i].value;
    const std::string ns = object["metadata"].value("namespace", "");
    const auto applied =
        client.Do({.method = "PATCH",
                   .path = resources[i]->Path(ns, NameOf(object)) + QueryOf(options),
                   .body = object.dump(),
                   .content_type = "application/apply-patch+yaml"});
    if (!applied) {
      std::fprintf(stderr, "%s: ", documents[i].place.c_str());
      code = Fail(applied.error());
      continue;
    }
    std::printf("%s %s\n", resources[i]->Display(NameOf(object)).c_str(),
                applied->status == 201 ? "created" : "configured");
  }
  return code;
}

Result<int> Apply(Context& context, const Options& options) {
  OSBX_TRY(std::vector<Document> documents, ReadDocuments(options.files));
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::vector<const Resource*> resources,
           Place(documents, all, context.Namespace()));
  if (options.dry_run == "client") {
    for (std::size_t i = 0; i < documents.size(); ++i) {
      std::printf("%s applied (dry run)\n",
                  resources[i]->Display(NameOf(documents[i].value)).c_str());
    }
    return kOk;
  }
  return options.all_or_nothing ? ApplyTogether(*client, documents, resources, options)
                                : ApplyOneByOne(*client, documents, resources, options);
}

}  // namespace

std::function<int()> DeclareApply(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command
      .add_option("-f,--filename", options->files,
                  "File, directory or - (standard input); may be repeated")
      ->required();
  command
      .add_option("--dry-run", options->dry_run,
                  "none, server (checks everything, writes nothing) or client")
      ->check(CLI::IsMember({"none", "server", "client"}))
      ->capture_default_str();
  command
      .add_option("--all-or-nothing", options->all_or_nothing, "Apply all valid documents or none")
      ->capture_default_str();
  command.add_flag("--force-conflicts", options->force, "Take fields over from other managers");
  return [options, &context] {
    const auto code = Apply(context, *options);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl

// SPDX-License-Identifier: Apache-2.0
// What `apply` would change: a dry run on the server against what is there, as `kubectl diff`. Exit
// code 0: nothing, 1: something, 2: it could not be found out.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "batch.h"
#include "diff_text.h"
#include "terminal.h"
#include "text_diff.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

constexpr int kTrouble = 2;

struct Options {
  FileOptions files;
  bool show_managed_fields = false;
  BatchOptions batch{.dry_run = true};
};

// What is there now; null: nothing yet.
Result<Json> Live(client::RestClient& client, const Resource& resource, const Document& document) {
  const std::string ns = document.value.value("/metadata/namespace"_json_pointer, "");
  auto live = client.DoJson({.path = resource.Path(ns, NameOf(document))});
  if (!live && live.error().code() == Code::kNotFound) return Json();
  return live;
}

Result<int> Diff(Context& context, const Options& options) {
  OSBX_TRY(std::vector<Document> documents, ReadDocuments(options.files));
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::vector<Resource> resources,
           PlaceDocuments(documents, all, context.Namespace()));
  OSBX_TRY(BatchOutcome outcome, ApplyBatch(*client, documents, options.batch));
  int code = kOk;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (outcome.items[i].error.empty()) continue;
    std::fprintf(stderr, "error: %s: %s: %s\n", documents[i].place.c_str(),
                 resources[i].Display(NameOf(documents[i])).c_str(),
                 outcome.items[i].error.c_str());
    code = kTrouble;
  }
  if (code != kOk) return code;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    OSBX_TRY(Json live, Live(*client, resources[i], documents[i]));
    const std::string text =
        DiffObjects(std::move(live), std::move(outcome.items[i].object),
                    resources[i].Display(NameOf(documents[i])), options.show_managed_fields);
    if (text.empty()) continue;
    std::fputs(ColourOnOutput() ? PaintDiff(text).c_str() : text.c_str(), stdout);
    code = kFailed;
  }
  return code;
}

}  // namespace

std::function<int()> DeclareDiff(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  AddFileOptions(command, options->files, "Compare")->required();
  AddBatchOptions(command, options->batch);
  command.add_flag("--show-managed-fields", options->show_managed_fields,
                   "Compare metadata.managedFields, too");
  return [options, &context] {
    const auto code = Diff(context, *options);
    if (code) return *code;
    Fail(code.error());
    return kTrouble;
  };
}

}  // namespace osbx::ctl

// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "batch.h"
#include "printer.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  FileOptions files;
  std::string dry_run = "none";
  std::string output;
  bool all_or_nothing = true;
  BatchOptions batch;
};

class Applier {
 public:
  Applier(client::RestClient& client, const Options& options, const Printer& printer)
      : client_(client), options_(options), printer_(printer) {}

  // One transaction for all documents; false: refused, and the errors are printed.
  Result<bool> Together(std::span<const Document> documents, std::span<const Resource> resources) {
    OSBX_TRY(const BatchOutcome outcome, ApplyBatch(client_, documents, options_.batch));
    bool good = true;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const BatchItem& item = outcome.items[i];
      const std::string name = resources[i].Display(NameOf(documents[i]));
      if (!item.error.empty()) {
        std::fprintf(stderr, "error: %s: %s: %s\n", documents[i].place.c_str(), name.c_str(),
                     item.error.c_str());
        good = false;
      } else if (outcome.committed) {
        Report(name, item);
      }
    }
    return good;
  }

  Result<int> All(std::span<const Document> documents, std::span<const Resource> resources) {
    if (options_.all_or_nothing) {
      OSBX_TRY(const bool good, Together(documents, resources));
      if (!good && documents.size() > 1) std::fprintf(stderr, "error: nothing was applied\n");
      return good ? kOk : kFailed;
    }
    int code = kOk;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      OSBX_TRY(const bool good, Together(documents.subspan(i, 1), resources.subspan(i, 1)));
      if (!good) code = kFailed;
    }
    return code;
  }

 private:
  void Report(const std::string& name, const BatchItem& item) {
    if (!printer_.IsTable()) {
      Json object = item.object;
      HideManagedFields(object);
      if (printer_.kind() == Printer::Kind::kYaml && printed_++ > 0) std::printf("---\n");
      std::fputs(printer_.Print(object, false).c_str(), stdout);
      return;
    }
    std::printf("%s %s%s\n", name.c_str(), item.effect.c_str(),
                options_.batch.dry_run ? " (server dry run)" : "");
  }

  client::RestClient& client_;
  const Options& options_;
  const Printer& printer_;
  int printed_ = 0;
};

Result<int> Apply(Context& context, Options options) {
  OSBX_TRY(const Printer printer, Printer::Parse(options.output));
  OSBX_TRY(std::vector<Document> documents, ReadDocuments(options.files));
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::vector<Resource> resources,
           PlaceDocuments(documents, all, context.Namespace()));
  if (options.dry_run == "client") {
    for (std::size_t i = 0; i < documents.size(); ++i)
      std::printf("%s applied (dry run)\n", resources[i].Display(NameOf(documents[i])).c_str());
    return kOk;
  }
  options.batch.dry_run = options.dry_run == "server";
  return Applier(*client, options, printer).All(documents, resources);
}

}  // namespace

std::function<int()> DeclareApply(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  AddFileOptions(command, options->files, "Apply")->required();
  command
      .add_option("--dry-run", options->dry_run,
                  "server checks everything and writes nothing; client only reads the files")
      ->check(CLI::IsMember({"none", "server", "client"}))
      ->capture_default_str();
  command.add_flag("--all-or-nothing,!--no-all-or-nothing", options->all_or_nothing,
                   "All documents in one transaction, or none (default); =false: each by itself");
  AddBatchOptions(command, options->batch);
  command.add_option("-o,--output", options->output,
                     "Print the objects: yaml, json, name or another format of get");
  return [options, &context] { return Finish(Apply(context, *options)); };
}

}  // namespace osbx::ctl

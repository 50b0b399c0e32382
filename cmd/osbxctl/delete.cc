// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "documents.h"
#include "follow.h"
#include "resources.h"
#include "terminal.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  std::vector<std::string> words;
  FileOptions files;
  std::string selector;
  std::string field_selector;
  std::string dry_run = "none";
  std::string output;
  std::string cascade = "background";
  bool all = false;
  bool all_namespaces = false;
  bool wait = true;
  bool ignore_not_found = false;
  int grace_seconds = -1;
  std::string timeout = "0s";  // 0: as long as it takes
};

struct Doomed {
  Resource resource;
  std::string ns;
  std::string name;
  std::string uid;
};

Result<std::vector<Doomed>> Choose(client::RestClient& client, const Options& options,
                                   const std::string& ns) {
  OSBX_TRY(const std::vector<Resource> all, Discover(client));
  std::vector<Doomed> out;
  if (!options.files.paths.empty()) {
    OSBX_TRY(const std::vector<Document> documents, ReadDocuments(options.files));
    for (const Document& document : documents) {
      const Resource* resource =
          FindByKind(all, document.value.value("apiVersion", ""), document.value.value("kind", ""));
      if (resource == nullptr) return Error(Code::kInvalid, document.place + ": unknown kind");
      out.push_back({*resource, document.value.value("/metadata/namespace"_json_pointer, ns),
                     document.value.value("/metadata/name"_json_pointer, ""), ""});
    }
    return out;
  }
  OSBX_TRY(const std::vector<Target> targets, ParseTargets(all, options.words));
  for (const Target& target : targets) {
    if (!target.name.empty()) {
      out.push_back({target.resource, ns, target.name, ""});
      continue;
    }
    if (!options.all && options.selector.empty() && options.field_selector.empty()) {
      return Error(
          Code::kInvalid,
          "resource(s) were provided, but no name was specified: name them, or use -l or --all");
    }
    OSBX_TRY(const Json list, ListObjects(client, target.resource, options.all_namespaces ? "" : ns,
                                          SelectorQuery(options.selector, options.field_selector)));
    for (const Json& item : list["items"])
      out.push_back({target.resource, item.value("/metadata/namespace"_json_pointer, ns),
                     item["metadata"].value("name", ""), ""});
  }
  return out;
}

Result<> DeleteOne(client::RestClient& client, const Options& options, Doomed& doomed) {
  Json body{{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
  body["propagationPolicy"] = options.cascade == "foreground" ? "Foreground"
                              : options.cascade == "orphan"   ? "Orphan"
                                                              : "Background";
  if (options.grace_seconds >= 0) body["gracePeriodSeconds"] = options.grace_seconds;
  if (options.dry_run == "server") body["dryRun"] = Json::array({"All"});
  OSBX_TRY(const Json answer, client.DoJson({.method = "DELETE",
                                             .path = doomed.resource.Path(doomed.ns, doomed.name),
                                             .body = body.dump()}));
  doomed.uid =
      answer.value("/metadata/uid"_json_pointer, answer.value("/details/uid"_json_pointer, ""));
  return {};
}

// Gone, or another object of the same name has taken its place.
Result<> WaitUntilGone(client::RestClient& client, const Deadline& deadline, const Doomed& doomed) {
  Progress progress;
  const std::string shown = doomed.resource.Display(doomed.name);
  Result<> followed =
      Follow(client, {doomed.resource, doomed.ns, doomed.name}, deadline, [&](const Json* object) {
        if (object == nullptr || object->value("/metadata/uid"_json_pointer, "") != doomed.uid)
          return true;
        progress.Say(shown + " to go: " +
                     object->value("/status/message"_json_pointer, "it is terminating"));
        return false;
      });
  if (!followed && followed.error().code() == Code::kDeadlineExceeded)
    return Error(Code::kDeadlineExceeded, "timed out waiting for the deletion of " + shown);
  return followed;
}

void Report(const Options& options, const Doomed& doomed) {
  const std::string shown = doomed.resource.Display(doomed.name);
  if (options.output == "name") {
    std::printf("%s\n", shown.c_str());
  } else {
    std::printf("%s \"%s\" %sdeleted%s\n", shown.substr(0, shown.find('/')).c_str(),
                doomed.name.c_str(), options.grace_seconds == 0 ? "force " : "",
                options.dry_run == "server"   ? " (server dry run)"
                : options.dry_run == "client" ? " (dry run)"
                                              : "");
  }
  std::fflush(stdout);
}

Result<int> Delete(Context& context, const Options& options) {
  OSBX_TRY(const std::chrono::milliseconds timeout, ParseDuration(options.timeout));
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(std::vector<Doomed> chosen, Choose(*client, options, context.Namespace()));
  if (chosen.empty()) std::fprintf(stderr, "No resources found\n");
  int code = kOk;
  std::vector<Doomed> waiting;
  for (Doomed& doomed : chosen) {
    const Result<> deleted =
        options.dry_run == "client" ? Result<>() : DeleteOne(*client, options, doomed);
    if (!deleted) {
      if (options.ignore_not_found && deleted.error().code() == Code::kNotFound) continue;
      code = Fail(deleted.error());
      continue;
    }
    Report(options, doomed);
    waiting.push_back(doomed);
  }
  if (!options.wait || options.dry_run != "none") return code;
  Deadline deadline;
  if (timeout.count() > 0) deadline = std::chrono::steady_clock::now() + timeout;
  for (const Doomed& doomed : waiting) OSBX_CHECK(WaitUntilGone(*client, deadline, doomed));
  return code;
}

}  // namespace

std::function<int()> DeclareDelete(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->words, "TYPE NAME…, TYPE/NAME…, or TYPE with -l or --all");
  AddFileOptions(command, options->files, "Delete");
  command.add_option("-l,--selector", options->selector, "Label selector");
  command.add_option("--field-selector", options->field_selector, "Field selector");
  command.add_flag("--all", options->all, "All of the type in the namespace");
  command.add_flag("-A,--all-namespaces", options->all_namespaces,
                   "With -l or --all: of all namespaces");
  command.add_flag("--wait,!--no-wait", options->wait,
                   "Wait until they are gone (default); --wait=false does not");
  command
      .add_option("--timeout", options->timeout,
                  "How long to wait: 90s, 5m; 0: as long as it takes")
      ->capture_default_str();
  command.add_option("--grace-period", options->grace_seconds,
                     "Seconds between SIGTERM and SIGKILL; default: the object's");
  command.add_flag_callback(
      "--now", [options] { options->grace_seconds = 1; }, "The same as --grace-period=1");
  command.add_flag_callback(
      "--force", [options] { options->grace_seconds = 0; }, "The same as --grace-period=0");
  command.add_option("--cascade", options->cascade, "background, foreground or orphan")
      ->check(CLI::IsMember({"background", "foreground", "orphan"}))
      ->capture_default_str();
  command.add_option("--dry-run", options->dry_run, "none, server or client")
      ->check(CLI::IsMember({"none", "server", "client"}))
      ->capture_default_str();
  command.add_option("-o,--output", options->output, "name: print TYPE/NAME only")
      ->check(CLI::IsMember({"name"}));
  command.add_flag("--ignore-not-found", options->ignore_not_found, "Missing objects are no error");
  return [options, &context] { return Finish(Delete(context, *options)); };
}

}  // namespace osbx::ctl

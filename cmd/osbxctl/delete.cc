// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "documents.h"
#include "resources.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  std::vector<std::string> words;
  std::vector<std::string> files;
  std::string selector;
  std::string cascade = "background";
  bool all = false;
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
  if (!options.files.empty()) {
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
    if (!options.all && options.selector.empty()) {
      return Error(
          Code::kInvalid,
          "resource(s) were provided, but no name was specified: name them, or use -l or --all");
    }
    const std::string query =
        options.selector.empty() ? "" : "?labelSelector=" + client::UrlEncode(options.selector);
    OSBX_TRY(const Json list, client.DoJson({.path = target.resource.Path(ns) + query}));
    for (const Json& item : list["items"])
      out.push_back({target.resource, ns, item["metadata"].value("name", ""), ""});
  }
  return out;
}

Result<> DeleteOne(client::RestClient& client, const Options& options, Doomed& doomed) {
  Json body{{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
  body["propagationPolicy"] = options.cascade == "foreground" ? "Foreground"
                              : options.cascade == "orphan"   ? "Orphan"
                                                              : "Background";
  if (options.grace_seconds >= 0) body["gracePeriodSeconds"] = options.grace_seconds;
  OSBX_TRY(const Json answer, client.DoJson({.method = "DELETE",
                                             .path = doomed.resource.Path(doomed.ns, doomed.name),
                                             .body = body.dump()}));
  doomed.uid =
      answer.value("/metadata/uid"_json_pointer, answer.value("/details/uid"_json_pointer, ""));
  return {};
}

// Gone, or another object of the same name has taken its place.
Result<bool> Gone(client::RestClient& client, const Doomed& doomed) {
  const auto object = client.DoJson({.path = doomed.resource.Path(doomed.ns, doomed.name)});
  if (!object && object.error().code() == Code::kNotFound) return true;
  if (!object) return object.error();
  return object->value("/metadata/uid"_json_pointer, "") != doomed.uid;
}

Result<> WaitUntilGone(client::RestClient& client, std::chrono::seconds timeout,
                       const Doomed& doomed) {
  const auto begin = std::chrono::steady_clock::now();
  bool said = false;
  for (auto pause = std::chrono::milliseconds(10);;
       pause = std::min(pause * 2, std::chrono::milliseconds(500))) {
    OSBX_TRY(const bool gone, Gone(client, doomed));
    if (gone) return {};
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (timeout.count() > 0 && waited > timeout) {
      return Error(Code::kDeadlineExceeded,
                   "timed out waiting for " + doomed.resource.Display(doomed.name) + " to go");
    }
    if (!said && ErrorIsTerminal() && waited > std::chrono::seconds(1)) {
      std::fprintf(stderr, "waiting for %s to go ...\n",
                   doomed.resource.Display(doomed.name).c_str());
      said = true;
    }
    std::this_thread::sleep_for(pause);
  }
}

Result<int> Delete(Context& context, const Options& options) {
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(std::vector<Doomed> chosen, Choose(*client, options, context.Namespace()));
  if (chosen.empty()) std::fprintf(stderr, "No resources found\n");
  int code = kOk;
  std::vector<Doomed> waiting;
  for (Doomed& doomed : chosen) {
    const Result<> deleted = DeleteOne(*client, options, doomed);
    if (!deleted) {
      if (options.ignore_not_found && deleted.error().code() == Code::kNotFound) continue;
      code = Fail(deleted.error());
      continue;
    }
    const std::string shown = doomed.resource.Display("");
    std::printf("%s \"%s\" deleted\n", shown.substr(0, shown.size() - 1).c_str(),
                doomed.name.c_str());
    std::fflush(stdout);
    waiting.push_back(doomed);
  }
  if (!options.wait) return code;
  OSBX_TRY(const std::chrono::seconds timeout, ParseDuration(options.timeout));
  for (const Doomed& doomed : waiting) OSBX_CHECK(WaitUntilGone(*client, timeout, doomed));
  return code;
}

}  // namespace

std::function<int()> DeclareDelete(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->words, "TYPE NAME…, TYPE/NAME…, or TYPE with -l or --all");
  command.add_option("-f,--filename", options->files, "Delete what these files name");
  command.add_option("-l,--selector", options->selector, "Label selector");
  command.add_flag("--all", options->all, "All of the type in the namespace");
  command.add_option("--wait", options->wait, "Wait until they are gone")->capture_default_str();
  command
      .add_option("--timeout", options->timeout,
                  "How long to wait: 90s, 5m; 0: as long as it takes")
      ->capture_default_str();
  command.add_option("--grace-period", options->grace_seconds,
                     "Seconds between SIGTERM and SIGKILL; default: the object's");
  command.add_option("--cascade", options->cascade, "background, foreground or orphan")
      ->check(CLI::IsMember({"background", "foreground", "orphan"}))
      ->capture_default_str();
  command.add_flag("--ignore-not-found", options->ignore_not_found, "Missing objects are no error");
  return [options, &context] {
    const auto code = Delete(context, *options);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl

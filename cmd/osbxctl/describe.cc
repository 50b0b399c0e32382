// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "describe_text.h"
#include "event_rows.h"
#include "resources.h"
#include "terminal.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  std::vector<std::string> words;
  std::string selector;
  bool all_namespaces = false;
  bool show_events = true;
};

Result<> AppendEvents(client::RestClient& client, const std::string& ns, const std::string& uid,
                      std::vector<Json>& out) {
  const std::string path =
      ns.empty() ? "/api/v1/events" : "/api/v1/namespaces/" + client::UrlEncode(ns) + "/events";
  OSBX_TRY(const Json list,
           client.DoJson({.path = path + "?" + SelectorQuery("", "involvedObject.uid=" + uid)}));
  for (const Json& event : list.value("items", Json::array())) out.push_back(event);
  return {};
}

// The object with what belongs to it: the mounts behind its volumes, and the events of all of them.
Result<> DescribeOne(client::RestClient& client, const Json& object, const Options& options) {
  DescribeInput input{
      .object = object, .mounts = {}, .events = {}, .now = Now(), .colour = ColourOnOutput()};
  const auto events = [&](const Json& of, const std::string& ns) -> Result<> {
    if (!options.show_events) return {};
    return AppendEvents(client, ns, of.value("/metadata/uid"_json_pointer, ""), input.events);
  };
  OSBX_CHECK(events(object, object.value("/metadata/namespace"_json_pointer, "")));
  if (object.value("kind", "") == "Sandbox") {
    for (const Json& volume : object.value("/status/volumes"_json_pointer, Json::array())) {
      const std::string name = volume.value("mount", "");
      if (name.empty() || input.mounts.contains(name)) continue;
      auto mount = client.DoJson({.path = "/apis/osbx.dev/v1/mounts/" + client::UrlEncode(name)});
      if (!mount) continue;  // it may just have gone; its name is shown
      OSBX_CHECK(events(*mount, ""));
      input.mounts.emplace(name, std::move(*mount));
    }
  }
  std::fputs(DescribeText(input).c_str(), stdout);
  return {};
}

Result<int> Describe(Context& context, const Options& options) {
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::vector<Target> targets, ParseTargets(all, options.words));
  const std::string ns = options.all_namespaces ? "" : context.Namespace();
  bool first = true;
  for (const Target& target : targets) {
    Json objects = Json::array();
    if (target.name.empty()) {
      OSBX_TRY(const Json list,
               ListObjects(*client, target.resource, ns, SelectorQuery(options.selector, "")));
      objects = list["items"];
    } else {
      OSBX_TRY(Json object, client->DoJson({.path = target.resource.Path(ns, target.name)}));
      objects.push_back(std::move(object));
    }
    for (Json& object : objects) {
      if (!std::exchange(first, false)) std::printf("\n\n");
      // Items of lists do not always say what they are.
      object["kind"] = target.resource.kind;
      object["apiVersion"] = target.resource.ApiVersion();
      OSBX_CHECK(DescribeOne(*client, object, options));
    }
  }
  if (first) {
    std::fprintf(stderr,
                 ns.empty() ? "No resources found\n" : "No resources found in %s namespace.\n",
                 ns.c_str());
  }
  return kOk;
}

}  // namespace

std::function<int()> DeclareDescribe(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("what", options->words, "TYPE [NAME…] or TYPE/NAME…")->required();
  command.add_option("-l,--selector", options->selector, "Label selector");
  command.add_flag("-A,--all-namespaces", options->all_namespaces, "All namespaces");
  command.add_flag("--show-events,!--no-show-events", options->show_events,
                   "Events too (default); --show-events=false leaves them out");
  return [options, &context] { return Finish(Describe(context, *options)); };
}

}  // namespace osbx::ctl

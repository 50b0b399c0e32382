// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "resources.h"
#include "table.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

std::string Text(const Json& object, const char* pointer, const std::string& otherwise = "<none>") {
  const Json::json_pointer path(pointer);
  if (!object.contains(path)) return otherwise;
  const Json& value = object[path];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string Pairs(const Json& object, const char* pointer) {
  const Json::json_pointer path(pointer);
  std::string out;
  if (!object.contains(path)) return "<none>";
  for (const auto& [name, value] : object[path].items())
    out += (out.empty() ? "" : ",") + name + "=" + value.get<std::string>();
  return out.empty() ? "<none>" : out;
}

void PrintIndented(const std::string& text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    std::printf("  %s\n", text.substr(begin, end - begin).c_str());
    if (end == std::string::npos) break;
    begin = end + 1;
  }
}

void PrintConditions(const Json& object) {
  const Json conditions = object.value("/status/conditions"_json_pointer, Json::array());
  if (conditions.empty()) return;
  Rows rows{{"Type", "Status", "Reason", "Since", "Message"}};
  for (const Json& condition : conditions) {
    rows.push_back({condition.value("type", ""), condition.value("status", ""),
                    condition.value("reason", ""), condition.value("lastTransitionTime", ""),
                    condition.value("message", "")});
  }
  std::printf("Conditions:\n");
  PrintIndented(FormatTable(rows));
}

// The mounts behind a sandbox's volumes, each with its own state.
void PrintVolumes(client::RestClient& client, const Json& object) {
  const Json volumes = object.value("/status/volumes"_json_pointer, Json::array());
  if (volumes.empty()) return;
  Rows rows{{"Name", "State", "Mount", "Mount-State", "Source", "Message"}};
  for (const Json& volume : volumes) {
    std::string state;
    if (const std::string name = volume.value("mount", ""); !name.empty()) {
      const auto mount =
          client.DoJson({.path = "/apis/osbx.dev/v1/mounts/" + client::UrlEncode(name)});
      state = mount ? Text(*mount, "/status/phase", "Pending") : "<unknown>";
    }
    rows.push_back({volume.value("name", ""), volume.value("state", ""), volume.value("mount", ""),
                    state, volume.value("source", ""), volume.value("message", "")});
  }
  std::printf("Volumes:\n");
  PrintIndented(FormatTable(rows));
}

Result<> PrintEvents(client::RestClient& client, const Json& object) {
  const std::string ns = Text(object, "/metadata/namespace", "default");
  const std::string selector = "involvedObject.uid=" + Text(object, "/metadata/uid", "");
  OSBX_TRY(const Json list,
           client.DoJson({.path = "/api/v1/namespaces/" + client::UrlEncode(ns) +
                                  "/events?fieldSelector=" + client::UrlEncode(selector)}));
  if (list["items"].empty()) {
    std::printf("Events:  <none>\n");
    return {};
  }
  Rows rows{{"Type", "Reason", "Count", "Last-Seen", "Message"}};
  for (const Json& event : list["items"]) {
    rows.push_back({event.value("type", ""), event.value("reason", ""),
                    std::to_string(event.value("count", 1)), event.value("lastTimestamp", ""),
                    event.value("message", "")});
  }
  std::printf("Events:\n");
  PrintIndented(FormatTable(rows));
  return {};
}

// Values of Secrets are never shown, only their sizes.
Json SpecOf(const Json& object) {
  if (object.value("kind", "") != "Secret") return object.value("spec", Json::object());
  Json sizes = Json::object();
  for (const auto& [name, value] : object.value("data", Json::object()).items()) {
    sizes[name] = std::to_string(value.get<std::string>().size() * 3 / 4) + " bytes";
  }
  return Json{{"type", object.value("type", "")}, {"data", sizes}};
}

Result<> DescribeOne(client::RestClient& client, const Json& object) {
  std::printf("Name:         %s\n", Text(object, "/metadata/name").c_str());
  if (object["metadata"].contains("namespace")) {
    std::printf("Namespace:    %s\n", Text(object, "/metadata/namespace").c_str());
  }
  std::printf("Kind:         %s (%s)\n", Text(object, "/kind").c_str(),
              Text(object, "/apiVersion").c_str());
  std::printf("Labels:       %s\n", Pairs(object, "/metadata/labels").c_str());
  std::printf("Created:      %s\n", Text(object, "/metadata/creationTimestamp").c_str());
  if (object["metadata"].contains("deletionTimestamp")) {
    std::printf("Terminating:  since %s\n", Text(object, "/metadata/deletionTimestamp").c_str());
  }
  const Json spec = SpecOf(object);
  if (!spec.empty()) {
    std::printf("Spec:\n");
    PrintIndented(api::ToYaml(spec));
  }
  Json status = object.value("status", Json::object());
  for (const char* shown_apart : {"conditions", "volumes"}) status.erase(shown_apart);
  if (!status.empty()) {
    std::printf("Status:\n");
    PrintIndented(api::ToYaml(status));
  }
  PrintConditions(object);
  PrintVolumes(client, object);
  return PrintEvents(client, object);
}

Result<int> Describe(Context& context, const std::vector<std::string>& words) {
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::vector<Target> targets, ParseTargets(all, words));
  bool first = true;
  for (const Target& target : targets) {
    OSBX_TRY(const Json answer,
             client->DoJson({.path = target.resource.Path(context.Namespace(), target.name)}));
    const Json objects = target.name.empty() ? answer["items"] : Json::array({answer});
    for (const Json& object : objects) {
      if (!first) std::printf("\n\n");
      first = false;
      OSBX_CHECK(DescribeOne(*client, object));
    }
  }
  return kOk;
}

}  // namespace

std::function<int()> DeclareDescribe(CLI::App& command, Context& context) {
  auto words = std::make_shared<std::vector<std::string>>();
  command.add_option("what", *words, "TYPE [NAME…] or TYPE/NAME…")->required();
  return [words, &context] {
    const auto code = Describe(context, *words);
    return code ? *code : Fail(code.error());
  };
}

}  // namespace osbx::ctl

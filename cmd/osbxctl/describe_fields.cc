// SPDX-License-Identifier: Apache-2.0
#include "describe_fields.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "base/base64.h"
#include "base/rfc3339.h"
#include "terminal.h"

namespace osbx::ctl {
namespace {

std::string Lines(const Json& object, const char* pointer, const char* between) {
  const Json::json_pointer place(pointer);
  std::string out;
  if (!object.contains(place)) return out;
  for (const auto& [name, value] : object[place].items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    out += (out.empty() ? "" : "\n") + Printable(std::string(name).append(between).append(text));
  }
  return out;
}

std::string Listed(const Json& object, const char* pointer, const char* between) {
  const Json::json_pointer place(pointer);
  std::string out;
  if (!object.contains(place)) return out;
  for (const Json& value : object[place])
    out += (out.empty() ? "" : between) +
           Printable(value.is_string() ? value.get<std::string>() : value.dump());
  return out;
}

std::string OrNone(const std::string& text) {
  return text.empty() ? "<none>" : text;
}

std::string EnvironmentText(const Json& object) {
  const Json::json_pointer place("/spec/env");
  std::string out;
  if (!object.contains(place)) return out;
  for (const Json& variable : object[place])
    out += (out.empty() ? "" : "\n") +
           Printable(variable.value("name", "") + "=" + variable.value("value", ""));
  return out;
}

std::string LastTermination(const Json& object, Time now) {
  const Json::json_pointer place("/status/lastTermination");
  if (!object.contains(place)) return "";
  const Json& last = object[place];
  std::string text = last.value("reason", "");
  if (last.contains("exitCode")) text += ", exit code " + last["exitCode"].dump();
  if (const std::string message = last.value("message", ""); !message.empty())
    text += ": " + Printable(message);
  const std::string when = TimeText(last.value("finishedAt", ""), now);
  return when.empty() ? text : text + " at " + when;
}

void AppendSandbox(const Json& object, Time now, Fields& out) {
  std::string phase = OrNone(TextAt(object, "/status/phase"));
  const std::string reason = TextAt(object, "/status/reason");
  const std::string message = TextAt(object, "/status/message");
  out.emplace_back("Status", phase);
  if (!reason.empty()) out.emplace_back("Reason", reason);
  if (!message.empty()) out.emplace_back("Message", message);
  const auto add = [&out](const char* name, std::string value) {
    if (!value.empty()) out.emplace_back(name, std::move(value));
  };
  add("Image", TextAt(object, "/spec/image"));
  add("Entrypoint", Listed(object, "/spec/entrypoint", " "));
  add("Environment", EnvironmentText(object));
  add("Limits", Lines(object, "/spec/resources/limits", ": "));
  add("Restart Policy", TextAt(object, "/spec/restartPolicy"));
  add("Restarts", TextAt(object, "/status/restartCount"));
  add("Node", TextAt(object, "/status/nodeName"));
  add("IP", TextAt(object, "/status/ip"));
  add("Container", TextAt(object, "/status/containerId").substr(0, 12));
  add("Started", TimeText(TextAt(object, "/status/startedAt"), now));
  add("Finished", TimeText(TextAt(object, "/status/finishedAt"), now));
  add("Last Exit", LastTermination(object, now));
  add("Expires", TimeText(TextAt(object, "/status/expiresAt"), now));
}

void AppendMount(const Json& object, Time now, Fields& out) {
  const auto add = [&out](const char* name, std::string value) {
    if (!value.empty()) out.emplace_back(name, std::move(value));
  };
  add("Status", OrNone(TextAt(object, "/status/phase")));
  add("Last Error", TextAt(object, "/status/lastError"));
  add("Source", TextAt(object, "/status/source"));
  add("Endpoint", TextAt(object, "/spec/endpoint"));
  add("Version", "ossfs " + TextAt(object, "/spec/version"));
  add("Options", Listed(object, "/spec/options", "\n"));
  add("Target", TextAt(object, "/status/target"));
  add("Pid", TextAt(object, "/status/pid"));
  add("Log", TextAt(object, "/status/logDir"));
  add("Mounted", TimeText(TextAt(object, "/status/mountedAt"), now));
  add("Last Used", TimeText(TextAt(object, "/status/lastUsedAt"), now));
  out.emplace_back("Used By", OrNone(Listed(object, "/status/users", "\n")));
}

std::string SizesOf(const Json& object) {
  const Json data = object.value("data", Json::object());
  std::string out;
  for (const auto& [name, value] : data.items()) {
    const auto decoded = DecodeBase64(value.is_string() ? value.get<std::string>() : "");
    out += (out.empty() ? "" : "\n") + Printable(name) + ": " +
           std::to_string(decoded ? decoded->size() : 0) + " bytes";
  }
  return out;
}

std::string YamlOf(const Json& value) {
  std::string text = api::ToYaml(value);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void AppendOther(const Json& object, Fields& out) {
  if (object.contains("spec") && !object["spec"].empty())
    out.emplace_back("Spec", YamlOf(object["spec"]));
  Json status = object.value("status", Json::object());
  status.erase("conditions");
  if (!status.empty()) out.emplace_back("Status", YamlOf(status));
}

}  // namespace

std::string TextAt(const Json& object, const char* pointer) {
  const Json::json_pointer place(pointer);
  if (!object.contains(place) || object[place].is_null()) return "";
  const Json& value = object[place];
  return Printable(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string TimeText(const std::string& time, Time now) {
  if (time.empty()) return "";
  const auto parsed = ParseTime(time);
  if (!parsed) return Printable(time);
  const bool past = *parsed <= now;
  return Printable(time) + (past ? " (" + FormatAge(now - *parsed) + " ago)"
                                 : " (in " + FormatAge(*parsed - now) + ")");
}

std::string SourceText(const Json& volume) {
  if (volume.contains("ossfs")) {
    const Json& ossfs = volume["ossfs"];
    std::string prefix = volume.value("subPath", "");
    if (const std::string own = ossfs.value("prefix", ""); !own.empty())
      prefix = own + (prefix.empty() ? "" : "/" + prefix);
    return Printable("oss://" + ossfs.value("bucket", "") + (prefix.empty() ? "" : "/" + prefix) +
                     " (ossfs " + ossfs.value("version", "2.0") + " at " +
                     ossfs.value("endpoint", "") + ")");
  }
  const std::string below =
      volume.value("subPath", "").empty() ? "" : "/" + volume.value("subPath", "");
  if (volume.contains("host"))
    return Printable("host path " + volume["host"].value("path", "") + below);
  if (volume.contains("pvc"))
    return Printable("Docker volume " + volume["pvc"].value("claimName", "") + below);
  if (volume.contains("volumeRef"))
    return Printable("volume/" + volume["volumeRef"].value("name", "") + below);
  return "<unknown>";
}

Fields FieldsOf(const Json& object, Time now) {
  Fields out;
  out.emplace_back("Name", TextAt(object, "/metadata/name"));
  if (const std::string ns = TextAt(object, "/metadata/namespace"); !ns.empty())
    out.emplace_back("Namespace", ns);
  out.emplace_back("Kind", TextAt(object, "/kind") + " (" + TextAt(object, "/apiVersion") + ")");
  out.emplace_back("Labels", OrNone(Lines(object, "/metadata/labels", "=")));
  out.emplace_back("Annotations", OrNone(Lines(object, "/metadata/annotations", "=")));
  out.emplace_back("Created", TimeText(TextAt(object, "/metadata/creationTimestamp"), now));
  if (const std::string since = TextAt(object, "/metadata/deletionTimestamp"); !since.empty())
    out.emplace_back("Terminating", "since " + TimeText(since, now));
  const std::string kind = object.value("kind", "");
  if (kind == "Sandbox") {
    AppendSandbox(object, now, out);
  } else if (kind == "Mount") {
    AppendMount(object, now, out);
  } else if (kind == "Secret") {
    out.emplace_back("Type", OrNone(TextAt(object, "/type")));
    out.emplace_back("Data", OrNone(SizesOf(object)));
  } else {
    AppendOther(object, out);
  }
  return out;
}

std::string FormatFields(const Fields& fields, std::size_t indent, bool colour) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : fields) {
    std::string margin = std::string(indent, ' ') + name + ":";
    margin.append(width - name.size() + 2, ' ');
    const bool state = colour && (name == "Status" || name == "State");
    std::size_t begin = 0;
    while (true) {
      const auto end = std::min(value.find('\n', begin), value.size());
      const std::string line = value.substr(begin, end - begin);
      out += margin + (state ? PaintState(line) : line) + "\n";
      if (end == value.size()) break;
      begin = end + 1;
      margin = std::string(margin.size(), ' ');
    }
  }
  return out;
}

}  // namespace osbx::ctl

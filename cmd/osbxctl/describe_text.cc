// SPDX-License-Identifier: Apache-2.0
#include "describe_text.h"

#include <nlohmann/json.hpp>

#include "describe_fields.h"
#include "event_rows.h"
#include "table.h"
#include "terminal.h"

namespace osbx::ctl {
namespace {

constexpr std::size_t kIndent = 2;

std::string Heading(const std::string& text, bool colour) {
  return (colour ? Paint(Colour::kBold, text) : text) + "\n";
}

std::string Indented(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    out += std::string(kIndent, ' ') + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

std::string ConditionsText(const DescribeInput& input) {
  const Json::json_pointer place("/status/conditions");
  if (!input.object.contains(place) || input.object[place].empty()) return "";
  Rows rows{{"Type", "Status", "Since", "Reason", "Message"}};
  for (const Json& condition : input.object[place]) {
    const std::string since = condition.value("lastTransitionTime", "");
    rows.push_back({TextAt(condition, "/type"), TextAt(condition, "/status"),
                    since.empty() ? "" : AgeOf(since, input.now), TextAt(condition, "/reason"),
                    TextAt(condition, "/message")});
  }
  return Heading("Conditions:", input.colour) +
         Indented(FormatTable(rows, {.colour = input.colour, .header = true}));
}

const Json* StatusOf(const Json& object, const std::string& volume) {
  const Json::json_pointer place("/status/volumes");
  if (!object.contains(place)) return nullptr;
  for (const Json& status : object[place]) {
    if (status.value("name", "") == volume) return &status;
  }
  return nullptr;
}

// "Mounted at /mnt/x by pid 123, used by 2": the mount that serves a volume.
std::string MountLine(const std::string& name, const std::map<std::string, Json>& mounts) {
  const auto found = mounts.find(name);
  if (found == mounts.end()) return name;
  const Json& mount = found->second;
  std::string text = name + ": " + TextAt(mount, "/status/phase");
  if (const std::string target = TextAt(mount, "/status/target"); !target.empty())
    text += " at " + target;
  if (const std::string pid = TextAt(mount, "/status/pid"); !pid.empty()) text += ", pid " + pid;
  if (const std::string users = TextAt(mount, "/status/userCount"); !users.empty())
    text += ", users " + users;
  if (const std::string error = TextAt(mount, "/status/lastError"); !error.empty())
    text += "\n" + error;
  return text;
}

std::string VolumesText(const DescribeInput& input) {
  const Json::json_pointer place("/spec/volumes");
  if (input.object.value("kind", "") != "Sandbox" || !input.object.contains(place)) return "";
  std::string out = Heading("Volumes:", input.colour);
  for (const Json& volume : input.object[place]) {
    const std::string name = volume.value("name", "");
    Fields fields;
    const bool read_only = volume.value("readOnly", false);
    fields.emplace_back("Path", TextAt(volume, "/mountPath") + (read_only ? " (ro)" : " (rw)"));
    fields.emplace_back("Source", SourceText(volume));
    const Json* status = StatusOf(input.object, name);
    fields.emplace_back("State", status == nullptr ? "Pending" : TextAt(*status, "/state"));
    if (status != nullptr) {
      if (const std::string message = TextAt(*status, "/message"); !message.empty())
        fields.emplace_back("Message", message);
      if (const std::string mount = status->value("mount", ""); !mount.empty())
        fields.emplace_back("Mount", MountLine(mount, input.mounts));
      if (const std::string source = TextAt(*status, "/source"); !source.empty())
        fields.emplace_back("Bound", source);
    }
    out += std::string(kIndent, ' ') + Printable(name) + "\n" +
           FormatFields(fields, 2 * kIndent, input.colour);
  }
  return out;
}

std::string EventsText(const DescribeInput& input) {
  if (input.events.empty()) return "Events:  <none>\n";
  std::vector<Json> events = input.events;
  SortEvents(events);
  const std::string kind = input.object.value("kind", "");
  bool others = false;  // about mounts too: then each says what it is about
  for (const Json& event : events)
    others = others || event.value("/involvedObject/kind"_json_pointer, "") != kind;
  const Rows rows = EventRows(events, {.with_object = others, .now = input.now});
  return Heading("Events:", input.colour) +
         Indented(FormatTable(rows, {.colour = input.colour, .header = true}));
}

}  // namespace

std::string DescribeText(const DescribeInput& input) {
  return FormatFields(FieldsOf(input.object, input.now), 0, input.colour) + ConditionsText(input) +
         VolumesText(input) + EventsText(input);
}

}  // namespace osbx::ctl

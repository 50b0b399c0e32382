// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/diagnostic_text.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/sandbox_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

using registry::Member;
using registry::StringMember;

const Json& Part(const Json& object, const char* name) {
  const Json* part = Member(object, name);
  return part == nullptr ? registry::EmptyObject() : *part;
}

std::string Text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : registry::Dump(value);
}

bool SpeaksOfSecrets(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  static constexpr std::array<std::string_view, 4> kWords = {"SECRET", "TOKEN", "PASSWORD", "KEY"};
  return std::any_of(kWords.begin(), kWords.end(), [&upper](std::string_view word) {
    return upper.find(word) != std::string::npos;
  });
}

void Line(std::string& out, std::string_view name, std::string_view value) {
  out += std::string(name) + ":" + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') +
         std::string(value.empty() ? "-" : value) + "\n";
}

void Entry(std::string& out, const std::string& name, std::string_view value) {
  out += "  " + name + "=" + std::string(SpeaksOfSecrets(name) ? "***" : value) + "\n";
}

void Environment(std::string& out, const Json& spec) {
  const Json* env = Member(spec, "env");
  if (env == nullptr || !env->is_array()) return;
  out += "Environment:\n";
  for (const Json& variable : *env) {
    Entry(out, std::string(StringMember(variable, "name")), StringMember(variable, "value"));
  }
}

void Volumes(std::string& out, const Json& status) {
  const Json* volumes = Member(status, "volumes");
  if (volumes == nullptr || !volumes->is_array()) return;
  out += "Volumes:\n";
  for (const Json& volume : *volumes) {
    out += "  " + std::string(StringMember(volume, "name")) + ": " +
           std::string(StringMember(volume, "state"));
    for (const char* field : {"source", "message"}) {
      if (const auto text = StringMember(volume, field); !text.empty()) {
        out += ", " + std::string(text);
      }
    }
    out += "\n";
  }
}

void Conditions(std::string& out, const Json& status) {
  const Json* conditions = Member(status, "conditions");
  if (conditions == nullptr || !conditions->is_array()) return;
  out += "Conditions:\n";
  for (const Json& condition : *conditions) {
    out += "  " + std::string(StringMember(condition, "type")) + "=" +
           std::string(StringMember(condition, "status"));
    for (const char* field : {"reason", "message"}) {
      if (const auto text = StringMember(condition, field); !text.empty()) {
        out += ", " + std::string(text);
      }
    }
    out += "\n";
  }
}

std::string TimeOf(const Json& event) {
  for (const char* field : {"lastTimestamp", "eventTime", "firstTimestamp"}) {
    if (const auto time = StringMember(event, field); !time.empty()) return TimeText(time);
  }
  return CreatedAt(event);
}

}  // namespace

std::string InspectText(const Json& sandbox) {
  const Json& spec = Part(sandbox, "spec");
  const Json& status = Part(sandbox, "status");
  const Json& view = SandboxView(sandbox);
  std::string out;
  Line(out, "ID", registry::MetadataString(sandbox, "uid"));
  Line(out, "Name", registry::MetadataString(sandbox, "name"));
  Line(out, "Container", StringMember(status, "containerId"));
  const Json* image = registry::MemberPath(view, {"image", "uri"});
  Line(out, "Image", image == nullptr ? StringMember(view, "snapshotId") : Text(*image));
  Line(out, "State", StateOf(sandbox));
  Line(out, "Reason", StringMember(status, "message"));
  Line(out, "Created", CreatedAt(sandbox));
  Line(out, "Started", TimeText(StringMember(status, "startedAt")));
  Line(out, "Expires", StringMember(view, "expiresAt"));
  Line(out, "Node", StringMember(status, "nodeName"));
  Line(out, "Address", StringMember(status, "ip"));
  Line(out, "Entrypoint", Text(view["entrypoint"]));
  const Json* limits = registry::MemberPath(spec, {"resources", "limits"});
  Line(out, "Limits", limits == nullptr || limits->empty() ? "" : Text(*limits));
  for (const char* ports : {"ports", "endpoints"}) {
    const Json* list = Member(ports == std::string_view("ports") ? spec : status, ports);
    if (list != nullptr) Line(out, "Ports", Text(*list));
  }
  out += "Labels:\n";
  for (const auto& [name, value] : MetadataOf(sandbox)) Entry(out, name, value);
  Environment(out, spec);
  Volumes(out, status);
  Conditions(out, status);
  return out;
}

std::vector<std::string> EventLines(const std::vector<store::ObjectPtr>& events,
                                    std::string_view uid) {
  std::vector<std::string> lines;
  for (const store::ObjectPtr& object : events) {
    const Json& event = *object->body;
    if (StringMember(Part(event, "involvedObject"), "uid") != uid) continue;
    std::string line = TimeOf(event);
    for (const char* field : {"type", "reason", "message"}) {
      line += "  " + std::string(StringMember(event, field));
    }
    const Json* count = Member(event, "count");
    if (count != nullptr && count->is_number_integer() && count->get<std::int64_t>() > 1) {
      line += "  (x" + count->dump() + ")";
    }
    std::replace(line.begin(), line.end(), '\n', ' ');
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());  // they begin with their time
  return lines;
}

CutText FirstLines(const std::vector<std::string>& lines, std::size_t most, std::string_view none) {
  CutText out{.text = lines.empty() ? std::string(none) : "", .truncated = lines.size() > most};
  for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) {
    out.text += (i == 0 ? "" : "\n") + lines[i];
  }
  return out;
}

CutText LastLines(std::string_view text, std::size_t most, std::string_view none) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return {.text = std::string(none)};
  std::size_t begin = text.size();
  for (std::size_t line = 0; line < most; ++line) {
    const std::size_t end = text.substr(0, begin).rfind('\n');
    if (end == std::string_view::npos) return {.text = std::string(text)};
    begin = end;
  }
  return {.text = std::string(text.substr(begin + 1)), .truncated = true};
}

std::string ValidUtf8(std::string_view text) {
  // The JSON writer knows what is valid; what it replaced is read back.
  return Json::parse(registry::Dump(Json(std::string(text)))).get<std::string>();
}

}  // namespace osbx::apiserver::opensandbox

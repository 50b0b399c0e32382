// SPDX-License-Identifier: Apache-2.0
#include "event_rows.h"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "terminal.h"

namespace osbx::ctl {
namespace {

std::string Member(const Json& object, const char* name) {
  return object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : "";
}

// Newer clients write eventTime only.
std::string LastSeen(const Json& event) {
  std::string last = Member(event, "lastTimestamp");
  return last.empty() ? Member(event, "eventTime") : last;
}

std::string SeenText(const Json& event, Time now) {
  std::string last = AgeOf(LastSeen(event), now);
  const auto count = event.contains("count") && event["count"].is_number_integer()
                         ? event["count"].get<std::int64_t>()
                         : 1;
  const std::string first = Member(event, "firstTimestamp");
  if (count < 2 || first.empty()) return last;
  return last + " (x" + std::to_string(count) + " over " + AgeOf(first, now) + ")";
}

std::string ObjectText(const Json& event) {
  const Json object = event.value("involvedObject", Json::object());
  std::string kind = Member(object, "kind");
  std::ranges::transform(kind, kind.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return kind + "/" + Member(object, "name");
}

}  // namespace

Time Now() {
  return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

std::string AgeOf(const std::string& time, Time now) {
  const auto parsed = ParseTime(time);
  return parsed ? FormatAge(now - *parsed) : "<unknown>";
}

void SortEvents(std::vector<Json>& events) {
  std::ranges::stable_sort(events, [](const Json& a, const Json& b) {
    const auto first = ParseTime(LastSeen(a));
    const auto second = ParseTime(LastSeen(b));
    if (!first || !second) return !first && second.has_value();
    return *first < *second;
  });
}

Rows EventRows(const std::vector<Json>& events, const EventRowOptions& options) {
  Rows rows;
  const auto add = [&](const std::string& ns, std::vector<std::string> cells) {
    if (!options.with_object) cells.erase(cells.begin() + 3);
    if (options.with_namespace) cells.insert(cells.begin(), ns);
    rows.push_back(std::move(cells));
  };
  if (options.header) add("NAMESPACE", {"LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"});
  for (const Json& event : events) {
    add(event.value("/metadata/namespace"_json_pointer, ""),
        {SeenText(event, options.now), Printable(Member(event, "type")),
         Printable(Member(event, "reason")), Printable(ObjectText(event)),
         Printable(Member(event, "message"))});
  }
  return rows;
}

}  // namespace osbx::ctl

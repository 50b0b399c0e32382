// SPDX-License-Identifier: Apache-2.0
#include "execd/kernel_messages.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "execd/events.h"

namespace osbx::execd {
namespace {

std::string TextOf(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& MemberOf(const Json& object, const char* name) {
  static const Json none = Json::object();
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

void AppendCountOf(std::string& events, const Json& content) {
  const Json& count = MemberOf(content, "execution_count");
  if (count.is_number_integer()) AppendCount(events, count.get<std::int64_t>());
}

void AppendFailure(std::string& events, const Json& content) {
  std::vector<std::string> traceback;
  const Json& lines = MemberOf(content, "traceback");
  if (lines.is_array()) {
    for (const Json& line : lines) {
      if (line.is_string()) traceback.push_back(line.get<std::string>());
    }
  }
  AppendError(events, TextOf(content, "ename"), TextOf(content, "evalue"), traceback);
}

void AppendResultsOf(std::string& events, const Json& content) {
  Json results = Json::object();
  const Json& data = MemberOf(content, "data");
  if (!data.is_object() || data.empty()) return;
  for (const auto& [mime, value] : data.items()) {
    results[mime == "text/plain" ? "text" : mime] = value;
  }
  AppendResults(events, results.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string ExecuteRequest(std::string_view message_id, std::string_view session,
                           std::string_view code) {
  const Json message{{"channel", "shell"},
                     {"header",
                      {{"msg_id", message_id},
                       {"msg_type", "execute_request"},
                       {"session", session},
                       {"username", "osbx-execd"},
                       {"date", ""},
                       {"version", "5.3"}}},
                     {"parent_header", Json::object()},
                     {"metadata", Json::object()},
                     {"content",
                      {{"code", code},
                       {"silent", false},
                       {"store_history", true},
                       {"user_expressions", Json::object()},
                       {"allow_stdin", false},
                       {"stop_on_error", true}}},
                     {"buffers", Json::array()}};
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Execution::Take(std::string_view text) {
  std::string events;
  const Json message = Json::parse(text, nullptr, false);
  if (TextOf(MemberOf(message, "parent_header"), "msg_id") != message_id_) return events;
  const std::string type = TextOf(MemberOf(message, "header"), "msg_type");
  const Json& content = MemberOf(message, "content");
  if (type == "stream") {
    const std::string name = TextOf(content, "name");
    if (name == "stdout" || name == "stderr") AppendEvent(events, name, TextOf(content, "text"));
  } else if (type == "status") {
    const std::string state = TextOf(content, "execution_state");
    AppendEvent(events, "status", state);
    if (state == "idle") idle_ = true;
  } else if (type == "execute_input") {
    AppendCountOf(events, content);
  } else if (type == "execute_result" || type == "display_data") {
    AppendResultsOf(events, content);
  } else if (type == "error") {
    if (failure_.empty()) AppendFailure(failure_, content);
  } else if (type == "execute_reply") {
    replied_ = true;
    const bool ok = TextOf(content, "status") == "ok";
    if (!ok && failure_.empty()) AppendFailure(failure_, content);  // aborted, or told only here
  }
  return events;
}

}  // namespace osbx::execd

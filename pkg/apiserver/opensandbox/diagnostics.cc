// SPDX-License-Identifier: Apache-2.0
// GET /sandboxes/{id}/diagnostics/… (contract/lifecycle.md §14): JSON with a scope, deprecated text
// without one.
#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "apiserver/node_streams.h"
#include "apiserver/opensandbox/diagnostic_text.h"
#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/paging.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::size_t kLogLines = 100;         // of the JSON form
constexpr std::size_t kEventLines = 50;        // of the JSON form
constexpr std::int64_t kSince = 600;           // seconds, of the text form
constexpr std::int64_t kMostBytes = 4L << 20;  // of one answer, whatever the lines' length
constexpr std::string_view kNoLogs = "(no logs)";
constexpr std::string_view kNoEvents = "(no events)";

struct ScopeWords {
  std::string_view kind;  // "logs"
  std::string_view own;   // the scope beside "all"
};

// Absent: the text form is asked for.
Outcome<std::optional<std::string>> ScopeOf(const http::Query& query, const ScopeWords& words) {
  const auto given = query.Find("scope");
  if (!given) return std::optional<std::string>();
  std::string scope;
  for (const char c : *given) {
    if (c != ' ' && c != '\t') scope += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (scope == words.own || scope == "all") return std::optional<std::string>(scope);
  return Failure(400, "DIAGNOSTICS_SCOPE_UNSUPPORTED",
                 "The scope of " + std::string(words.kind) + " must be " + std::string(words.own) +
                     " or all.");
}

http::Response Inline(const std::string& id, const ScopeWords& words, const std::string& scope,
                      const CutText& cut) {
  const std::string content = ValidUtf8(cut.text);
  Json out{{"sandboxId", id},
           {"kind", words.kind},
           {"scope", scope},
           {"delivery", "inline"},
           {"contentType", "text/plain; charset=utf-8"},
           {"content", content},
           {"contentLength", content.size()},
           {"truncated", cut.truncated}};
  if (scope == "all") {
    out["warnings"] = Json::array(
        {"A sandbox on Docker has one scope: all is the same as " + std::string(words.own) + "."});
  }
  return http::Response::Json(200, registry::Dump(out));
}

http::Response Deprecated(const std::string& text) {
  auto response = http::Response::Text(200, ValidUtf8(text) + "\n");
  response.headers.push_back({"Deprecation", "true"});
  return response;
}

// "90s", "10m", "2h", "1d"; anything else is ten minutes.
std::int64_t SinceOf(std::string_view text) {
  std::int64_t amount = 0;
  if (text.size() < 2) return kSince;
  const char* last = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), last, amount);
  const std::size_t unit = std::string_view("smhd").find(*last);
  constexpr std::int64_t kUnits[] = {1, 60, 3600, 86400};
  constexpr std::int64_t kMost = 100LL * 365 * 86400;
  if (error != std::errc() || end != last || unit == std::string_view::npos || amount < 0 ||
      amount > kMost) {
    return kSince;
  }
  return std::min(amount * kUnits[unit], kMost);
}

}  // namespace

// The last lines of the sandbox's output. One without a container has written nothing.
Outcome<CutText> Dialect::TailOf(const store::Object& sandbox, std::size_t lines,
                                 std::optional<std::int64_t> since) const {
  LogOptions wanted{.timestamps = true,
                    .tail_lines = static_cast<std::int64_t>(lines) + 1,  // one more tells
                    .since_seconds = since,
                    .since_time = {},
                    .limit_bytes = kMostBytes};
  std::string text;
  const LogSink sink{.write =
                         [&text](std::string_view bytes) {
                           text += bytes;
                           return true;
                         },
                     .closed = [] { return false; }};
  if (options_.streams == nullptr) return CutText{.text = std::string(kNoLogs)};
  const Result<> read = options_.streams->Logs(sandbox.key, wanted, sink);
  if (!read) {
    const Code code = read.error().code();
    if (code == Code::kFailedPrecondition || code == Code::kNotFound) {
      return CutText{.text = std::string(kNoLogs)};
    }
    return Failure(500, "DOCKER::SANDBOX_QUERY_FAILED", read.error().message());
  }
  CutText cut = LastLines(text, lines, kNoLogs);
  cut.truncated = cut.truncated || text.size() >= static_cast<std::size_t>(kMostBytes);
  return cut;
}

CutText Dialect::EventsOf(const store::Object& sandbox, std::size_t lines) const {
  const auto events = registry_.store().List({.kind = "events", .ns = sandbox.key.ns}).objects;
  return FirstLines(EventLines(events, sandbox.uid), lines, kNoEvents);
}

Outcome<http::Response> Dialect::DiagnoseLogs(const Request& request) {
  constexpr ScopeWords kWords{.kind = "logs", .own = "container"};
  OSBX_TRY(const auto scope, ScopeOf(request.query, kWords));
  OSBX_TRY(const std::int64_t tail,
           WholeOf(request.query, "tail", {.otherwise = 100, .least = 1, .most = 10000}));
  OSBX_TRY(const store::ObjectPtr sandbox, Find(request));
  if (scope) {
    OSBX_TRY(const CutText cut, TailOf(*sandbox, kLogLines, std::nullopt));
    return Inline(sandbox->uid, kWords, *scope, cut);
  }
  OSBX_TRY(const CutText cut,
           TailOf(*sandbox, static_cast<std::size_t>(tail), SinceOf(request.query.Get("since"))));
  return Deprecated(cut.text);
}

Outcome<http::Response> Dialect::DiagnoseEvents(const Request& request) {
  constexpr ScopeWords kWords{.kind = "events", .own = "runtime"};
  OSBX_TRY(const auto scope, ScopeOf(request.query, kWords));
  OSBX_TRY(const std::int64_t limit,
           WholeOf(request.query, "limit", {.otherwise = 50, .least = 1, .most = 500}));
  OSBX_TRY(const store::ObjectPtr sandbox, Find(request));
  if (scope) return Inline(sandbox->uid, kWords, *scope, EventsOf(*sandbox, kEventLines));
  return Deprecated(EventsOf(*sandbox, static_cast<std::size_t>(limit)).text);
}

Outcome<http::Response> Dialect::DiagnoseInspect(const Request& request) {
  OSBX_TRY(const store::ObjectPtr sandbox, Find(request));
  return Deprecated(InspectText(*sandbox->body));
}

Outcome<http::Response> Dialect::DiagnoseSummary(const Request& request) {
  OSBX_TRY(const std::int64_t tail,
           WholeOf(request.query, "tail", {.otherwise = 50, .least = 1, .most = 10000}));
  OSBX_TRY(const std::int64_t limit,
           WholeOf(request.query, "event_limit", {.otherwise = 20, .least = 1, .most = 500}));
  OSBX_TRY(const store::ObjectPtr sandbox, Find(request));
  OSBX_TRY(const CutText logs, TailOf(*sandbox, static_cast<std::size_t>(tail), std::nullopt));
  return Deprecated("== Inspect ==\n" + InspectText(*sandbox->body) + "\n== Events ==\n" +
                    EventsOf(*sandbox, static_cast<std::size_t>(limit)).text + "\n\n== Logs ==\n" +
                    logs.text);
}

}  // namespace osbx::apiserver::opensandbox

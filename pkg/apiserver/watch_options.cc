// SPDX-License-Identifier: Apache-2.0
// The query of a watch (contract/kubectl.md §5.2).
#include <charconv>

#include "api/causes.h"
#include "apiserver/watch.h"
#include "registry/errors.h"

namespace osbx::apiserver {

namespace {

constexpr std::int64_t kMaxTimeoutSeconds = 24 * 3600;

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || number < 0) {
    return std::nullopt;
  }
  return number;
}

Result<> CheckInitialEvents(const http::Query& query) {
  const std::string_view match = query.Get("resourceVersionMatch");
  std::vector<Cause> causes;
  if (query.Find("sendInitialEvents")) {
    if (match != "NotOlderThan") {
      causes.push_back(api::Forbidden(
          "resourceVersionMatch",
          "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    }
  } else if (!match.empty()) {
    causes.push_back(api::Forbidden(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  }
  if (!query.Get("continue").empty()) {
    causes.push_back(api::Forbidden("continue", "continue is forbidden for watch"));
  }
  if (causes.empty()) return {};
  return registry::InvalidOptions("ListOptions", std::move(causes));
}

}  // namespace

Result<WatchOptions> ParseWatch(const http::Request& request, const api::Kind& kind,
                                const std::string& ns) {
  const http::Query& query = request.query;
  OSBX_CHECK(CheckInitialEvents(query));
  WatchOptions options;
  options.kind = &kind;
  options.ns = ns;
  OSBX_TRY(options.selector,
           registry::Selector::Parse(kind, query.Get("labelSelector"), query.Get("fieldSelector")));
  OSBX_TRY(options.form.wanted,
           ParseAccept(request.HeaderOf("accept"), {As::kTable, As::kPartial}));
  if (options.form.wanted.as == As::kTable) {
    OSBX_TRY(options.form.include, ParseIncludeObject(query.Get("includeObject")));
  }
  if (const std::string_view text = query.Get("timeoutSeconds"); !text.empty()) {
    const auto seconds = ParseNumber<std::int64_t>(text);
    if (!seconds) return registry::BadRequest("timeoutSeconds must be a non-negative number");
    options.timeout = std::chrono::seconds(std::min(*seconds, kMaxTimeoutSeconds));
  }
  options.bookmarks = query.Flag("allowWatchBookmarks");
  options.initial_events = query.Flag("sendInitialEvents");
  const std::string_view version = query.Get("resourceVersion");
  if (!version.empty()) {
    const auto revision = ParseNumber<store::Revision>(version);
    if (!revision) {
      return registry::BadRequest("resourceVersion must be a number: " + registry::Quoted(version));
    }
    if (*revision > 0) options.from = *revision;
  }
  if (options.initial_events) options.from.reset();
  // sendInitialEvents=false: nothing synthetic, whatever the version.
  const bool refused = query.Find("sendInitialEvents").has_value() && !options.initial_events;
  if (refused && !options.from) options.from = store::Revision{-1};
  return options;
}

}  // namespace osbx::apiserver

// SPDX-License-Identifier: Apache-2.0
// GET /sandboxes (contract/lifecycle.md §4): filters, pages, newest first; all namespaces.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/paging.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "base/result.h"

namespace osbx::apiserver::opensandbox {

namespace {

// The value is a query string of its own, so it is decoded a second time.
Outcome<std::vector<std::pair<std::string, std::string>>> MetadataFilter(const http::Query& query) {
  std::vector<std::pair<std::string, std::string>> wanted;
  const auto text = query.Find("metadata");
  if (!text || text->empty()) return wanted;
  std::string_view rest = *text;
  while (true) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      return Failure(400, "INVALID_METADATA_FORMAT",
                     "The metadata filter must be key=value pairs joined by '&'.");
    }
    wanted.emplace_back(http::PercentDecode(pair.substr(0, equals), true),
                        http::PercentDecode(pair.substr(equals + 1), true));
    if (pair.size() == rest.size()) return wanted;
    rest.remove_prefix(pair.size() + 1);
  }
}

}  // namespace

Outcome<http::Response> Dialect::ListSandboxes(const Request& request) {
  OSBX_TRY(const Page page, PageOf(request.query));
  OSBX_TRY(const auto wanted, MetadataFilter(request.query));
  const StateFilter states(request.query);
  const auto matches = [&](const Json& object) {
    if (Deleting(object) || !states.Matches(StateOf(object))) return false;
    if (wanted.empty()) return true;
    const auto metadata = MetadataOf(object);
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
      const auto found = metadata.find(pair.first);
      return found != metadata.end() && found->second == pair.second;
    });
  };
  return ListPage(sandboxes_.NewestFirst(), page, matches, SandboxView);
}

}  // namespace osbx::apiserver::opensandbox

// SPDX-License-Identifier: Apache-2.0
// GET /sandboxes (contract/lifecycle.md §4): filters, pages, newest first; all namespaces.
#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::int64_t kMaxPageSize = 200;

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Outcome<std::int64_t> PageNumber(const http::Query& query, const char* name, std::int64_t otherwise,
                                 std::int64_t most) {
  const auto text = query.Find(name);
  if (!text) return otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const FieldPath loc = {"query", name};
  if (error != std::errc() || end != text->data() + text->size()) {
    return FieldBroken({"int_parsing", loc,
                        "Input should be a valid integer, unable to parse string as an integer"});
  }
  const auto limit = [](const char* key, std::int64_t value) {
    return std::make_shared<const Json>(Json{{key, value}});
  };
  if (number < 1) {
    return FieldBroken(
        {"greater_than_equal", loc, "Input should be greater than or equal to 1", limit("ge", 1)});
  }
  if (number > most) {
    return FieldBroken({"less_than_equal", loc,
                        "Input should be less than or equal to " + std::to_string(most),
                        limit("le", most)});
  }
  return number;
}

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
  constexpr std::int64_t kNoLimit = std::int64_t{1} << 40;
  OSBX_TRY(const std::int64_t page, PageNumber(request.query, "page", 1, kNoLimit));
  OSBX_TRY(const std::int64_t size, PageNumber(request.query, "pageSize", 20, kMaxPageSize));
  OSBX_TRY(const auto wanted, MetadataFilter(request.query));
  std::vector<std::string> states;
  for (const std::string_view state : request.query.All("state")) states.push_back(Lower(state));

  const auto matches = [&](const Json& object) {
    if (Deleting(object)) return false;
    if (!states.empty() &&
        std::find(states.begin(), states.end(), Lower(StateOf(object))) == states.end()) {
      return false;
    }
    if (wanted.empty()) return true;
    const auto metadata = MetadataOf(object);
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
      const auto found = metadata.find(pair.first);
      return found != metadata.end() && found->second == pair.second;
    });
  };
  std::int64_t total = 0;
  Json items = Json::array();
  for (const store::ObjectPtr& object : sandboxes_.NewestFirst()) {
    if (!matches(*object->body)) continue;
    if (total >= (page - 1) * size && total < page * size) {
      items.push_back(SandboxView(*object->body));
    }
    ++total;
  }
  const std::int64_t pages = (total + size - 1) / size;
  return http::Response::Json(200, registry::Dump(Json{{"items", std::move(items)},
                                                       {"pagination",
                                                        {{"page", page},
                                                         {"pageSize", size},
                                                         {"totalItems", total},
                                                         {"totalPages", pages},
                                                         {"hasNextPage", page < pages}}}}));
}

}  // namespace osbx::apiserver::opensandbox

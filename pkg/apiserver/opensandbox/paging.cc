// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/paging.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::int64_t kMaxPageSize = 200;
constexpr std::int64_t kMaxPage = std::int64_t{1} << 40;  // page * size stays within 63 bits

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Failure OutOfRange(const FieldPath& loc, bool below, std::int64_t limit) {
  return FieldBroken({below ? "greater_than_equal" : "less_than_equal", loc,
                      std::string("Input should be ") + (below ? "greater" : "less") +
                          " than or equal to " + std::to_string(limit),
                      std::make_shared<const Json>(Json{{below ? "ge" : "le", limit}})});
}

}  // namespace

Outcome<std::int64_t> WholeOf(const http::Query& query, const char* name, const WholeRange& range) {
  const auto text = query.Find(name);
  if (!text) return range.otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const FieldPath loc = {"query", name};
  if (error != std::errc() || end != text->data() + text->size()) {
    return FieldBroken({"int_parsing", loc,
                        "Input should be a valid integer, unable to parse string as an integer"});
  }
  if (number < range.least) return OutOfRange(loc, true, range.least);
  if (number > range.most) return OutOfRange(loc, false, range.most);
  return number;
}

Outcome<Page> PageOf(const http::Query& query) {
  Page page;
  OSBX_TRY(page.number,
           WholeOf(query, "page", {.otherwise = page.number, .least = 1, .most = kMaxPage}));
  OSBX_TRY(page.size,
           WholeOf(query, "pageSize", {.otherwise = page.size, .least = 1, .most = kMaxPageSize}));
  return page;
}

StateFilter::StateFilter(const http::Query& query) {
  for (const std::string_view state : query.All("state")) lower_.push_back(Lower(state));
}

bool StateFilter::Matches(std::string_view state) const {
  return lower_.empty() || std::find(lower_.begin(), lower_.end(), Lower(state)) != lower_.end();
}

http::Response ListPage(const std::vector<store::ObjectPtr>& objects, const Page& page,
                        const std::function<bool(const Json&)>& matches,
                        const std::function<Json(const Json&)>& view) {
  std::int64_t total = 0;
  Json items = Json::array();
  for (const store::ObjectPtr& object : objects) {
    if (!matches(*object->body)) continue;
    if (total >= (page.number - 1) * page.size && total < page.number * page.size) {
      items.push_back(view(*object->body));
    }
    ++total;
  }
  const std::int64_t pages = (total + page.size - 1) / page.size;
  return http::Response::Json(200, registry::Dump(Json{{"items", std::move(items)},
                                                       {"pagination",
                                                        {{"page", page.number},
                                                         {"pageSize", page.size},
                                                         {"totalItems", total},
                                                         {"totalPages", pages},
                                                         {"hasNextPage", page.number < pages}}}}));
}

}  // namespace osbx::apiserver::opensandbox

// SPDX-License-Identifier: Apache-2.0
// Pages of a list (contract/lifecycle.md §4): `page` and `pageSize` of the query, and the object
// that tells a client where it is. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/opensandbox/failure.h"
#include "store/store.h"

namespace osbx::apiserver::opensandbox {

struct Page {
  std::int64_t number = 1;
  std::int64_t size = 20;
};

// 422 for what is not a number or out of its range.
Outcome<Page> PageOf(const http::Query& query);

// A query's integer, as FastAPI reads it; `otherwise` when absent.
struct WholeRange {
  std::int64_t otherwise = 1;
  std::int64_t least = 1;
  std::int64_t most = 1;
};
Outcome<std::int64_t> WholeOf(const http::Query& query, const char* name, const WholeRange& range);

// The states asked for; without any, every state matches, otherwise in any case of letters.
class StateFilter {
 public:
  explicit StateFilter(const http::Query& query);
  bool Matches(std::string_view state) const;

 private:
  std::vector<std::string> lower_;
};

// {"items","pagination"} of those that match, in the order given.
http::Response ListPage(const std::vector<store::ObjectPtr>& objects, const Page& page,
                        const std::function<bool(const Json&)>& matches,
                        const std::function<Json(const Json&)>& view);

}  // namespace osbx::apiserver::opensandbox

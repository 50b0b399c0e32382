// SPDX-License-Identifier: Apache-2.0
// The table of routes: method and path pattern to handler, and where that handler runs. Patterns
// are literal segments, "{name}" for one segment, "{name...}" at the end for the (still encoded)
// rest. A literal beats a parameter, which beats a rest; one trailing slash is ignored
// (contract/kubectl.md §2). Built once, then immutable and thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace osbx::http {

struct Route {
  std::string method;   // "GET", or "*" for any
  std::string pattern;  // "/apis/{group}/{rest...}"
  Handler handler;
  Where where = Where::kInline;
  std::size_t max_body_bytes = 0;  // 0: the server's limit; of other kinds than kString: none
  BodyKind body = BodyKind::kString;
};

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  void Add(Route route);
  // Answers what no route matches (default: 404 "404 page not found\n").
  void SetNotFound(Handler handler);

  struct Match {
    const Route* route = nullptr;  // null: `allowed` says which methods the path has, if any
    PathParams params;
    std::vector<std::string> allowed;
  };
  Match Find(std::string_view method, std::string_view raw_path) const;
  const Handler& NotFound() const;
  std::vector<const Route*> All() const;  // in the order they were added

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Route>> routes_;
  Handler not_found_;
};

}  // namespace osbx::http

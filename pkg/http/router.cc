// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <map>
#include <utility>

#include "http/url.h"

namespace osbx::http {

// One segment deep. Children by literal; one parameter child; the routes that end here and those
// that take the rest of the path.
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::map<std::string, const Route*, std::less<>> ends;   // by method
  std::map<std::string, const Route*, std::less<>> rests;  // by method

  // The route of that table for the method, and the methods of the table when there is none.
  static const Route* Pick(const std::map<std::string, const Route*, std::less<>>& table,
                           std::string_view method, std::vector<std::string>& allowed) {
    for (const std::string_view wanted :
         {method, method == "HEAD" ? std::string_view("GET") : method, std::string_view("*")}) {
      if (const auto found = table.find(wanted); found != table.end()) return found->second;
    }
    for (const auto& [name, route] : table) allowed.push_back(name);
    return nullptr;
  }

  const Route* Find(const std::vector<std::string_view>& segments, std::size_t at,
                    std::string_view method, std::vector<std::string>& allowed) const {
    if (at == segments.size()) return Pick(ends, method, allowed);
    if (const auto child = literals.find(segments[at]); child != literals.end()) {
      if (const Route* route = child->second->Find(segments, at + 1, method, allowed)) return route;
    }
    if (parameter && !segments[at].empty()) {
      if (const Route* route = parameter->Find(segments, at + 1, method, allowed)) return route;
    }
    return Pick(rests, method, allowed);
  }
};

namespace {

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool IsRest(std::string_view segment) {
  return IsParameter(segment) && segment.ends_with("...}");
}

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments = SplitPath(path);
  if (!segments.empty() && segments.back().empty()) segments.pop_back();
  return segments;
}

// What the pattern's names stand for in a path known to match.
PathParams ParamsOf(const Route& route, const std::vector<std::string_view>& segments) {
  PathParams params;
  const std::vector<std::string_view> pattern = Segments(route.pattern);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (IsRest(pattern[i])) {
      std::string rest;
      for (std::size_t j = i; j < segments.size(); ++j) {
        if (j > i) rest += '/';
        rest += segments[j];
      }
      params.emplace_back(pattern[i].substr(1, pattern[i].size() - 5), std::move(rest));
    } else if (IsParameter(pattern[i])) {
      params.emplace_back(pattern[i].substr(1, pattern[i].size() - 2),
                          PercentDecode(segments[i], false));
    }
  }
  return params;
}

}  // namespace

Router::Router()
    : root_(std::make_unique<Node>()),
      not_found_([](const Request&) { return Response::Text(404, "404 page not found\n"); }) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::Add(Route route) {
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  const Route& added = *routes_.back();
  Node* node = root_.get();
  for (const std::string_view segment : Segments(added.pattern)) {
    if (IsRest(segment)) {
      node->rests[added.method] = &added;
      return;
    }
    std::unique_ptr<Node>& child =
        IsParameter(segment) ? node->parameter : node->literals[std::string(segment)];
    if (!child) child = std::make_unique<Node>();
    node = child.get();
  }
  node->ends[added.method] = &added;
}

void Router::SetNotFound(Handler handler) {
  not_found_ = std::move(handler);
}

Router::Match Router::Find(std::string_view method, std::string_view raw_path) const {
  Match match;
  const std::vector<std::string_view> segments = Segments(raw_path);
  match.route = root_->Find(segments, 0, method, match.allowed);
  if (match.route != nullptr) {
    match.allowed.clear();
    match.params = ParamsOf(*match.route, segments);
  }
  return match;
}

std::vector<const Route*> Router::All() const {
  std::vector<const Route*> out;
  out.reserve(routes_.size());
  for (const auto& route : routes_) out.push_back(route.get());
  return out;
}

const Handler& Router::NotFound() const {
  return not_found_;
}

}  // namespace osbx::http

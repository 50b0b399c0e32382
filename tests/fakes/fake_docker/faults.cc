// SPDX-License-Identifier: Apache-2.0
#include "fakes/fake_docker/faults.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace osbx::fakes::docker {
namespace {

std::pair<std::string, std::vector<std::string>> ParseRoute(const std::string& route) {
  const std::size_t space = route.find(' ');
  std::vector<std::string> segments;
  std::istringstream path(route.substr(space + 1));
  for (std::string segment; std::getline(path, segment, '/');) {
    if (!segment.empty()) segments.push_back(segment);
  }
  return {route.substr(0, space), std::move(segments)};
}

bool Matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                    [](const std::string& a, const std::string& b) { return a == "*" || a == b; });
}

}  // namespace

void Faults::Add(const std::string& route, Fault fault, int times) {
  auto [method, segments] = ParseRoute(route);
  const std::lock_guard lock(mutex_);
  rules_.push_back({std::move(method), std::move(segments), std::move(fault), times});
}

void Faults::Clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

std::vector<Fault> Faults::Take(const std::string& method,
                                const std::vector<std::string>& segments) {
  const std::lock_guard lock(mutex_);
  seen_.push_back({method, segments});
  std::vector<Fault> taken;
  bool broken = false;
  for (Rule& rule : rules_) {
    if (rule.left <= 0 || rule.method != method || !Matches(rule.segments, segments)) continue;
    const bool delay = rule.fault.kind == Fault::Kind::kDelay;
    if (!delay && broken) continue;
    broken = broken || !delay;
    --rule.left;
    taken.push_back(rule.fault);
  }
  return taken;
}

int Faults::Count(const std::string& route) const {
  const auto [method, segments] = ParseRoute(route);
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(seen_.begin(), seen_.end(), [&](const Seen& seen) {
    return seen.method == method && Matches(segments, seen.segments);
  }));
}

}  // namespace osbx::fakes::docker

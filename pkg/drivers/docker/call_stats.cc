// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/call_stats.h"

#include "drivers/docker/transport.h"

namespace osbx::docker {
namespace {

// "*" is one segment, the id or name.
struct OperationRow {
  Method method = Method::kGet;
  std::string_view pattern = {};
  std::string_view name = {};
};

constexpr std::array kOperations{
    OperationRow{Method::kGet, "/_ping", "ping"},
    OperationRow{Method::kGet, "/version", "version"},
    OperationRow{Method::kGet, "/info", "info"},
    OperationRow{Method::kGet, "/events", "events"},
    OperationRow{Method::kGet, "/images/*/json", "image_inspect"},
    OperationRow{Method::kPost, "/images/create", "image_pull"},
    OperationRow{Method::kDelete, "/images/*", "image_remove"},
    OperationRow{Method::kPost, "/containers/create", "container_create"},
    OperationRow{Method::kGet, "/containers/json", "container_list"},
    OperationRow{Method::kGet, "/containers/*/json", "container_inspect"},
    OperationRow{Method::kPost, "/containers/*/start", "container_start"},
    OperationRow{Method::kPost, "/containers/*/stop", "container_stop"},
    OperationRow{Method::kPost, "/containers/*/kill", "container_kill"},
    OperationRow{Method::kPost, "/containers/*/pause", "container_pause"},
    OperationRow{Method::kPost, "/containers/*/unpause", "container_unpause"},
    OperationRow{Method::kPost, "/containers/*/rename", "container_rename"},
    OperationRow{Method::kPost, "/containers/*/update", "container_update"},
    OperationRow{Method::kPost, "/containers/*/wait", "container_wait"},
    OperationRow{Method::kGet, "/containers/*/logs", "container_logs"},
    OperationRow{Method::kGet, "/containers/*/stats", "container_stats"},
    OperationRow{Method::kDelete, "/containers/*", "container_remove"},
    OperationRow{Method::kPost, "/containers/*/exec", "exec_create"},
    OperationRow{Method::kPost, "/exec/*/resize", "exec_resize"},
    OperationRow{Method::kGet, "/exec/*/json", "exec_inspect"},
    OperationRow{Method::kGet, "/networks", "network_list"},
    OperationRow{Method::kGet, "/networks/*", "network_inspect"},
    OperationRow{Method::kPost, "/networks/create", "network_create"},
    OperationRow{Method::kDelete, "/networks/*", "network_remove"},
    OperationRow{Method::kGet, "/volumes", "volume_list"},
    OperationRow{Method::kGet, "/volumes/*", "volume_inspect"},
    OperationRow{Method::kPost, "/volumes/create", "volume_create"},
    OperationRow{Method::kDelete, "/volumes/*", "volume_remove"},
};
constexpr std::size_t kOther = kOperations.size();
constexpr std::string_view kOtherName = "other";

// Takes the first segment off, with its slash.
std::string_view TakeSegment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool Matches(std::string_view pattern, std::string_view path) {
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view wanted = TakeSegment(pattern);
    const std::string_view segment = TakeSegment(path);
    if (wanted != "*" && wanted != segment) return false;
  }
  return pattern.empty() && path.empty();
}

std::size_t IndexOf(Method method, std::string_view path) {
  path = path.substr(0, path.find('?'));
  for (std::size_t i = 0; i < kOperations.size(); ++i) {
    if (kOperations.at(i).method == method && Matches(kOperations.at(i).pattern, path)) return i;
  }
  return kOther;
}

std::string_view NameAt(std::size_t index) {
  return index == kOther ? kOtherName : kOperations.at(index).name;
}

enum Ending { kOk, kRefused, kFailed, kUnreached, kTimeout, kCancelled, kHeld };

Ending EndingOf(const Error* error) {
  if (error == nullptr) return kOk;
  if (error->http_status() >= 500) return kFailed;
  if (error->http_status() != 0) return kRefused;
  if (error->code() == Code::kDeadlineExceeded) return kTimeout;
  if (error->code() == Code::kCancelled) return kCancelled;
  return kUnreached;
}

}  // namespace

CallCounters::CallCounters() : rows_(kOperations.size() + 1) {}

void CallCounters::Count(Method method, std::string_view path, const Error* error, Duration took,
                         bool stream) {
  Row& row = rows_.at(IndexOf(method, path));
  row.results.at(EndingOf(error)).fetch_add(1, std::memory_order_relaxed);
  if (!stream) row.seconds.Observe(std::chrono::duration<double>(took).count());
}

void CallCounters::CountHeld(Method method, std::string_view path) {
  rows_.at(IndexOf(method, path)).results.at(kHeld).fetch_add(1, std::memory_order_relaxed);
}

std::vector<CallStats> CallCounters::Read() const {
  std::vector<CallStats> out;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    CallStats stats{.operation = NameAt(i), .seconds = rows_[i].seconds.Read()};
    for (std::size_t r = 0; r < stats.results.size(); ++r) {
      stats.results.at(r) = rows_[i].results.at(r).load(std::memory_order_relaxed);
    }
    out.push_back(std::move(stats));
  }
  return out;
}

std::string_view OperationOf(Method method, std::string_view path) {
  return NameAt(IndexOf(method, path));
}

}  // namespace osbx::docker

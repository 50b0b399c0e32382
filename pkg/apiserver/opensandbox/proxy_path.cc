// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/proxy_path.h"

#include <charconv>

namespace osbx::apiserver::opensandbox {

namespace {

constexpr int kMaxPort = 65535;

// Takes "/segment" off the front of `path`; "" when there is none.
std::string_view TakeSegment(std::string_view& path) {
  if (path.empty() || path.front() != '/') return {};
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view segment = path.substr(1, end - 1);
  path.remove_prefix(end);
  return segment;
}

}  // namespace

std::optional<ProxyPath> ParseProxyPath(std::string_view raw_path) {
  std::string_view path = raw_path;
  if (path.starts_with("/v1/")) path.remove_prefix(3);
  if (TakeSegment(path) != "sandboxes" || TakeSegment(path).empty()) return std::nullopt;
  if (TakeSegment(path) != "proxy" || TakeSegment(path).empty()) return std::nullopt;
  return ProxyPath{.prefix = raw_path.substr(0, raw_path.size() - path.size()), .rest = path};
}

Outcome<int> ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc::result_out_of_range) {
    return Failure(400, "DOCKER::INVALID_PORT", "The port must be between 1 and 65535.");
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    return FieldBroken({"int_parsing",
                        {"path", "port"},
                        "Input should be a valid integer, unable to parse string as an integer"});
  }
  if (port < 1 || port > kMaxPort) {
    return Failure(400, "DOCKER::INVALID_PORT", "The port must be between 1 and 65535.");
  }
  return port;
}

}  // namespace osbx::apiserver::opensandbox

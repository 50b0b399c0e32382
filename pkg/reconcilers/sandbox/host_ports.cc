// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/sandbox/host_ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/reason.h"
#include "base/unique_fd.h"

namespace osbx::reconcilers {
namespace {

constexpr int kTriesPerPort = 50;

// As the engine's proxy binds it: a connection that lingers does not count, a listener does.
bool IsFree(const std::string& host_ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host_ip.c_str(), &address.sin_addr) != 1) return false;
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (!fd || setsockopt(fd.Get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) return false;
  return bind(fd.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Result<std::vector<docker::PortSpec>> ChooseHostPorts(const PublishOptions& options) {
  std::vector<docker::PortSpec> out;
  if (!options.enabled) return out;
  std::random_device random;
  std::uniform_int_distribution<int> pick(options.first_port, options.last_port);
  for (const std::uint16_t inside : {kExecdPort, kWebPort}) {
    std::uint16_t found = 0;
    for (int tries = 0; tries < kTriesPerPort && found == 0; ++tries) {
      const auto port = static_cast<std::uint16_t>(pick(random));
      const bool taken = std::ranges::any_of(
          out, [port](const docker::PortSpec& other) { return other.host_port == port; });
      if (!taken && IsFree(options.host_ip, port)) found = port;
    }
    if (found == 0) {
      return Because(reason::kNoFreePort,
                     Error(Code::kExhausted, "no free port on " + options.host_ip + " between " +
                                                 std::to_string(options.first_port) + " and " +
                                                 std::to_string(options.last_port)));
    }
    out.push_back({.container_port = inside,
                   .publish = true,
                   .host_ip = options.host_ip,
                   .host_port = found});
  }
  return out;
}

bool AllFree(std::span<const docker::PortSpec> ports) {
  return std::ranges::all_of(
      ports, [](const docker::PortSpec& port) { return IsFree(port.host_ip, port.host_port); });
}

}  // namespace osbx::reconcilers

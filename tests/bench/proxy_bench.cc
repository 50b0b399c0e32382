// SPDX-License-Identifier: Apache-2.0
// What passing through the proxy costs: small requests one after the other, and one long download,
// both over TCP on loopback, straight from a backend and through a server that passes them on to
// the backend's unix socket. Each server has its one io thread.
#include <sys/socket.h>

#include <array>

#include "base/contained.h"
#include "bench/bench.h"
#include "fakes/temp_dir.h"
#include "fakes/wire_client.h"
#include "http/proxy.h"
#include "http/server.h"

namespace osbx::bench {
namespace {

constexpr int kRequests = 3000;
constexpr int kRounds = 5;
constexpr std::size_t kMegabytes = 1024;

http::Router BackendRoutes() {
  http::Router router;
  router.Add({.method = "GET", .pattern = "/small", .handler = [](const http::Request&) {
                return http::Response::Text(200, "ok");
              }});
  const auto piece = std::make_shared<const std::string>(1U << 20, 'x');
  router.Add({.method = "GET", .pattern = "/large", .handler = [piece](const http::Request&) {
                http::Response response;
                response.slices.assign(kMegabytes, piece);
                return response;
              }});
  return router;
}

http::Router ProxyRoutes(const fakes::TempDir& dir) {
  http::Router router;
  router.Add({.method = "GET",
              .pattern = "/{rest...}",
              .handler =
                  [&dir](const http::Request& request) {
                    return http::Response::Proxy(
                        {.dial = [&dir] { return ConnectBeneath(dir.Path().string(), "backend"); },
                         .pool_key = "backend",
                         .target = std::string(request.target),
                         .host = "backend",
                         .headers = {},
                         .withheld = {},
                         .location_prefix = {},
                         .failed = {}});
                  },
              .body = http::BodyKind::kForward});
  return router;
}

// Milliseconds of each request.
std::vector<double> Ask(std::uint16_t port) {
  wire::WireClient client(port);
  std::vector<double> took;
  for (int i = 0; i < kRequests; ++i) {
    const auto begin = Steady::now();
    const auto reply = client.Call("GET", "/small");
    if (!reply || reply->status != 200) Fail("a small request failed");
    took.push_back(MillisecondsSince(begin));
  }
  return took;
}

double MegabytesPerSecond(std::uint16_t port) {
  wire::WireClient client(port);
  const auto begin = Steady::now();
  client.SendRequest("GET", "/large");
  const auto head = client.ReadHead();
  if (!head || head->Header("content-length") != std::to_string(kMegabytes << 20U)) {
    Fail("a download failed");
  }
  static std::array<char, 1U << 20> buffer;
  const std::size_t all = kMegabytes << 20U;
  for (std::size_t got = 16384; got < all;) {  // at most so much came with the head
    const ssize_t size = ::recv(client.fd(), buffer.data(), std::min(buffer.size(), all - got), 0);
    if (size <= 0) break;
    got += static_cast<std::size_t>(size);
  }
  return static_cast<double>(kMegabytes) / MillisecondsSince(begin) * 1000;
}

void Measure(const std::filesystem::path& /*work_dir*/) {
  const fakes::TempDir dir;
  http::ServerOptions backend_options;
  backend_options.listeners.emplace_back();
  backend_options.listeners.push_back({.unix_path = dir / "backend"});
  http::Server backend(std::move(backend_options), BackendRoutes());
  Must(backend.Start(), "start the backend");
  http::ServerOptions proxy_options;
  proxy_options.listeners.emplace_back();
  http::Server proxy(std::move(proxy_options), ProxyRoutes(dir));
  Must(proxy.Start(), "start the proxy");

  std::vector<double> overhead;
  std::vector<double> share;
  double best = 0;
  for (int round = 0; round < kRounds;
       ++round) {  // one beside the other: the machine's load varies
    overhead.push_back(Median(Ask(proxy.Port())) - Median(Ask(backend.Port())));
    const double proxied = MegabytesPerSecond(proxy.Port());
    share.push_back(proxied / MegabytesPerSecond(backend.Port()));
    best = std::max(best, proxied);
  }
  Report("request_ms", Median(overhead), "p50 of " + std::to_string(kRequests));
  Report("download_share", Median(share), Text(best, 0) + " MB/s at best");
}

}  // namespace
}  // namespace osbx::bench

int main(int argc, char** argv) {
  return osbx::bench::Main(argc, argv, osbx::bench::Measure);
}

// SPDX-License-Identifier: Apache-2.0
// The API server over a memory store, in this process: GET of one object and LIST of 100, asked by
// wrk on loopback, and the time from a commit to 1,000 watchers. The rates are also given per
// second of the server's CPU time, which a busy machine distorts less.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apiserver/api_server.h"
#include "base/subprocess.h"
#include "base/unique_fd.h"
#include "bench/bench.h"
#include "store/memory_store.h"

namespace {

using namespace osbx;         // NOLINT(google-build-using-namespace): a program of one file
using namespace osbx::bench;  // NOLINT(google-build-using-namespace)

constexpr int kConnections = 16;
constexpr int kWatchers = 1000;
constexpr int kCommits = 200;
constexpr auto kRun = std::chrono::seconds(5);
constexpr const char* kList = "/apis/osbx.dev/v1/namespaces/default/sandboxes";

std::optional<double> NumberAfter(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(text.c_str() + at + name.size(), nullptr);
}

UniqueFd Connect(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd.Get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.Get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Fail("connect: " + std::string(std::strerror(errno)));
  }
  return fd;
}

void SendAll(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    Fail("send: " + std::string(std::strerror(errno)));
  }
}

// Requests per second as wrk counts them. The server is this process, wrk another.
void MeasureRate(std::uint16_t port, const std::string& id, const std::string& target) {
  SubprocessOptions options;
  options.argv = {Must(FindProgram("wrk", SearchPathFromEnvironment()), "wrk (run hack/deps)"),
                  "--threads=1", "--connections=" + std::to_string(kConnections),
                  "--duration=" + std::to_string(kRun.count()) + "s",
                  "http://127.0.0.1:" + std::to_string(port) + target};
  options.timeout = kRun * 4;
  const double before = ProcessCpuSeconds();
  const SubprocessResult ran = Must(RunSubprocess(options), "wrk");
  const double cpu = ProcessCpuSeconds() - before;
  const std::optional<double> rate = NumberAfter(ran.out, "Requests/sec:");
  if (!ran.status.Ok() || !rate) Fail("wrk: " + ran.out + ran.err);
  if (ran.out.find("Non-2xx") != std::string::npos) Fail("wrk got errors: " + ran.out);
  const double per_cpu_second = *rate * static_cast<double>(kRun.count()) / cpu;
  Report(id, *rate, Text(per_cpu_second, 0) + " per second of the server's CPU time");
}

void MeasureWatch(std::uint16_t port, registry::Registry& registry) {
  std::vector<UniqueFd> watchers;
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::array<char, 65536> buffer{};
  for (int i = 0; i < kWatchers; ++i) {
    watchers.push_back(Connect(port));
    SendAll(watchers.back().Get(), std::string("GET ") + kList + "?watch=true&resourceVersion=" +
                                       std::to_string(registry.store().Current()) +
                                       " HTTP/1.1\r\nHost: x\r\n\r\n");
    if (::recv(watchers.back().Get(), buffer.data(), buffer.size(), 0) <= 0)
      Fail("a watch was refused");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = watchers.back().Get();
    ::epoll_ctl(epoll.Get(), EPOLL_CTL_ADD, watchers.back().Get(), &event);
  }
  std::vector<double> latencies;
  const registry::Ref ref{
      .kind = api::FindKindByPlural("sandboxes"), .ns = "default", .name = "s-0"};
  for (int c = 0; c < kCommits; ++c) {
    const auto begin = Steady::now();
    const auto written = registry.Modify(ref, [c](Json& object) -> Result<> {
      object["metadata"]["annotations"]["bench"] = std::to_string(c);
      return {};
    });
    if (!written) Fail("write: " + written.error().ToString());
    int seen = 0;
    while (seen < kWatchers) {
      std::array<epoll_event, 256> ready{};
      const int n = ::epoll_wait(epoll.Get(), ready.data(), static_cast<int>(ready.size()), 10'000);
      if (n <= 0) Fail("watchers saw nothing for 10 seconds");
      for (int i = 0; i < n; ++i) {
        if (::recv(ready[static_cast<std::size_t>(i)].data.fd, buffer.data(), buffer.size(), 0) <=
            0) {
          Fail("a watch ended");
        }
        latencies.push_back(MillisecondsSince(begin));
        ++seen;
      }
    }
  }
  Report("watch_p99_ms", Quantile(latencies, 0.99),
         "p50 " + Text(Quantile(latencies, 0.5), 2) + " ms, max " +
             Text(Quantile(latencies, 1), 2) + " ms, begin of the commit to received");
}

void Measure(const std::filesystem::path& /*work*/) {
  store::MemoryStore store;
  registry::Registry registry(store, RealClock());
  Must(registry.EnsureNamespaces(), "namespaces");
  const api::Kind* kind = api::FindKindByPlural("sandboxes");
  for (int i = 0; i < 100; ++i) {
    const Json body = {{"apiVersion", "osbx.dev/v1"},
                       {"kind", "Sandbox"},
                       {"metadata", {{"name", "s-" + std::to_string(i)}}},
                       {"spec", {{"image", "busybox"}, {"entrypoint", {"sleep", "inf"}}}}};
    Must(registry.Create({.kind = kind, .ns = "default"}, body, {}), "create");
  }
  apiserver::ApiServerOptions options;
  options.listeners.emplace_back();
  apiserver::ApiServer server(store, registry, std::move(options));
  Must(server.Start(), "start");
  MeasureRate(server.Port(), "get_rate", std::string(kList) + "/s-1");
  MeasureRate(server.Port(), "list_rate", kList);
  MeasureWatch(server.Port(), registry);
}

}  // namespace

int main(int argc, char** argv) {
  return Main(argc, argv, Measure);
}

// SPDX-License-Identifier: Apache-2.0
// The API server over a memory store, one client process-mate on loopback: GET of one object and
// LIST of 100 with 16 keep-alive connections, and the time from a commit to 1,000 watchers. The
// rates are also given per second of the server's CPU time, which a busy machine does not distort.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "apiserver/api_server.h"
#include "base/unique_fd.h"
#include "store/memory_store.h"

namespace {

using namespace osbx;  // NOLINT(google-build-using-namespace): a program of one file
using Steady = std::chrono::steady_clock;

constexpr int kConnections = 16;
constexpr int kWatchers = 1000;
constexpr int kCommits = 200;
constexpr auto kRun = std::chrono::seconds(3);
constexpr const char* kList = "/apis/osbx.dev/v1/namespaces/default/sandboxes";

double CpuSeconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
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
    std::perror("connect");
    std::exit(1);
  }
  return fd;
}

void SendAll(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    std::perror("send");
    std::exit(1);
  }
}

// Reads one response by its Content-Length; returns its size.
std::size_t ReadResponse(int fd, std::string& buffer) {
  std::size_t have = 0;
  std::size_t need = 0;
  while (need == 0 || have < need) {
    if (buffer.size() < have + 65536) buffer.resize(have + 65536);
    const ssize_t got = ::recv(fd, buffer.data() + have, buffer.size() - have, 0);
    if (got <= 0) std::exit(1);
    have += static_cast<std::size_t>(got);
    const std::size_t head = buffer.find("\r\n\r\n");
    if (need == 0 && head < have) {
      const std::size_t at = buffer.find("Content-Length: ");
      need = head + 4 + std::strtoul(buffer.c_str() + at + 16, nullptr, 10);
    }
  }
  return need;
}

void Measure(std::uint16_t port, const char* what, const std::string& target) {
  std::vector<UniqueFd> connections;
  for (int i = 0; i < kConnections; ++i) connections.push_back(Connect(port));
  const std::string request =
      "GET " + target + " HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n";
  std::string buffer;
  const auto begin = Steady::now();
  const double process = CpuSeconds(RUSAGE_SELF);
  const double client = CpuSeconds(RUSAGE_THREAD);
  std::uint64_t count = 0;
  std::size_t size = 0;
  while (Steady::now() - begin < kRun) {
    for (const UniqueFd& fd : connections) SendAll(fd.Get(), request);
    for (const UniqueFd& fd : connections) size = ReadResponse(fd.Get(), buffer);
    count += kConnections;
  }
  const std::chrono::duration<double> took = Steady::now() - begin;
  const double cpu = (CpuSeconds(RUSAGE_SELF) - process) - (CpuSeconds(RUSAGE_THREAD) - client);
  std::printf("%-10s %8.0f /s   %8.0f per second of server CPU   (%zu bytes each)\n", what,
              static_cast<double>(count) / took.count(), static_cast<double>(count) / cpu, size);
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
    if (::recv(watchers.back().Get(), buffer.data(), buffer.size(), 0) <= 0) std::exit(1);
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
    if (!written) std::exit(1);
    int seen = 0;
    while (seen < kWatchers) {
      std::array<epoll_event, 256> ready{};
      const int n = ::epoll_wait(epoll.Get(), ready.data(), static_cast<int>(ready.size()), 10'000);
      if (n <= 0) std::exit(1);
      for (int i = 0; i < n; ++i) {
        if (::recv(ready[static_cast<std::size_t>(i)].data.fd, buffer.data(), buffer.size(), 0) <=
            0) {
          std::exit(1);
        }
        const std::chrono::duration<double, std::milli> took = Steady::now() - begin;
        latencies.push_back(took.count());
        ++seen;
      }
    }
  }
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double share) {
    return latencies[static_cast<std::size_t>(share * static_cast<double>(latencies.size() - 1))];
  };
  std::printf(
      "watch      %d watchers: p50 %.2f ms  p99 %.2f ms  max %.2f ms (commit begun to seen)\n",
      kWatchers, at(0.5), at(0.99), at(1));
}

}  // namespace

int main() {
  store::MemoryStore store;
  registry::Registry registry(store, RealClock());
  if (!registry.EnsureNamespaces()) return 1;
  const api::Kind* kind = api::FindKindByPlural("sandboxes");
  for (int i = 0; i < 100; ++i) {
    const Json body = {{"apiVersion", "osbx.dev/v1"},
                       {"kind", "Sandbox"},
                       {"metadata", {{"name", "s-" + std::to_string(i)}}},
                       {"spec", {{"image", "busybox"}, {"entrypoint", {"sleep", "inf"}}}}};
    if (!registry.Create({.kind = kind, .ns = "default"}, body, {})) return 1;
  }
  apiserver::ApiServerOptions options;
  options.listeners.emplace_back();
  apiserver::ApiServer server(store, registry, std::move(options));
  if (!server.Start()) return 1;
  Measure(server.Port(), "GET one", std::string(kList) + "/s-1");
  Measure(server.Port(), "LIST 100", kList);
  MeasureWatch(server.Port(), registry);
  return 0;
}

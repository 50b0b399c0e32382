// SPDX-License-Identifier: Apache-2.0
// /proxy/{port}[/…]: the servers inside the sandbox (contract/execd.md §9).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "execd/answers.h"
#include "execd/routes.h"
#include "http/proxy.h"

namespace osbx::execd {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kPrefix = "/proxy/";
constexpr std::string_view kTokenHeader = "x-execd-access-token";
constexpr std::chrono::minutes kPatience{10};  // for the first byte of an answer
constexpr std::uint16_t kUsualPort = 44772;

Result<UniqueFd> Connected(int family, const sockaddr* address, socklen_t size) {
  UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::FromErrno(errno, "socket");
  if (connect(fd.Get(), address, size) == 0 || errno == EINPROGRESS) return fd;
  return Error::FromErrno(errno, "connect");
}

Result<UniqueFd> DialPort(std::uint16_t port) {
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Connected(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Result<UniqueFd> DialSocket(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (path.size() >= sizeof address.sun_path) return Error(Code::kInvalid, "socket path too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return Connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// The first client that was named, or the one that is here.
std::string ClientOf(const Request& request) {
  const std::string_view forwarded = request.HeaderOf("X-Forwarded-For");
  if (!forwarded.empty()) return std::string(forwarded.substr(0, forwarded.find(',')));
  return std::string(request.peer.substr(0, request.peer.rfind(':')));
}

Response Refused(http::ProxyFault fault, const std::string& /*why*/) {
  if (fault == http::ProxyFault::kBadRequest) return Response::Text(400, "Bad Request\n");
  return Response::Text(502, "Bad Gateway\n");
}

Response Forward(const OwnAddress& own, const Request& request) {
  std::string_view rest = request.raw_path.substr(kPrefix.size());
  const std::string_view text = rest.substr(0, rest.find('/'));
  rest.remove_prefix(text.size());
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || port == 0) {
    return Fail(400, "INVALID_REQUEST_BODY", "not a port: " + std::string(text));
  }
  http::ProxyTarget target{.pool_key = "port " + std::string(text),
                           .target = rest.empty() ? "/" : std::string(rest),
                           .patience = kPatience,
                           .failed = Refused};
  if (const std::size_t query = request.target.find('?'); query != std::string_view::npos) {
    target.target += request.target.substr(query);
  }
  // The token opens this sandbox: its servers do not get it, but execd itself must.
  const bool to_itself = port == own.port || (port == kUsualPort && own.port == 0);
  if (to_itself && rest.starts_with(kPrefix)) {
    return Fail(400, "INVALID_REQUEST_BODY", "a proxy to itself once more");
  }
  if (to_itself && own.port == 0) {
    target.dial = [path = own.socket_path] { return DialSocket(path); };
  } else {
    target.dial = [port] { return DialPort(port); };
  }
  target.withheld = [to_itself](std::string_view name) {
    return name.starts_with("x-forwarded-") || (name == kTokenHeader && !to_itself);
  };
  const std::string_view host = request.HeaderOf("Host");
  target.host =
      request.peer == "unix" || host.empty() ? "127.0.0.1:" + std::string(text) : std::string(host);
  target.headers = {{"X-Forwarded-Proto", "http"}};
  if (const std::string client = ClientOf(request); client != "unix") {
    target.headers.push_back({"X-Forwarded-For", client});
  }
  return Response::Proxy(std::move(target));
}

}  // namespace

void AddProxyRoutes(RouteTable& table, const OwnAddress& own) {
  for (const char* pattern : {"/proxy/{port}", "/proxy/{port}/{rest...}"}) {
    table.Add({.method = "*",
               .pattern = pattern,
               .handler = [own](const Request& request) { return Forward(own, request); },
               .where = http::Where::kInline,
               .body = http::BodyKind::kForward});
  }
  table.Add(
      "*", "/proxy",
      [](const Request&) { return Fail(400, "INVALID_REQUEST_BODY", "port is required"); },
      http::Where::kInline);
}

}  // namespace osbx::execd

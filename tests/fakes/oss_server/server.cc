// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_server/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/ids.h"

namespace osbx::fakes {
namespace {

constexpr int kBacklog = 512;
constexpr std::size_t kRequestIdBytes = 12;
constexpr std::size_t kControlBodyLimitBytes = 64UL * 1024;

bool IsIpAddress(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos;
}

// "oss-cn-hangzhou…" and "s3…" are services, not buckets.
bool IsServiceLabel(const std::string& label) {
  return label.starts_with("oss-") || label == "oss" || label == "s3" || label.starts_with("s3-");
}

std::string QueryText(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    text += (text.empty() ? "" : "&") + name + (value.empty() ? "" : "=" + value);
  }
  return text;
}

}  // namespace

OssServer::OssServer(OssServerOptions options)
    : options_(std::move(options)), authenticator_(options_.credentials_file, options_.region) {}

Result<std::unique_ptr<OssServer>> OssServer::Start(OssServerOptions options) {
  std::unique_ptr<OssServer> server(new OssServer(std::move(options)));
  OSBX_TRY(server->store_, ObjectStore::Open(server->options_.data_directory));
  for (const std::string& bucket : server->options_.buckets) {
    OSBX_CHECK(server->store_->EnsureBucket(bucket));
  }
  OSBX_CHECK(server->authenticator_.Load());
  OSBX_CHECK(server->Listen());
  server->acceptor_ = std::thread([raw = server.get()] { raw->AcceptLoop(); });
  return server;
}

Result<> OssServer::Listen() {
  listener_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener_) return Error::FromErrno(errno, "socket");
  const int one = 1;
  ::setsockopt(listener_.Get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(options_.port);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.Get(), generic, sizeof(address)) != 0) {
    return Error::FromErrno(errno, "bind 127.0.0.1:" + std::to_string(options_.port));
  }
  socklen_t size = sizeof(address);
  ::getsockname(listener_.Get(), generic, &size);
  port_ = ntohs(address.sin_port);
  if (::listen(listener_.Get(), kBacklog) != 0) return Error::FromErrno(errno, "listen");
  return {};
}

OssServer::~OssServer() {
  faults_.Stop();
  if (listener_) ::shutdown(listener_.Get(), SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (Session& session : sessions_) {
      if (!session.done) ::shutdown(session.fd, SHUT_RDWR);
    }
  }
  for (Session& session : sessions_) session.thread.join();
}

void OssServer::AcceptLoop() {
  while (true) {
    UniqueFd socket(::accept4(listener_.Get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;
    }
    const int one = 1;
    ::setsockopt(socket.Get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    ReapSessions();
    const std::lock_guard lock(mutex_);
    Session& session = sessions_.emplace_back();
    session.fd = socket.Get();
    session.thread = std::thread([this, &session, raw = socket.Release()] {
      Serve(UniqueFd(::fcntl(raw, F_DUPFD_CLOEXEC, 0)));
      const std::lock_guard guard(mutex_);  // so that the fd is not closed while it is shut down
      session.done = true;
      ::close(raw);
    });
  }
}

void OssServer::ReapSessions() {
  std::list<Session> finished;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      const auto next = std::next(at);
      if (at->done) finished.splice(finished.end(), sessions_, at);
      at = next;
    }
  }
  for (Session& session : finished) session.thread.join();
}

void OssServer::Serve(UniqueFd socket) {
  Connection connection(std::move(socket));
  while (true) {
    auto head = connection.ReadHead();
    if (!head.has_value() || !head->has_value()) break;
    if (!connection.Send((*head)->method, Answer(connection, **head))) break;
  }
  ::shutdown(connection.fd(), SHUT_RDWR);  // the session's own descriptor would keep it open
}

Address OssServer::Resolve(const RequestHead& head) const {
  std::string host = ToLower(head.authority);
  if (const std::size_t colon = host.rfind(':'); colon != std::string::npos) host.resize(colon);
  const std::size_t dot = host.find('.');
  const std::string label = host.substr(0, dot);
  bool virtual_host = dot != std::string::npos && !IsIpAddress(host);
  if (virtual_host && !options_.domain.empty()) {
    virtual_host = host != options_.domain;
  } else if (virtual_host) {
    virtual_host = store_->HasBucket(label) || !IsServiceLabel(label);
  }
  Address address;
  address.path_style = !virtual_host;
  address.raw_key_path = head.raw_path;
  if (virtual_host) {
    address.bucket = label;
  } else {
    address.control = head.raw_path.starts_with("/-/");
    const std::size_t slash = head.raw_path.find('/', 1);
    address.bucket =
        UrlDecode(head.raw_path.substr(1, slash == std::string::npos ? slash : slash - 1));
    address.raw_key_path = slash == std::string::npos ? "" : head.raw_path.substr(slash);
  }
  if (!address.raw_key_path.empty()) address.key = UrlDecode(address.raw_key_path.substr(1));
  return address;
}

Response OssServer::Answer(Connection& connection, const RequestHead& head) {
  const Address address = Resolve(head);
  if (address.control) {
    auto body = connection.ReadWholeBody(kControlBodyLimitBytes);
    return faults_.Serve(head, body.has_value() ? *body : std::string());
  }
  const auto start = std::chrono::steady_clock::now();
  LoggedRequest entry{head.method, address.bucket, address.key, QueryText(head.query), "", 0, 0};
  Response response;
  if (auto fault = faults_.Apply(head.method, address.bucket, address.key, head.query)) {
    response = *std::move(fault);
  } else {
    response = Dispatch(connection, head, address, entry);
  }
  response.headers["x-oss-request-id"] = ToLower(RandomHex(kRequestIdBytes));
  response.headers["Date"] = HttpDate(std::time(nullptr));
  response.headers["Server"] = "AliyunOSS";
  entry.status = response.drop_connection ? 0 : response.status;
  const auto took = std::chrono::steady_clock::now() - start;
  entry.milliseconds = std::chrono::duration<double, std::milli>(took).count();
  faults_.Log(std::move(entry));
  return response;
}

Response OssServer::Dispatch(Connection& connection, const RequestHead& head,
                             const Address& address, LoggedRequest& entry) {
  const SignedRequest request{head.method,        address.bucket, address.key, address.raw_key_path,
                              address.path_style, head.query,     head.headers};
  auto verdict = authenticator_.Authenticate(head, request);
  if (const auto* refusal = std::get_if<Refusal>(&verdict)) {
    return ErrorResponse(*refusal, address.bucket);
  }
  Exchange exchange{*store_,        connection,  head,
                    address.bucket, address.key, std::get<Caller>(std::move(verdict))};
  entry.key_id = exchange.caller.key_id;
  if (address.bucket.empty()) return HandleService(exchange);
  return address.key.empty() ? HandleBucket(exchange) : HandleObject(exchange);
}

}  // namespace osbx::fakes

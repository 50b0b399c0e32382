// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/transport.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include <curl/curl.h>

namespace osbx::docker {

struct Transport::Handle {
  Handle() : curl(curl_easy_init()) {}
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  CURL* curl = nullptr;
};

namespace {

using std::chrono::milliseconds;

// Handles kept for reuse; more than the threads that call at once are only spare memory.
constexpr std::size_t kMostIdleHandles = 32;
// 10,000 containers list in about 20 MB.
constexpr std::size_t kLargestBody = std::size_t{256} << 20;
constexpr long kConnectTimeoutMs = 5000;
constexpr char kUserAgent[] = "osbx";

void InitCurlOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)result;  // every later call fails by itself if this did
}

// What the callbacks of one transfer share.
struct Transfer {
  Request* request = nullptr;
  CURL* curl = nullptr;
  Response response;
  std::stop_token stop;
  bool ended_by_sink = false;
  bool too_large = false;
  bool sink_failed = false;

  void ReadStatus() {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
  }
  bool Ok() {
    ReadStatus();
    return response.status >= 200 && response.status < 300;
  }
};

// Callbacks are called from C: an exception must not pass, so it ends the transfer instead.
std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view bytes(data, size * count);
  try {
    if (transfer.Ok() && transfer.request->on_data) {
      if (transfer.request->on_data(bytes)) return bytes.size();
      transfer.ended_by_sink = true;
      return CURL_WRITEFUNC_ERROR;
    }
    if (transfer.response.body.size() + bytes.size() > kLargestBody) {
      transfer.too_large = true;
      return CURL_WRITEFUNC_ERROR;
    }
    transfer.response.body.append(bytes);
    return bytes.size();
  } catch (const std::exception&) {
    transfer.sink_failed = true;
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (line != "\r\n" && line != "\n") return line.size();
  try {
    if (transfer.Ok() && transfer.request->on_connected) transfer.request->on_connected();
    return line.size();
  } catch (const std::exception&) {
    transfer.sink_failed = true;
    return 0;
  }
}

int OnProgress(void* user, curl_off_t /*down_total*/, curl_off_t /*down*/, curl_off_t /*up_total*/,
               curl_off_t /*up*/) {
  return static_cast<Transfer*>(user)->stop.stop_requested() ? 1 : 0;
}

class HeaderList {
 public:
  HeaderList() = default;
  ~HeaderList() {
    // The registry credential is among them.
    for (curl_slist* item = list_; item != nullptr; item = item->next) {
      explicit_bzero(item->data, std::strlen(item->data));
    }
    curl_slist_free_all(list_);
  }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  void Add(const char* line) {
    if (curl_slist* longer = curl_slist_append(list_, line); longer != nullptr) list_ = longer;
  }
  curl_slist* Get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

void AddHeaders(const Request& request, HeaderList& headers) {
  headers.Add("Expect:");
  if (request.method == Method::kPost) headers.Add("Content-Type: application/json");
  if (request.registry_auth.Empty()) return;
  std::string line = "X-Registry-Auth: ";
  line += request.registry_auth.Reveal();
  headers.Add(line.c_str());
  explicit_bzero(line.data(), line.size());
}

void SetMethod(CURL* curl, const Request& request) {
  switch (request.method) {
    case Method::kGet:
      curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
      break;
    case Method::kPost:
      curl_easy_setopt(curl, CURLOPT_POST, 1L);
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
      break;
    case Method::kDelete:
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
      break;
  }
  if (request.method != Method::kGet) curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
}

void SetCommon(CURL* curl, const Endpoint& endpoint, const std::string& path, Duration timeout) {
  if (!endpoint.unix_path.empty()) {
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_path.c_str());
  }
  const std::string url = "http://" + endpoint.host + ":" + endpoint.port + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  // At least 1: curl reads 0 as "for ever".
  const auto ms =
      std::max<std::int64_t>(1, std::chrono::duration_cast<milliseconds>(timeout).count());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(ms));
}

void SetCallbacks(CURL* curl, Transfer& transfer) {
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

Error TransferError(CURLcode code, const Transfer& transfer) {
  const std::string text = std::string("docker: ") + curl_easy_strerror(code);
  const bool changing = transfer.request->method != Method::kGet;
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return Error(Code::kCancelled, "docker: cancelled");
    case CURLE_OPERATION_TIMEDOUT:
      return Error(Code::kDeadlineExceeded, "docker: no answer in time, outcome unknown");
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error(Code::kUnavailable, text);
    case CURLE_OUT_OF_MEMORY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_FAILED_INIT:
      return Error(Code::kInternal, text);
    default:
      // The request may have been carried out although its answer was lost.
      if (changing) return Error(Code::kDeadlineExceeded, text + ", outcome unknown");
      return Error(Code::kUnavailable, text);
  }
}

Result<Response> Perform(CURL* curl, Transfer& transfer) {
  const CURLcode code = curl_easy_perform(curl);
  transfer.ReadStatus();
  if (transfer.ended_by_sink) return std::move(transfer.response);
  if (transfer.too_large) return Error(Code::kInternal, "docker: answer too large");
  if (transfer.sink_failed) return Error(Code::kInternal, "docker: a receiver failed");
  if (code != CURLE_OK) return TransferError(code, transfer);
  return std::move(transfer.response);
}

Result<UniqueFd> Connect(int family, const sockaddr* address, socklen_t size, Duration timeout) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::FromErrno(errno, "docker: socket");
  if (::connect(fd.Get(), address, size) == 0) return fd;
  if (errno != EINPROGRESS) {
    return Error::FromErrno(errno, "docker: connect").WithCode(Code::kUnavailable);
  }
  pollfd waiting{.fd = fd.Get(), .events = POLLOUT, .revents = 0};
  const auto ms = std::chrono::duration_cast<milliseconds>(timeout).count();
  int failure = ETIMEDOUT;
  socklen_t failure_size = sizeof failure;
  if (::poll(&waiting, 1, static_cast<int>(ms)) == 1) {
    ::getsockopt(fd.Get(), SOL_SOCKET, SO_ERROR, &failure, &failure_size);
  }
  if (failure == 0) return fd;
  return Error::FromErrno(failure, "docker: connect").WithCode(Code::kUnavailable);
}

}  // namespace

// A name becomes one segment of the path: an empty one or a dot would make the engine clean the
// path into another route.
Result<> CheckPath(std::string_view path) {
  path = path.substr(0, path.find('?'));
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == "..") {
      return Error(Code::kInvalid, "docker: \"" + std::string(segment) + "\" is not a name");
    }
    path.remove_prefix(segment.size());
  }
  return {};
}

Result<Endpoint> ParseHost(std::string_view host) {
  constexpr std::string_view kUnix = "unix://";
  constexpr std::string_view kTcp = "tcp://";
  Endpoint endpoint;
  if (host.starts_with(kUnix)) {
    endpoint.unix_path = host.substr(kUnix.size());
    const bool fits = endpoint.unix_path.size() < sizeof(sockaddr_un::sun_path);
    if (endpoint.unix_path.empty() || endpoint.unix_path.front() != '/' || !fits) {
      return Error(Code::kInvalid, "docker host: expected unix:///path, at most 107 bytes long");
    }
    return endpoint;
  }
  if (!host.starts_with(kTcp)) {
    return Error(Code::kInvalid, "docker host: expected unix:///path or tcp://host:port");
  }
  host.remove_prefix(kTcp.size());
  while (!host.empty() && host.back() == '/') host.remove_suffix(1);
  const std::size_t colon = host.rfind(':');
  endpoint.host = host.substr(0, colon);
  endpoint.port = colon == std::string_view::npos ? "2375" : host.substr(colon + 1);
  unsigned port = 0;
  const char* end = endpoint.port.data() + endpoint.port.size();
  const auto [rest, error] = std::from_chars(endpoint.port.data(), end, port);
  const bool valid_port = error == std::errc() && rest == end && port > 0 && port <= 65535;
  if (!valid_port || endpoint.host.empty() ||
      endpoint.host.find_first_of("/@?# ") != std::string::npos) {
    return Error(Code::kInvalid, "docker host: expected tcp://host:port");
  }
  return endpoint;
}

Transport::Transport(Endpoint endpoint) : endpoint_(std::move(endpoint)) {
  InitCurlOnce();
}
Transport::~Transport() = default;

std::unique_ptr<Transport::Handle> Transport::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return std::make_unique<Handle>();
}

void Transport::Give(std::unique_ptr<Handle> handle) {
  curl_easy_reset(handle->curl);  // keeps its connections
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdleHandles) idle_.push_back(std::move(handle));
}

Result<Response> Transport::Do(Request& request, const std::string& path, Duration timeout,
                               std::stop_token stop) {
  if (stop.stop_requested()) return Error(Code::kCancelled, "docker: cancelled");
  auto handle = Take();
  CURL* curl = handle->curl;
  if (curl == nullptr) return Error(Code::kInternal, "docker: no curl handle");
  Transfer transfer;
  transfer.request = &request;
  transfer.curl = curl;
  transfer.stop = std::move(stop);
  HeaderList headers;
  AddHeaders(request, headers);
  SetCommon(curl, endpoint_, path, timeout);
  SetMethod(curl, request);
  SetCallbacks(curl, transfer);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.Get());
  Result<Response> result = Perform(curl, transfer);
  explicit_bzero(request.body.data(), request.body.size());
  Give(std::move(handle));
  return result;
}

Result<UniqueFd> Transport::Dial(Duration timeout) const {
  if (!endpoint_.unix_path.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, endpoint_.unix_path.data(), endpoint_.unix_path.size());
    return Connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, timeout);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(endpoint_.host.c_str(), endpoint_.port.c_str(), &hints, &found) != 0) {
    return Error(Code::kUnavailable, "docker: cannot resolve the engine's host");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  return Connect(found->ai_family, found->ai_addr, found->ai_addrlen, timeout);
}

}  // namespace osbx::docker

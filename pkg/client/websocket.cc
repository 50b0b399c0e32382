// SPDX-License-Identifier: Apache-2.0
#include "client/websocket.h"

#include <poll.h>

#include <array>
#include <mutex>

#include <curl/curl.h>

#include "base/base64.h"
#include "base/ids.h"

namespace osbx::client {
namespace {

constexpr int kPollMs = 100;
constexpr std::size_t kMostHeaderBytes = 64UL * 1024;
constexpr std::size_t kMostMessageBytes = 64UL * 1024 * 1024;

constexpr unsigned char kContinuation = 0x0;
constexpr unsigned char kBinary = 0x2;
constexpr unsigned char kClose = 0x8;
constexpr unsigned char kPing = 0x9;
constexpr unsigned char kPong = 0xA;

struct Frame {
  bool final = false;
  unsigned char opcode = 0;
  std::string payload;
};

// Takes one whole frame off the front of `buffer`; nullopt when it is not complete yet. Server
// frames are never masked.
Result<std::optional<Frame>> TakeFrame(std::string& buffer) {
  const auto byte = [&buffer](std::size_t i) { return static_cast<unsigned char>(buffer[i]); };
  if (buffer.size() < 2) return std::optional<Frame>{};
  if ((byte(1) & 0x80U) != 0) return Error(Code::kInternal, "masked WebSocket frame from a server");
  std::size_t size = byte(1) & 0x7FU;
  std::size_t header = 2;
  const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (extra > 0) {
    if (buffer.size() < header + extra) return std::optional<Frame>{};
    size = 0;
    for (std::size_t i = 0; i < extra; ++i) size = size << 8U | byte(header + i);
    header += extra;
  }
  if (size > kMostMessageBytes) return Error(Code::kExhausted, "WebSocket message too large");
  if (buffer.size() < header + size) return std::optional<Frame>{};
  Frame frame{.final = (byte(0) & 0x80U) != 0,
              .opcode = static_cast<unsigned char>(byte(0) & 0x0FU),
              .payload = buffer.substr(header, size)};
  buffer.erase(0, header + size);
  return std::optional<Frame>(std::move(frame));
}

}  // namespace

struct WebSocket::State {
  CURL* curl = nullptr;
  curl_socket_t socket = CURL_SOCKET_BAD;
  std::string buffer;   // received, not yet taken
  std::string message;  // of frames that go on
  std::mutex mutex;     // libcurl's handle takes one call at a time
  std::mutex sending;   // frames go out whole: input and the answers to pings come from two threads

  ~State() {
    if (curl != nullptr) curl_easy_cleanup(curl);
  }

  Result<> Write(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      CURLcode code = CURLE_OK;
      {
        const std::scoped_lock lock(mutex);
        code = curl_easy_send(curl, bytes.data(), bytes.size(), &sent);
      }
      if (code == CURLE_AGAIN) {
        pollfd wait{socket, POLLOUT, 0};
        poll(&wait, 1, kPollMs);
        continue;
      }
      if (code != CURLE_OK)
        return Error(Code::kUnavailable,
                     std::string("connection lost: ") + curl_easy_strerror(code));
      bytes.remove_prefix(sent);
    }
    return {};
  }

  // Reads what is there into the buffer; false at the end of the connection or when stopped.
  Result<bool> Read(const std::stop_token& stop) {
    std::array<char, 16384> bytes{};
    while (!stop.stop_requested()) {
      std::size_t n = 0;
      CURLcode code = CURLE_OK;
      {
        const std::scoped_lock lock(mutex);
        code = curl_easy_recv(curl, bytes.data(), bytes.size(), &n);
      }
      if (code == CURLE_AGAIN) {
        pollfd wait{socket, POLLIN, 0};
        poll(&wait, 1, kPollMs);
        continue;
      }
      if (code != CURLE_OK)
        return Error(Code::kUnavailable,
                     std::string("connection lost: ") + curl_easy_strerror(code));
      if (n == 0) return false;
      buffer.append(bytes.data(), n);
      return true;
    }
    return false;
  }
};

namespace {

Result<CURL*> OpenConnection(const ClientOptions& options, std::string& host) {
  CURL* curl = curl_easy_init();
  std::string url = options.server;
  if (url.starts_with("unix://")) {
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, url.substr(7).c_str());
    url = "http://localhost";
  }
  host = url.substr(url.find("://") + 3);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  if (options.insecure_skip_tls_verify) {
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return curl;
  curl_easy_cleanup(curl);
  return Error(Code::kUnavailable,
               "cannot reach osbxd at " + options.server + ": " + curl_easy_strerror(code));
}

std::string UpgradeRequest(const ClientOptions& options, const std::string& host,
                           const std::string& path, const std::string& subprotocol) {
  std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: " + host +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: " +
      EncodeBase64(RandomHex(8)) + "\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n";
  if (!options.token.Empty())
    request += "Authorization: Bearer " + std::string(options.token.Reveal()) + "\r\n";
  return request + "\r\n";
}

int StatusOf(std::string_view header) {
  const auto blank = header.find(' ');
  return blank == std::string_view::npos
             ? 0
             : std::atoi(std::string(header.substr(blank + 1, 3)).c_str());
}

}  // namespace

WebSocket::WebSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
WebSocket::~WebSocket() = default;

Result<std::unique_ptr<WebSocket>> WebSocket::Connect(const ClientOptions& options,
                                                      const std::string& path,
                                                      const std::string& subprotocol) {
  auto state = std::make_unique<State>();
  std::string host;
  OSBX_TRY(state->curl, OpenConnection(options, host));
  curl_easy_getinfo(state->curl, CURLINFO_ACTIVESOCKET, &state->socket);
  OSBX_CHECK(state->Write(UpgradeRequest(options, host, path, subprotocol)));
  std::size_t end = std::string::npos;
  while ((end = state->buffer.find("\r\n\r\n")) == std::string::npos) {
    if (state->buffer.size() > kMostHeaderBytes)
      return Error(Code::kInternal, "the server's answer is too long");
    OSBX_TRY(const bool more, state->Read({}));
    if (!more) return Error(Code::kUnavailable, "the server closed the connection");
  }
  const std::string header = state->buffer.substr(0, end);
  state->buffer.erase(0, end + 4);
  if (const int status = StatusOf(header); status != 101) {
    while (state->buffer.size() < kMostHeaderBytes &&
           state->buffer.find("}\n") == std::string::npos && !state->buffer.ends_with("}")) {
      const auto more = state->Read({});
      if (!more || !*more) break;
    }
    return ErrorOfAnswer(status, state->buffer);
  }
  return std::unique_ptr<WebSocket>(new WebSocket(std::move(state)));
}

Result<> WebSocket::Send(std::string_view message) {
  return SendFrame(kBinary, message);
}

Result<> WebSocket::SendFrame(unsigned char opcode, std::string_view payload) {
  std::string frame;
  frame += static_cast<char>(0x80U | opcode);
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    const int bytes = payload.size() < 65536 ? 2 : 8;
    frame += static_cast<char>(0x80U | (bytes == 2 ? 126U : 127U));
    for (int i = bytes - 1; i >= 0; --i)
      frame += static_cast<char>(payload.size() >> (8U * static_cast<unsigned>(i)) & 0xFFU);
  }
  const std::string mask = RandomHex(2);  // any four bytes: masking guards proxies, not secrets
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  const std::scoped_lock whole(state_->sending);
  return state_->Write(frame);
}

Result<std::optional<std::string>> WebSocket::Receive(std::stop_token stop) {
  while (true) {
    OSBX_TRY(std::optional<Frame> frame, TakeFrame(state_->buffer));
    if (!frame) {
      OSBX_TRY(const bool more, state_->Read(stop));
      if (!more) return std::optional<std::string>{};
      continue;
    }
    switch (frame->opcode) {
      case kClose:
        Ignore(SendFrame(kClose, frame->payload.substr(0, 2)), "the connection ends anyway");
        return std::optional<std::string>{};
      case kPing:
        OSBX_CHECK(SendFrame(kPong, frame->payload));
        break;
      case kPong:
        break;
      default:
        if (frame->opcode != kContinuation) state_->message.clear();
        state_->message += frame->payload;
        if (frame->final) return std::optional<std::string>(std::exchange(state_->message, {}));
    }
  }
}

}  // namespace osbx::client

// SPDX-License-Identifier: Apache-2.0
#include "client/rest_client.h"

#include <strings.h>

#include <algorithm>
#include <system_error>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include "base/code_table.h"

namespace osbx::client {
namespace {

struct CurlDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlPtr = std::unique_ptr<CURL, CurlDeleter>;
using HeaderList = std::unique_ptr<curl_slist, CurlDeleter>;

constexpr std::string_view kUnixScheme = "unix://";
constexpr std::size_t kMostErrorBytes = 1024UL * 1024;

// What one transfer writes to.
struct Sink {
  CURL* curl = nullptr;
  std::string collected;  // the body, or of a failed answer its Status
  const std::function<bool(std::string_view)>* on_bytes = nullptr;
  const std::function<void()>* on_answer = nullptr;
  bool ended_by_reader = false;
  std::stop_token stop;
  std::vector<std::string> warnings;
};

long StatusOf(CURL* curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  const std::string_view bytes(data, size * count);
  const long status = StatusOf(sink.curl);
  if (sink.on_bytes == nullptr || status >= 300) {
    if (status < 300 || sink.collected.size() < kMostErrorBytes) sink.collected.append(bytes);
    return bytes.size();
  }
  if ((*sink.on_bytes)(bytes)) return bytes.size();
  sink.ended_by_reader = true;
  return CURL_WRITEFUNC_ERROR;
}

// The text of "Warning: 299 - \"text\"", with its escapes undone.
std::string WarningText(std::string_view value) {
  const auto begin = value.find('"');
  std::string out;
  if (begin == std::string_view::npos) return out;
  for (std::size_t i = begin + 1; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    out += value[i];
  }
  return out;
}

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  constexpr std::string_view kName = "warning:";
  const std::string_view line(data, size * count);
  auto& sink = *static_cast<Sink*>(user);
  if (line == "\r\n" && *sink.on_answer && StatusOf(sink.curl) < 300) (*sink.on_answer)();
  if (line.size() > kName.size() && strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
    if (std::string text = WarningText(line.substr(kName.size())); !text.empty())
      sink.warnings.push_back(std::move(text));
  }
  return line.size();
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Sink*>(user)->stop.stop_requested() ? 1 : 0;
}

Error TransferError(CURL* curl, CURLcode code, const std::string& server) {
  long os_error = 0;
  curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return {Code::kDeadlineExceeded, "osbxd at " + server + " did not answer in time"};
  }
  // What the system says is more exact than libcurl's "Couldn't connect to server".
  const std::string why = code == CURLE_COULDNT_CONNECT && os_error != 0
                              ? std::generic_category().message(static_cast<int>(os_error))
                              : curl_easy_strerror(code);
  return {Code::kUnavailable,
          (StatusOf(curl) == 0 ? "cannot reach osbxd at " : "lost the connection to osbxd at ") +
              server + ": " + why};
}

std::vector<Cause> CausesOf(const Json& details) {
  std::vector<Cause> out;
  if (!details.is_object() || !details.contains("causes") || !details["causes"].is_array())
    return out;
  for (const Json& cause : details["causes"]) {
    if (!cause.is_object()) continue;
    out.push_back(
        {cause.value("reason", ""), cause.value("field", ""), cause.value("message", "")});
  }
  return out;
}

Code CodeOfReason(std::string_view reason, int status) {
  if (reason == "AlreadyExists") return Code::kAlreadyExists;
  return CodeOfHttpStatus(status);
}

}  // namespace

struct RestClient::State {
  ClientOptions options;
  std::string base;         // what paths are appended to
  std::string unix_socket;  // empty: TCP
  CurlPtr curl;
};

RestClient::RestClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
RestClient::RestClient(RestClient&&) noexcept = default;
RestClient& RestClient::operator=(RestClient&&) noexcept = default;
RestClient::~RestClient() = default;

Result<RestClient> RestClient::Clone() const {
  return Open(state_->options);
}

const ClientOptions& RestClient::options() const {
  return state_->options;
}

Result<RestClient> RestClient::Open(ClientOptions options) {
  auto state = std::make_unique<State>();
  while (options.server.ends_with('/')) options.server.pop_back();
  if (options.server.starts_with(kUnixScheme)) {
    state->unix_socket = options.server.substr(kUnixScheme.size());
    state->base = "http://localhost";
  } else if (options.server.starts_with("http://") || options.server.starts_with("https://")) {
    state->base = options.server;
  } else {
    return Error(Code::kInvalid,
                 "server \"" + options.server + "\" must begin with http://, https:// or unix://");
  }
  state->options = std::move(options);
  state->curl.reset(curl_easy_init());
  if (state->curl == nullptr) return Error(Code::kInternal, "libcurl cannot be initialised");
  return RestClient(std::move(state));
}

namespace {

HeaderList Headers(const Request& request, const ClientOptions& options) {
  HeaderList list;
  const auto add = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    static_cast<void>(list.release());
    list.reset(longer);
  };
  add("Accept: " + request.accept);
  add("Expect:");
  if (!request.body.empty()) add("Content-Type: " + request.content_type);
  if (!options.token.Empty()) add("Authorization: Bearer " + std::string(options.token.Reveal()));
  return list;
}

Result<Response> Transfer(CURL* curl, const std::string& base, const std::string& unix_socket,
                          const ClientOptions& options, const Request& request, Sink& sink) {
  curl_easy_reset(curl);  // keeps the connection
  const HeaderList headers = Headers(request, options);
  const std::string url = base + request.path;
  sink.curl = curl;
  sink.on_answer = &request.on_answer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "osbxctl");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!unix_socket.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, unix_socket.c_str());
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  if (options.insecure_skip_tls_verify) {
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  if (request.timeout || sink.on_bytes == nullptr) {
    // At least 1 ms: to libcurl 0 means no limit.
    const auto limit = std::max(request.timeout.value_or(options.timeout).count(), std::int64_t{1});
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limit));
  }
  if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &sink);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &sink);
  const CURLcode code = curl_easy_perform(curl);
  const long status = StatusOf(curl);
  const bool ended_by_us = sink.ended_by_reader || sink.stop.stop_requested();
  // The server may end a watch in the middle of a stream; what came is good.
  const bool cut_stream = sink.on_bytes != nullptr && code == CURLE_PARTIAL_FILE;
  if (code != CURLE_OK && !ended_by_us && !cut_stream)
    return TransferError(curl, code, options.server);
  if (options.on_warning) std::ranges::for_each(sink.warnings, options.on_warning);
  if (status >= 300 && !request.any_status)
    return ErrorOfAnswer(static_cast<int>(status), sink.collected);
  return Response{.status = static_cast<int>(status), .body = std::move(sink.collected)};
}

}  // namespace

Result<Response> RestClient::Do(const Request& request) {
  Sink sink;
  return Transfer(state_->curl.get(), state_->base, state_->unix_socket, state_->options, request,
                  sink);
}

Result<Json> RestClient::DoJson(const Request& request) {
  OSBX_TRY(const Response response, Do(request));
  Json parsed = Json::parse(response.body, nullptr, false);
  if (parsed.is_discarded())
    return Error(Code::kInternal, "osbxd's answer to " + request.path + " is not JSON");
  return parsed;
}

Result<> RestClient::StreamBytes(const Request& request,
                                 const std::function<bool(std::string_view)>& on_bytes,
                                 std::stop_token stop) {
  Sink sink;
  sink.on_bytes = &on_bytes;
  sink.stop = std::move(stop);
  OSBX_CHECK(Transfer(state_->curl.get(), state_->base, state_->unix_socket, state_->options,
                      request, sink));
  return {};
}

Result<> RestClient::StreamLines(const Request& request,
                                 const std::function<bool(std::string_view)>& on_line,
                                 std::stop_token stop) {
  std::string pending;
  return StreamBytes(
      request,
      [&](std::string_view bytes) {
        pending.append(bytes);
        std::size_t begin = 0;
        for (auto end = pending.find('\n'); end != std::string::npos;
             end = pending.find('\n', begin)) {
          if (!on_line(std::string_view(pending).substr(begin, end - begin))) return false;
          begin = end + 1;
        }
        pending.erase(0, begin);
        return true;
      },
      std::move(stop));
}

Error ErrorOfAnswer(int status, std::string_view body) {
  const Json answer = Json::parse(body, nullptr, false);
  if (!answer.is_object() || !answer.contains("message") || !answer["message"].is_string()) {
    return Error(CodeOfHttpStatus(status), "the server answered " + std::to_string(status))
        .WithHttpStatus(status);
  }
  const std::string reason = answer.contains("reason") && answer["reason"].is_string()
                                 ? answer["reason"].get<std::string>()
                                 : "";
  Error error(CodeOfReason(reason, status), answer["message"].get<std::string>());
  if (answer.contains("details")) error = std::move(error).WithCauses(CausesOf(answer["details"]));
  return std::move(error).WithHttpStatus(status);
}

std::string UrlEncode(std::string_view text) {
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xFU];
    }
  }
  return out;
}

}  // namespace osbx::client

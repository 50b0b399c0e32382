// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/hijack.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "drivers/docker/decode.h"
#include "drivers/docker/status.h"

namespace osbx::docker {
namespace {

using std::chrono::steady_clock;
constexpr std::size_t kLargestHeader = 16 * 1024;
constexpr std::size_t kLargestErrorBody = 64 * 1024;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

template <class N>
bool ParseNumber(std::string_view text, N& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Reads raw bytes until `enough` of them say so or the connection ends.
template <class Enough>
Result<std::string> ReadUntil(ExecStream& raw, std::string bytes, steady_clock::time_point deadline,
                              const std::stop_token& stop, Enough enough) {
  while (!enough(bytes)) {
    OSBX_TRY(auto frame, raw.Read(deadline - steady_clock::now(), stop));
    if (!frame) break;
    bytes += frame->bytes;
  }
  return bytes;
}

}  // namespace

Result<AnswerHeader> ParseAnswerHeader(std::string_view header) {
  const Error nonsense(Code::kInternal, "docker: answer is not HTTP");
  const std::string_view first = TakeLine(header);
  AnswerHeader answer;
  if (!first.starts_with("HTTP/1.") || first.size() < 12 || first[8] != ' ' ||
      !ParseNumber(first.substr(9, 3), answer.status)) {
    return nonsense;
  }
  while (!header.empty()) {
    const std::string_view line = TakeLine(header);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!EqualsIgnoringCase(line.substr(0, colon), "content-length")) continue;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    if (!ParseNumber(value, answer.content_length)) return nonsense;
  }
  return answer;
}

Result<ExecStream> Hijack(const Transport& transport, const HijackRequest& request,
                          std::stop_token stop) {
  const auto deadline = steady_clock::now() + request.timeout;
  OSBX_TRY(UniqueFd fd, transport.Dial(request.timeout));
  std::string message = "POST " + request.path + " HTTP/1.1\r\nHost: " + transport.endpoint().host;
  message += "\r\nContent-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: tcp";
  message += "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
  message += request.body;

  ExecStream raw(std::move(fd), /*tty=*/true, "");  // a terminal's stream is unframed
  OSBX_CHECK(raw.Write(message, request.timeout, stop));
  OSBX_TRY(std::string bytes, ReadUntil(raw, "", deadline, stop, [](const std::string& seen) {
             return seen.find(kHeaderEnd) != std::string::npos || seen.size() > kLargestHeader;
           }));
  const std::size_t end = bytes.find(kHeaderEnd);
  if (end == std::string::npos) {
    return Error(Code::kDeadlineExceeded, "docker: connection lost, outcome unknown");
  }
  OSBX_TRY(const AnswerHeader header, ParseAnswerHeader(std::string_view(bytes).substr(0, end)));
  bytes.erase(0, end + kHeaderEnd.size());
  if (header.status == 101 || header.status == 200) {
    return ExecStream(raw.ReleaseFd(), request.tty, bytes);
  }
  const std::size_t size = std::min(header.content_length, kLargestErrorBody);
  OSBX_TRY(const std::string body,
           ReadUntil(raw, std::move(bytes), deadline, stop,
                     [size](const std::string& seen) { return seen.size() >= size; }));
  return StatusError(header.status, body);
}

}  // namespace osbx::docker

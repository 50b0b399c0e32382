// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/stream_parse.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "drivers/docker/json_fields.h"

namespace osbx::docker {
namespace {

constexpr std::size_t kFrameHeaderBytes = 8;

bool ContainsIgnoringCase(std::string_view text, std::string_view lower_word) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  };
  return std::search(text.begin(), text.end(), lower_word.begin(), lower_word.end(), same) !=
         text.end();
}

std::optional<int> ParseInt(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<> FrameParser::Feed(std::string_view bytes, std::deque<LogFrame>& out) {
  if (failed_) return Error(Code::kInternal, "log stream: broken frame before");
  while (!bytes.empty()) {
    if (left_ > 0) {
      const std::size_t size = std::min(left_, bytes.size());
      out.push_back({stream_, std::string(bytes.substr(0, size))});
      bytes.remove_prefix(size);
      left_ -= size;
      continue;
    }
    const std::size_t size = std::min(kFrameHeaderBytes - header_.size(), bytes.size());
    header_.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (header_.size() < kFrameHeaderBytes) break;

    const auto byte = [this](std::size_t i) { return static_cast<std::uint8_t>(header_[i]); };
    if (byte(0) > 2 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) {
      failed_ = true;
      return Error(Code::kInternal, "log stream: not a frame header");
    }
    stream_ = static_cast<OutputStream>(byte(0));
    left_ = (std::size_t{byte(4)} << 24U) | (std::size_t{byte(5)} << 16U) |
            (std::size_t{byte(6)} << 8U) | std::size_t{byte(7)};
    header_.clear();
  }
  return {};
}

void LineSplitter::Feed(std::string_view bytes, std::vector<std::string>& lines) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (!dropping_) partial_.append(piece);
    if (partial_.size() > longest_bytes_) {
      partial_.clear();
      dropping_ = true;
    }
    if (newline == std::string_view::npos) return;
    if (!dropping_) lines.push_back(std::move(partial_));
    partial_.clear();
    dropping_ = false;
    bytes.remove_prefix(newline + 1);
  }
}

std::string LineSplitter::TakeRest() {
  return std::exchange(partial_, {});
}

std::optional<Event> ParseEvent(std::string_view line) {
  const Json json = ParseLenient(line);
  if (!json.is_object()) return std::nullopt;
  Event event;
  event.type = StringAt(json, "Type");
  event.action = StringAt(json, "Action");
  if (event.type.empty() || event.action.empty()) return std::nullopt;
  const Json& actor = ObjectAt(json, "Actor");
  event.id = StringAt(actor, "ID");
  event.attributes = LabelsAt(actor, "Attributes");
  event.time_nano = IntAt(json, "timeNano");
  if (const auto code = event.attributes.find("exitCode"); code != event.attributes.end()) {
    event.exit_code = ParseInt(code->second);
  }
  return event;
}

std::optional<PullLine> ParsePullLine(std::string_view line) {
  const Json json = ParseLenient(line);
  if (!json.is_object()) return std::nullopt;
  PullLine result;
  result.progress.layer = StringAt(json, "id");
  result.progress.status = StringAt(json, "status");
  const Json& detail = ObjectAt(json, "progressDetail");
  result.progress.current_bytes = IntAt(detail, "current");
  result.progress.total_bytes = IntAt(detail, "total");
  if (json.contains("error") || json.contains("errorDetail")) {
    std::string message = StringAt(json, "error");
    if (message.empty()) message = StringAt(ObjectAt(json, "errorDetail"), "message");
    result.error = message.empty() ? "unknown error" : std::move(message);
  }
  return result;
}

Code PullErrorCode(int http_status, std::string_view message) {
  static constexpr std::array<std::string_view, 5> kDenied = {
      "denied", "unauthorized", "authentication required", "no basic auth credentials",
      "forbidden"};
  static constexpr std::array<std::string_view, 4> kMissing = {"not found", "manifest unknown",
                                                               "name unknown", "no match for"};
  const auto says = [message](std::string_view word) {
    return ContainsIgnoringCase(message, word);
  };
  if (std::any_of(kDenied.begin(), kDenied.end(), says)) return Code::kPermissionDenied;
  if (std::any_of(kMissing.begin(), kMissing.end(), says)) return Code::kNotFound;
  if (http_status == 400) return Code::kInvalid;
  if (http_status == 401 || http_status == 403) return Code::kPermissionDenied;
  if (http_status == 404) return Code::kNotFound;
  return Code::kUnavailable;
}

}  // namespace osbx::docker

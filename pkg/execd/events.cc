// SPDX-License-Identifier: Apache-2.0
#include "execd/events.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/utf8.h"

namespace osbx::execd {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20U && c != 0x7F) {
    out += c;
    return;
  }
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
  out += escape.data();
}

void AppendEnd(std::string& out) {
  out += "\"timestamp\":" + std::to_string(NowMs());
}

}  // namespace

std::int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 1) {
      AppendEscaped(out, text.front());
    } else if (length == 0) {
      out += kReplacement;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void AppendEvent(std::string& out, std::string_view type, std::string_view text) {
  out += "{\"type\":\"";
  out += type;
  out += "\",";
  if (!text.empty()) {
    out += "\"text\":";
    AppendJsonString(out, text);
    out += ',';
  }
  AppendEnd(out);
  out += "}\n\n";
}

void AppendCount(std::string& out, std::int64_t execution_count) {
  out += "{\"type\":\"execution_count\",\"execution_count\":";
  out += std::to_string(execution_count);
  out += ',';
  AppendEnd(out);
  out += "}\n\n";
}

void AppendResults(std::string& out, std::string_view results) {
  out += "{\"type\":\"result\",\"results\":";
  out += results;
  out += ',';
  AppendEnd(out);
  out += "}\n\n";
}

void AppendComplete(std::string& out, std::int64_t took_ms) {
  out += "{\"type\":\"execution_complete\",";
  if (took_ms > 0) out += "\"execution_time\":" + std::to_string(took_ms) + ",";
  AppendEnd(out);
  out += "}\n\n";
}

void AppendError(std::string& out, std::string_view name, std::string_view value,
                 const std::vector<std::string>& traceback) {
  out += "{\"type\":\"error\",";
  AppendEnd(out);
  out += ",\"error\":{\"ename\":";
  AppendJsonString(out, name);
  out += ",\"evalue\":";
  AppendJsonString(out, value);
  out += ",\"traceback\":[";
  for (std::size_t i = 0; i < traceback.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(out, traceback[i]);
  }
  out += "]}}\n\n";
}

}  // namespace osbx::execd

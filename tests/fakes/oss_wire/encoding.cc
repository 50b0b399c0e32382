// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_wire/encoding.h"

#include <array>
#include <cctype>
#include <cstdio>

namespace osbx::fakes {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool Unreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ||
         c == '~';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Format(std::time_t time, const char* format) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string XmlUnescape(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string out;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [entity, c] : kEntities) {
      if (!text.starts_with(entity)) continue;
      out += c;
      text.remove_prefix(entity.size());
      found = true;
      break;
    }
    if (found) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::string UrlEncode(std::string_view text, Slash slash) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (Unreserved(c) || (c == '/' && slash == Slash::kKeep)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
  return out;
}

std::string UrlDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
        HexValue(text[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Query ParseQuery(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    std::string item(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (item.empty()) continue;
    for (char& c : item) {
      if (c == '+') c = ' ';
    }
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos) {
      query.emplace_back(UrlDecode(item), "");
    } else {
      query.emplace_back(UrlDecode(std::string_view(item).substr(0, equals)),
                         UrlDecode(std::string_view(item).substr(equals + 1)));
    }
  }
  return query;
}

std::string HexEncode(std::string_view bytes) {
  static constexpr std::string_view kLower = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kLower[static_cast<unsigned char>(c) >> 4U];
    out += kLower[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

std::string XmlEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::vector<std::string> XmlTexts(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  std::vector<std::string> texts;
  std::size_t at = 0;
  while ((at = xml.find(open, at)) != std::string_view::npos) {
    at += open.size();
    const std::size_t end = xml.find(close, at);
    if (end == std::string_view::npos) break;
    texts.push_back(XmlUnescape(xml.substr(at, end - at)));
    at = end + close.size();
  }
  return texts;
}

std::string HttpDate(std::time_t time) {
  return Format(time, "%a, %d %b %Y %H:%M:%S GMT");
}
std::string IsoDate(std::time_t time) {
  return Format(time, "%Y-%m-%dT%H:%M:%S.000Z");
}
std::string IsoBasicDate(std::time_t time) {
  return Format(time, "%Y%m%dT%H%M%SZ");
}

std::optional<std::time_t> ParseDate(const std::string& text) {
  for (const char* format : {"%a, %d %b %Y %H:%M:%S", "%Y%m%dT%H%M%S", "%Y-%m-%dT%H:%M:%S"}) {
    std::tm parts{};
    if (::strptime(text.c_str(), format, &parts) != nullptr) return ::timegm(&parts);
  }
  return std::nullopt;
}

std::string ToLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace osbx::fakes

// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/yaml.h"
#include "api/yaml_scalar.h"

namespace osbx::api {
namespace {

constexpr std::size_t kIndent = 2;

// Whether the text has characters that only a double-quoted scalar can carry.
bool NeedsEscapes(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7F) return true;
    // C1 controls, line and paragraph separators, the byte order mark.
    const std::string_view rest = text.substr(i);
    if (byte == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0) return true;
    if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9") ||
        rest.starts_with("\xEF\xBB\xBF") || rest.starts_with("\xEF\xBF\xBE") ||
        rest.starts_with("\xEF\xBF\xBF")) {
      return true;
    }
  }
  return false;
}

std::string DoubleQuoted(std::string_view text) {
  // JSON's escapes are YAML's, but for DEL and the separators, which YAML wants escaped too.
  const std::string json =
      Json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = std::string_view(json).substr(i);
    const auto byte = static_cast<unsigned char>(json[i]);
    if (byte == 0x7F) {
      out += "\\x7f";
    } else if (byte == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0) {
      constexpr std::string_view kHex = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(rest[1]);
      out.append("\\x").append(1, kHex[code >> 4U]).append(1, kHex[code & 0xFU]);
      ++i;
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (rest.starts_with("\xEF\xBB\xBF") || rest.starts_with("\xEF\xBF\xBE") ||
               rest.starts_with("\xEF\xBF\xBF")) {
      out += rest[1] == '\xBB' ? "\\ufeff" : rest[2] == '\xBE' ? "\\ufffe" : "\\uffff";
      i += 2;
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string SingleQuoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

// Whether a block scalar gives the text back: no space before a line end (editors and emitters
// drop it) and something to show.
bool FitsLiteral(std::string_view text) {
  return !NeedsEscapes(text) && text.find(" \n") == std::string_view::npos &&
         !text.ends_with(' ') && text.find_first_not_of("\n ") != std::string_view::npos;
}

std::string Literal(std::string_view text, std::size_t indent) {
  std::string out = "|";
  if (text.front() == ' ' || text.front() == '\n') out += std::to_string(kIndent);
  if (!text.ends_with('\n')) {
    out += '-';
  } else if (text.ends_with("\n\n")) {
    out += '+';
  }
  const std::string margin(indent, ' ');
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    out += '\n';
    if (!line.empty()) out.append(margin).append(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool FitsPlain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  if (text.find_first_of("\n\t") != std::string_view::npos) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  constexpr std::string_view kIndicators = ",[]{}#&*!|>'\"%@`";
  if (kIndicators.find(text.front()) != std::string_view::npos) return false;
  const bool lone = text.size() == 1 || text[1] == ' ';
  if (lone && std::string_view("-?:").find(text.front()) != std::string_view::npos) return false;
  return text.back() != ':' && text.find(": ") == std::string_view::npos &&
         text.find(" #") == std::string_view::npos;
}

std::string OneLine(std::string_view text) {
  if (NeedsEscapes(text) || text.find('\n') != std::string_view::npos) return DoubleQuoted(text);
  if (LooksLikeAnotherType(text)) return DoubleQuoted(text);
  return FitsPlain(text) ? std::string(text) : SingleQuoted(text);
}

std::string KeyText(const std::string& key) {
  return key == "<<" ? DoubleQuoted(key) : OneLine(key);  // plain, it would merge maps
}

// `indent`: of the lines below this value.
std::string Scalar(const Json& value, std::size_t indent) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  if (text.find('\n') != std::string::npos && FitsLiteral(text)) return Literal(text, indent);
  return OneLine(text);
}

void Write(const Json& value, std::size_t indent, std::string& out);

void WriteMap(const Json& map, std::size_t indent, std::string& out) {
  bool first = true;
  for (const auto& [key, value] : map.items()) {
    if (!first) out.append(indent, ' ');
    first = false;
    out += KeyText(key) + ":";
    const bool nested = value.is_structured() && !value.empty();
    if (!nested) {
      out += ' ';
      Write(value, indent + kIndent, out);
      continue;
    }
    // Lists hang at the column of their key, as kubectl writes them.
    const std::size_t below = value.is_array() ? indent : indent + kIndent;
    out.append("\n").append(below, ' ');
    Write(value, below, out);
  }
}

void WriteList(const Json& list, std::size_t indent, std::string& out) {
  bool first = true;
  for (const Json& value : list) {
    if (!first) out.append(indent, ' ');
    first = false;
    out += "- ";
    Write(value, indent + kIndent, out);
  }
}

// Writes from the present column on and ends the line.
void Write(const Json& value, std::size_t indent, std::string& out) {
  if (value.is_object() && !value.empty()) return WriteMap(value, indent, out);
  if (value.is_array() && !value.empty()) return WriteList(value, indent, out);
  out += Scalar(value, indent) + "\n";
}

}  // namespace

std::string ToYaml(const Json& value) {
  // A bare text stays on one line: yaml-cpp misreads block scalars at the margin.
  if (value.is_string()) return OneLine(value.get_ref<const std::string&>()) + "\n";
  std::string out;
  Write(value, 0, out);
  return out;
}

}  // namespace osbx::api

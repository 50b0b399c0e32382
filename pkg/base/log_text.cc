// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

namespace osbx::log {
namespace {

// Values with spaces, quotes or control characters are quoted, so that one event stays one line.
void AppendValue(std::string& line, std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value) plain = plain && c > ' ' && c != '"' && c != '=' && c != '\x7f';
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else {
      line += (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') ? '?' : c;
    }
  }
  line += '"';
}

}  // namespace

void AppendEvent(std::string& line, std::string_view message, Fields fields) {
  line += message;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    AppendValue(line, field.value);
  }
}

}  // namespace osbx::log

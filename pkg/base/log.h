// SPDX-License-Identifier: Apache-2.0
// Structured log lines: a constant message and key=value pairs, e.g.
//   log::Info("mount started", {{"mount", key.name}, {"pid", pid}});
// Info = something changed; Debug = nothing to do. A Secret cannot be made into a field.
// Thread-safe.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace osbx::log {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Field {
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  template <class N>
  requires std::integral<N> || std::floating_point<N> Field(std::string_view k, N v)
      : key(k), value(std::to_string(v)) {}

  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

// Sets the lowest level written, and the sink: a file, appended to, or "" for standard error.
// Called once, before there are threads.
Result<> Configure(Level lowest, const std::string& file = "");
// Opens the file anew by its name, after somebody has renamed it (logrotate). When that fails, the
// old one stays in use. Without a file nothing happens.
Result<> Reopen();
bool Enabled(Level level);

void Write(Level level, std::string_view message, Fields fields);
// Appends the text of an event, "message key=value …"; always one line.
void AppendEvent(std::string& line, std::string_view message, Fields fields);

inline void Debug(std::string_view message, Fields fields = {}) {
  if (Enabled(Level::kDebug)) Write(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, Fields fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warn(std::string_view message, Fields fields = {}) {
  Write(Level::kWarn, message, fields);
}
inline void Error(std::string_view message, Fields fields = {}) {
  Write(Level::kError, message, fields);
}

}  // namespace osbx::log

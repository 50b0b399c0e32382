// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <memory>
#include <mutex>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace osbx::log {
namespace {

spdlog::level::level_enum LevelOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> MakeLogger(Level lowest, const std::string& file) {
  spdlog::sink_ptr sink;
  if (file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
  }
  auto logger = std::make_shared<spdlog::logger>("osbx", std::move(sink));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  logger->set_level(LevelOf(lowest));
  logger->flush_on(spdlog::level::info);
  return logger;
}

// The logger is the one global of the project (style.md §9).
std::shared_ptr<spdlog::logger>& Logger() {
  static std::shared_ptr<spdlog::logger> logger = MakeLogger(Level::kInfo, "");
  return logger;
}

}  // namespace

void Configure(Level lowest, const std::string& file) {
  Logger() = MakeLogger(lowest, file);
}

bool Enabled(Level level) {
  return Logger()->should_log(LevelOf(level));
}

void Write(Level level, std::string_view message, Fields fields) {
  if (!Enabled(level)) return;
  std::string line;
  AppendEvent(line, message, fields);
  Logger()->log(LevelOf(level), "{}", line);
}

}  // namespace osbx::log

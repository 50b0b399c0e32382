// SPDX-License-Identifier: Apache-2.0
// In place of log.cc in static programs (osbx_base_plain): the same lines, written straight to
// standard error. No spdlog, no time zone, no locale.
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>

#include "base/log.h"

namespace osbx::log {
namespace {

std::atomic<Level>& Lowest() {
  static std::atomic<Level> lowest{Level::kInfo};
  return lowest;
}

std::string Stamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ",
                utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                utc.tm_sec, now.tv_nsec / 1'000'000);
  return text.data();
}

}  // namespace

Result<> Configure(Level lowest, const std::string& /*file*/) {
  Lowest() = lowest;
  return {};
}

Result<> Reopen() {
  return {};
}

bool Enabled(Level level) {
  return level >= Lowest();
}

void Write(Level level, std::string_view message, Fields fields) {
  if (!Enabled(level)) return;
  static constexpr std::array<std::string_view, 4> kNames = {"debug ", "info ", "warning ",
                                                             "error "};
  std::string line = Stamp();
  line += kNames[static_cast<std::size_t>(level)];
  AppendEvent(line, message, fields);
  line += '\n';
  // One write per line, so that lines of several threads do not mix; a full pipe loses the line.
  static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()));
}

}  // namespace osbx::log

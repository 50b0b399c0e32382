// SPDX-License-Identifier: Apache-2.0
// The engine's streams as pure functions of bytes: log frames, JSON lines of events and of pull
// progress, and the code of a failed pull. Any bytes in any split give a bounded, defined result:
// garbage is reported or skipped, never trusted. Not thread-safe (one parser per stream).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drivers/docker/types.h"

namespace osbx::docker {

struct LogFrame {
  OutputStream stream = OutputStream::kStdout;
  std::string bytes;
};

// Multiplexed output: 1 byte stream, 3 zero bytes, 4 bytes big-endian length, payload.
class FrameParser {
 public:
  // Appends the payload that is now known to `out` (a long frame comes in several pieces). Fails
  // with Internal on a header that cannot be one; the parser then stays failed.
  Result<> Feed(std::string_view bytes, std::deque<LogFrame>& out);
  // True between frames: where a stream may end.
  bool AtBoundary() const { return header_.empty() && left_ == 0; }

 private:
  std::string header_;  // the part of a header seen so far
  OutputStream stream_ = OutputStream::kStdout;
  std::size_t left_ = 0;  // payload bytes to come
  bool failed_ = false;
};

// Splits a byte stream into lines; lines longer than the limit are dropped whole.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t longest_bytes = std::size_t{1} << 20)
      : longest_bytes_(longest_bytes) {}
  void Feed(std::string_view bytes, std::vector<std::string>& lines);
  // What follows the last newline.
  std::string TakeRest();

 private:
  std::size_t longest_bytes_ = 0;
  std::string partial_;
  bool dropping_ = false;
};

// nullopt: not an event (blank, garbage or without type and action).
std::optional<Event> ParseEvent(std::string_view line);

struct PullLine {
  PullProgress progress;
  std::optional<std::string> error;  // in-band failure: the status line said 200
};
std::optional<PullLine> ParsePullLine(std::string_view line);

// The engine reports pull failures with statuses that say little (200, 404 for "denied", 500), so
// this one decision reads the registry's error words: denied -> PermissionDenied, not found ->
// NotFound, otherwise by status, or Unavailable.
Code PullErrorCode(int http_status, std::string_view message);

}  // namespace osbx::docker

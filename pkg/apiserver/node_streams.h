// SPDX-License-Identifier: Apache-2.0
// What the API server asks of the node a sandbox runs on: logs, exec, resource usage, diagnosis.
// Implemented by pkg/agent; the API server never sees a driver. All calls block and are made from
// threads that may; implementations are thread-safe and bounded by their own deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/store.h"

namespace osbx::apiserver {

struct LogOptions {
  bool follow = false;
  bool previous = false;
  bool timestamps = false;  // each line begins with 2026-01-01T00:00:00.000000000Z
  std::optional<std::int64_t> tail_lines;
  std::optional<std::int64_t> since_seconds;
  std::string since_time;  // RFC 3339; "" = none
  std::optional<std::int64_t> limit_bytes;
};

// Where log bytes go. Both are called from the thread that called Logs.
struct LogSink {
  std::function<bool(std::string_view bytes)> write;  // waits for room; false: the client has gone
  std::function<bool()> closed;                       // to be looked at while waiting for more
};

struct ExecOptions {
  std::vector<std::string> command;
  bool tty = false;
  bool use_stdin = false;
  bool use_stdout = true;
  bool use_stderr = true;
};

// A running command's conversation, seen from the node. Read may be called from one thread and
// Write from others at once.
class ExecDuplex {
 public:
  struct Input {
    enum class Kind { kData, kEndOfInput, kResize, kGone };
    Kind kind = Kind::kData;
    std::string data;
    int width = 0;  // of kResize
    int height = 0;
  };
  virtual ~ExecDuplex() = default;
  // The next thing from the client; nothing within `patience` is an empty optional. kGone: the
  // client has left, and the command is to be killed.
  virtual std::optional<Input> Read(std::chrono::milliseconds patience) = 0;
  // False when the client has gone. Waits for room.
  virtual bool WriteStdout(std::string_view bytes) = 0;
  virtual bool WriteStderr(std::string_view bytes) = 0;
};

class NodeStreams {
 public:
  virtual ~NodeStreams() = default;
  // Whether there is a log to read now; the error becomes the response.
  virtual Result<> CanLog(const store::Key& sandbox, const LogOptions& options) = 0;
  // Writes the log and returns when it is sent, the client has gone or, with follow, the container
  // is gone. An error is appended to the log's text.
  virtual Result<> Logs(const store::Key& sandbox, const LogOptions& options,
                        const LogSink& sink) = 0;
  // Runs the command to its end. The exit status, or why it could not be started.
  virtual Result<int> Exec(const store::Key& sandbox, const ExecOptions& options,
                           ExecDuplex& duplex) = 0;
  // {"cpu":"5m","memory":"12Mi",…}
  virtual Result<Json> Stats(const store::Key& sandbox) = 0;
  // What differs between store, Docker, mountinfo and directories; `fix` repairs it.
  virtual Result<Json> Doctor(bool fix) = 0;
};

}  // namespace osbx::apiserver

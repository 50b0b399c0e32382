// SPDX-License-Identifier: Apache-2.0
// The two-way stream of a started exec: a hijacked HTTP connection. With a terminal its bytes are
// raw, otherwise the output comes in frames tagged stdout or stderr. Blocking calls with a deadline
// of the machine's clock. One thread may read while another writes; otherwise not thread-safe.
// Closing it does not end the process.
#pragma once

#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "drivers/docker/stream_parse.h"
#include "drivers/docker/types.h"

namespace osbx::docker {

class ExecStream {
 public:
  // `fd` is non-blocking; `early` are bytes of the stream that came together with the HTTP header.
  ExecStream(UniqueFd fd, bool tty, std::string_view early);

  // The next output; nullopt at its end. DeadlineExceeded leaves the stream usable.
  Result<std::optional<LogFrame>> Read(Duration timeout, std::stop_token stop = {});
  // Writes all of it to the process' standard input.
  Result<> Write(std::string_view bytes, Duration timeout, std::stop_token stop = {});
  // End of input for the process; output still flows.
  Result<> CloseStdin();
  int Fd() const { return fd_.Get(); }             // for poll; owned by the stream
  UniqueFd ReleaseFd() { return std::move(fd_); }  // ends the use of this object

 private:
  Result<> Accept(std::string_view bytes);

  UniqueFd fd_;
  bool tty_ = false;
  bool ended_ = false;
  std::string early_;  // not parsed yet
  FrameParser frames_;
  std::deque<LogFrame> ready_;
};

}  // namespace osbx::docker

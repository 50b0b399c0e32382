// SPDX-License-Identifier: Apache-2.0
// Turns a POST into a two-way byte stream: "Connection: Upgrade" over a connection of its own,
// which the engine hands over after its header (101, or 200 from older ones). Thread-safe (no
// state).
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "drivers/docker/exec_stream.h"
#include "drivers/docker/transport.h"

namespace osbx::docker {

struct HijackRequest {
  std::string path;  // with the version prefix
  std::string body;  // JSON
  bool tty = false;
  Duration timeout{0};  // until the header is complete
};

Result<ExecStream> Hijack(const Transport& transport, const HijackRequest& request,
                          std::stop_token stop);

// The header of an answer: "HTTP/1.1 101 UPGRADED\r\n…\r\n\r\n". Pure; Internal on garbage.
struct AnswerHeader {
  int status = 0;
  std::size_t content_length = 0;  // 0 when absent
};
Result<AnswerHeader> ParseAnswerHeader(std::string_view header);

}  // namespace osbx::docker

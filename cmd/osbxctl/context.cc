// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "base/code_table.h"

namespace osbx::ctl {

Result<client::RestClient*> Context::Client() {
  if (!client_) {
    OSBX_TRY(client::RestClient opened,
             client::RestClient::Open({.server = options_.server,
                                       .token = Secret(options_.token),
                                       .ca_file = options_.ca_file,
                                       .insecure_skip_tls_verify = options_.insecure,
                                       .timeout = std::chrono::seconds(options_.timeout_seconds)}));
    client_.emplace(std::move(opened));
  }
  return &*client_;
}

int Fail(const Error& error) {
  if (error.http_status() != 0) {
    std::fprintf(stderr, "Error from server (%s): %s\n",
                 std::string(RowOf(error.code()).reason).c_str(), error.message().c_str());
  } else {
    std::fprintf(stderr, "error: %s\n", error.message().c_str());
  }
  return RowOf(error.code()).exit_code;
}

Result<std::chrono::seconds> ParseDuration(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  if (failed != std::errc{} || value < 0 || value > 1'000'000) {
    return Error(Code::kInvalid, "not a duration: \"" + text + "\" (90, 90s, 5m or 1h)");
  }
  if (unit.empty() || unit == "s") return std::chrono::seconds(value);
  if (unit == "m") return std::chrono::minutes(value);
  if (unit == "h") return std::chrono::hours(value);
  return Error(Code::kInvalid, "not a duration: \"" + text + "\" (90, 90s, 5m or 1h)");
}

bool OutputIsTerminal() {
  return isatty(STDOUT_FILENO) != 0;
}
bool ErrorIsTerminal() {
  return isatty(STDERR_FILENO) != 0;
}

}  // namespace osbx::ctl

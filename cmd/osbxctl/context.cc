// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <unistd.h>

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

bool OutputIsTerminal() {
  return isatty(STDOUT_FILENO) != 0;
}
bool ErrorIsTerminal() {
  return isatty(STDERR_FILENO) != 0;
}

}  // namespace osbx::ctl

// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/status.h"

#include "base/code_table.h"
#include "drivers/docker/decode.h"

namespace osbx::docker {

Error StatusError(int http_status, std::string_view body) {
  return Error(CodeOfHttpStatus(http_status), "docker: " + DecodeMessage(body))
      .WithHttpStatus(http_status);
}

}  // namespace osbx::docker

// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <CLI/CLI.hpp>

#include "command_line.h"
#include "context.h"

namespace {

std::string FromEnvironment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr || *value == '\0' ? otherwise : value;
}

osbx::ctl::GlobalOptions Defaults() {
  osbx::ctl::GlobalOptions options;
  options.server = FromEnvironment("OSBX_SERVER", "http://127.0.0.1:8080");
  options.token = FromEnvironment("OSBX_TOKEN", "");
  options.ns = FromEnvironment("OSBX_NAMESPACE", "default");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  osbx::ctl::GlobalOptions options = Defaults();
  osbx::ctl::Context context(options);  // reads them once they are parsed
  const int code = osbx::ctl::RunCommandLine({argv + 1, argv + argc}, options, context);
  // What could not be written (a full disk, a closed file) must not look like success.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "error: cannot write the output: %s\n", std::strerror(errno));
    return osbx::ctl::kFailed;
  }
  return code;
}

// SPDX-License-Identifier: Apache-2.0
// The little shell of the fake engine: what a command would print and whether it would end. Knows
// true, false, echo, cat, sleep and sh -c "…" of these joined by ";", with "echo x >&2", "exit N"
// and "cat". Anything else starts and runs for ever. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace osbx::fakes::docker {

struct Output {
  bool to_stderr = false;
  std::string text;
};

struct Script {
  std::vector<Output> output;    // printed at once
  bool reads_stdin = false;      // then echoes its input until the end of it
  std::optional<int> exit_code;  // absent: runs until it is killed
};

Script Interpret(const std::vector<std::string>& argv);

}  // namespace osbx::fakes::docker

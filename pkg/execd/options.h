// SPDX-License-Identifier: Apache-2.0
// execd's arguments and the settings in its environment (contract/execd.md §1): its own flags and
// those of the execd it stands in for, written as Go programs take them (-name value, -name=value,
// the same with two dashes). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "execd/environment.h"
#include "execd/init.h"

namespace osbx::execd {

struct Invocation {
  enum class Kind { kRun, kHelp, kVersion, kSaveSession };
  Kind kind = Kind::kRun;
  InitOptions options;      // of kRun
  std::string exit_status;  // of kSaveSession
  log::Level log_level = log::Level::kInfo;
};

// kInvalid names the argument. Settings of the environment are never a reason to fail: an image may
// set them to anything.
Result<Invocation> ParseArguments(const std::vector<std::string>& words, const EnvMap& env);

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// The environment that processes of the sandbox are given, and paths as requests write them
// (contract/execd.md §1, §3). execd's own settings never reach a process it starts for a client.
// Immutable once captured; the rest is pure, but for reading the env file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace osbx::execd {

using EnvMap = std::map<std::string, std::string, std::less<>>;

EnvMap CaptureEnvironment();
std::vector<std::string> ToList(const EnvMap& env);

// Removes what is execd's own: tokens and settings. `entrypoint` keeps what image entrypoints read
// themselves (JUPYTER_*).
void RemovePrivate(EnvMap& env, bool entrypoint);

// "$NAME" and "${NAME}" replaced; an undefined name is kInvalid.
Result<std::string> ExpandVariables(std::string_view text, const EnvMap& env);
// "~", "~/x" and variables expanded, then made absolute below `cwd`. "" is kInvalid.
Result<std::string> ExpandPath(std::string_view path, const EnvMap& env, std::string_view cwd);

// The grammar of the EXECD_ENVS file (contract/execd.md §3.4). Lines that break it are skipped.
EnvMap ParseEnvFile(std::string_view text, const EnvMap& daemon_env);

// The commands' environment: `base`, then the file that its EXECD_ENVS names, then `own`.
EnvMap CommandEnvironment(const EnvMap& base, const EnvMap& own);

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// A mount backend as data: pure functions that check a source and turn it into a command and
// files. Adding one is a file with three functions and a row in backends.cc; processes, secret
// files, waiting, time-outs and unmounting are common code (mounter.h). Thread-safe (no state).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "drivers/mount/identity.h"
#include "drivers/mount/mountinfo.h"

namespace osbx::mount {

struct MountSpec {
  MountIdentity identity;
  std::string target;  // absolute, below the mount root
};

// Where the executor will put what the command refers to.
struct CommandPaths {
  std::string credential_file;
  std::string log_dir;  // this mount's own
};

// What is added to the options a user gave. Every addition stands after the contract's fixed part
// and before the user's options, and is left out when the user set that option.
struct Additions {
  bool client_timeouts = true;  // the programs' own are 3 to 10 minutes
  bool shared_access = true;    // usable by any user of a container, as a Docker volume is
  bool log_dir = true;          // ossfs2 writes all mounts' logs to one shared file otherwise
};
inline constexpr Additions kNoAdditions{
    .client_timeouts = false, .shared_access = false, .log_dir = false};

struct CommandFile {
  std::string path;
  unsigned mode = 0600;
  Secret text;
};

struct MountCommand {
  std::vector<std::string> argv;  // argv[0] is a program name, looked up in the search path
  std::vector<CommandFile> files;
  std::vector<std::pair<std::string, std::string>> env;  // on top of the executor's
};

struct Backend {
  std::string_view name;               // "ossfs"
  std::string_view version;            // "1.0"
  std::string_view program;            // "ossfs"
  std::string_view fstype;             // in mountinfo
  std::string_view credential_prefix;  // the credential file is <prefix><32 hex><suffix>
  std::string_view credential_suffix;

  std::vector<Cause> (*validate_options)(const std::vector<std::string>& options) = nullptr;
  std::vector<Cause> (*validate_credentials)(const Credentials& credentials) = nullptr;
  MountCommand (*encode)(const MountSpec& spec, const Credentials& credentials,
                         const CommandPaths& paths, const Additions& additions) = nullptr;
  bool (*matches)(const MountInfoRow& row) = nullptr;
};

std::span<const Backend> AllBackends();
const Backend* FindBackend(std::string_view name, std::string_view version);

// All broken rules of a source; field paths are relative to it ("bucket", "options[1]").
std::vector<Cause> Validate(const OssfsSource& source);
std::vector<Cause> Validate(const MountIdentity& identity);
// The same for keys ("accessKeyId", "accessKeySecret", "securityToken"); no value is in a message.
std::vector<Cause> ValidateCredentials(const MountIdentity& identity,
                                       const Credentials& credentials);

// The row belongs to any of our backends.
bool IsFuseServerRow(const MountInfoRow& row);

}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
// ossfs 1.0: `ossfs BUCKET[:/PREFIX] TARGET -o url=… -o passwd_file=… [-o OPTION]…`
// (contract/docker_runtime.md §12.4).
//
// Additions, after passwd_file and before the user's options:
// - connect_timeout=5, readwrite_timeout=20, retries=2: the program's own give up on a silent
// server
//   only after 625 s and on a refused connection after 20 s (facts/ossfs.md §4.2).
// - allow_other, umask=000: without allow_other every uid but 0 gets EACCES; with it alone files
// that
//   root or another client made are read-only to others. A Docker volume is usable by whatever user
//   the container runs as, and ossfs 2.0 shows 0777 with allow_other by itself, so both versions
//   behave alike. The price: modes show as 0777 whatever chmod stored. uid=, gid= or umask= of the
//   user replace the umask, allow_root replaces allow_other.
// - no logfile: errors of the start go to standard error only without it (§4.2), and the executor
//   reads them there.
#include <array>
#include <initializer_list>

#include "drivers/mount/backend.h"
#include "drivers/mount/option_rules.h"
#include "drivers/mount/secret_text.h"

namespace osbx::mount {
namespace {

constexpr auto kDenied = std::to_array<std::string_view>({
    // what the mount is, and whose
    "url",
    "host",
    "servicepath",
    "bucket",
    "passwd_file",
    "ram_role",
    "iam_role",
    "ecs",
    "use_session_token",
    "credlib",
    "credlib_opts",
    "public_bucket",
    "profile",
    "ibm_iam_auth",
    "ibm_iam_endpoint",
    "load_iamrole",
    "imdsv1only",
    "sts_endpoint",
    // paths of the host
    "use_cache",
    "tmpdir",
    "logfile",
    "ahbe_conf",
    "mime",
    "proxy_cred_file",
    "ssl_client_cert",
    "ssl_cert",
    "ssl_key",
    "ca_file",
    "set_check_cache_sigusr1",
    "del_cache",
    "check_cache_dir_exist",
    "use_sse",
    "load_sse_c",
    "config",
    "bucket_size_file",
    // how the program is run and how the kernel sees it
    "debug",
    "d",
    "f",
    "s",
    "foreground",
    "fsname",
    "subtype",
    "auto_unmount",
    "remount",
    "suid",
    "dev",
    "fd",
    "rootmode",
    "user_id",
    "group_id",
    "blkdev",
    "fsuid",
    "fsgid",
    "modules",
    "subdir",
    "from_code",
    "to_code",
    "help",
    "version",
    "u",
    "incomplete_mpu_list",
    "incomplete_mpu_abort",
    "clone_fd",
    "drop_privileges",
});

constexpr OptionRules kRules{.comma_separated = true,
                             .no_prefix = false,
                             .denied = kDenied,
                             .denied_prefixes = {},
                             .exceptions = {}};

void AddOption(std::vector<std::string>& argv, std::string option) {
  argv.emplace_back("-o");
  argv.push_back(std::move(option));
}

bool Sets(const std::vector<std::string>& options, std::initializer_list<std::string_view> names) {
  return SetsAny(options, kRules.comma_separated, std::span(names.begin(), names.size()));
}

void AddAdditions(std::vector<std::string>& argv, const std::vector<std::string>& options,
                  const Additions& additions) {
  if (additions.client_timeouts) {
    if (!Sets(options, {"connect_timeout"})) AddOption(argv, "connect_timeout=5");
    if (!Sets(options, {"readwrite_timeout"})) AddOption(argv, "readwrite_timeout=20");
    if (!Sets(options, {"retries"})) AddOption(argv, "retries=2");
  }
  if (additions.shared_access) {
    if (!Sets(options, {"allow_other", "allow_root"})) AddOption(argv, "allow_other");
    if (!Sets(options, {"umask", "uid", "gid"})) AddOption(argv, "umask=000");
  }
}

std::vector<Cause> ValidateOptionsV1(const std::vector<std::string>& options) {
  return CheckOptions(options, kRules);
}

// The password file is "bucket:id:secret", split at its first and last colon.
std::vector<Cause> ValidateCredentialsV1(const Credentials& credentials) {
  std::vector<Cause> causes;
  if (credentials.access_key_id.Reveal().find(':') != std::string_view::npos)
    causes.push_back({"FieldValueInvalid", "accessKeyId", "must not contain ':' for ossfs 1.0"});
  if (credentials.access_key_secret.Reveal().find(':') != std::string_view::npos)
    causes.push_back(
        {"FieldValueInvalid", "accessKeySecret", "must not contain ':' for ossfs 1.0"});
  return causes;
}

MountCommand EncodeV1(const MountSpec& spec, const Credentials& credentials,
                      const CommandPaths& paths, const Additions& additions) {
  const MountIdentity& identity = spec.identity;
  MountCommand command;
  command.argv = {
      "ossfs", identity.prefix.empty() ? identity.bucket : identity.bucket + ":/" + identity.prefix,
      spec.target};
  AddOption(command.argv, "url=" + identity.endpoint);
  AddOption(command.argv, "passwd_file=" + paths.credential_file);
  AddAdditions(command.argv, identity.options, additions);
  for (const std::string& option : identity.options) AddOption(command.argv, option);

  command.files.push_back({paths.credential_file, 0600,
                           JoinSecret({identity.bucket, ":", credentials.access_key_id.Reveal(),
                                       ":", credentials.access_key_secret.Reveal()})});
  return command;
}

bool MatchesV1(const MountInfoRow& row) {
  return row.fstype == "fuse.ossfs";
}

}  // namespace

Backend OssfsV1() {
  return {.name = "ossfs",
          .version = "1.0",
          .program = "ossfs",
          .fstype = "fuse.ossfs",
          .credential_prefix = "opensandbox-ossfs-inline-",
          .credential_suffix = "",
          .validate_options = ValidateOptionsV1,
          .validate_credentials = ValidateCredentialsV1,
          .encode = EncodeV1,
          .matches = MatchesV1};
}

}  // namespace osbx::mount

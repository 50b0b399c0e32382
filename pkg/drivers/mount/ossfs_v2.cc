// SPDX-License-Identifier: Apache-2.0
// ossfs 2.0: `ossfs2 mount TARGET -c CONF`, CONF being a gflags flag file with one --name=value a
// line (contract/docker_runtime.md §12.5). The program ignores unknown names in it silently, and a
// line that does not start with '-' turns off all that follow, so every value is checked before.
//
// Additions, after the prefix and before the user's options:
// - oss_request_timeout_ms=15000: the program's own makes a silent server a failure only after 180
// s
//   (facts/ossfs.md §4.2).
// - log_dir: all mounts of the host write to one shared file otherwise, and the cause of a failed
//   start is told only there (§4.3).
// - nothing for access: allow_other and mode 0777 are the program's defaults.
#include <array>
#include <initializer_list>

#include "drivers/mount/backend.h"
#include "drivers/mount/option_rules.h"
#include "drivers/mount/secret_text.h"

namespace osbx::mount {
namespace {

constexpr auto kDenied = std::to_array<std::string_view>({
    // whose it is
    "credential_process",
    "ram_role",
    "role_arn",
    "credlib",
    "sts_endpoint",
    // paths of the host, and gflags' own flags that read or write other files
    "log_dir",
    "cache_dir",
    "data_cache_dir",
    "flagfile",
    "fromenv",
    "tryfromenv",
    "undefok",
    "tab_completion_word",
    "tab_completion_columns",
    "c",
    "conf",
    // how the program is run
    "f",
    "d",
    "foreground",
    "debug",
    "help",
    "helpfull",
    "helpshort",
    "helpon",
    "helpmatch",
    "helppackage",
    "helpxml",
    "version",
    "metrics_ip",
    "enable_admin_server",
    "enable_test_signal_handler",
    "suid",
    "dev",
    "modules",
    "auto_unmount",
});
// Bucket, endpoint, prefix and every kind of credential are oss_…; these few are not.
constexpr auto kDeniedPrefixes = std::to_array<std::string_view>({"oss_", "help"});
constexpr auto kExceptions =
    std::to_array<std::string_view>({"oss_request_timeout_ms", "oss_region", "oss_vcpu_count"});

constexpr OptionRules kRules{.comma_separated = false,
                             .no_prefix = true,
                             .denied = kDenied,
                             .denied_prefixes = kDeniedPrefixes,
                             .exceptions = kExceptions};

bool Sets(const std::vector<std::string>& options, std::initializer_list<std::string_view> names) {
  return SetsAny(options, kRules.comma_separated, std::span(names.begin(), names.size()));
}

std::vector<Cause> ValidateOptionsV2(const std::vector<std::string>& options) {
  return CheckOptions(options, kRules);
}

std::vector<Cause> ValidateCredentialsV2(const Credentials& /*credentials*/) {
  return {};
}

std::string OptionLines(const MountSpec& spec, const CommandPaths& paths,
                        const Additions& additions) {
  const MountIdentity& identity = spec.identity;
  std::string lines;
  if (!identity.prefix.empty()) lines += "--oss_bucket_prefix=" + identity.prefix + "/\n";
  if (additions.client_timeouts && !Sets(identity.options, {"oss_request_timeout_ms"}))
    lines += "--oss_request_timeout_ms=15000\n";
  if (additions.log_dir && !paths.log_dir.empty()) lines += "--log_dir=" + paths.log_dir + "\n";
  for (const std::string& option : identity.options) lines += "--" + option + "\n";
  return lines;
}

MountCommand EncodeV2(const MountSpec& spec, const Credentials& credentials,
                      const CommandPaths& paths, const Additions& additions) {
  MountCommand command;
  command.argv = {"ossfs2", "mount", spec.target, "-c", paths.credential_file};
  command.files.push_back(
      {paths.credential_file, 0600,
       JoinSecret({"--oss_endpoint=", spec.identity.endpoint,
                   "\n--oss_bucket=", spec.identity.bucket,
                   "\n--oss_access_key_id=", credentials.access_key_id.Reveal(),
                   "\n--oss_access_key_secret=", credentials.access_key_secret.Reveal(), "\n",
                   OptionLines(spec, paths, additions)})});
  return command;
}

bool MatchesV2(const MountInfoRow& row) {
  return row.fstype == "fuse.ossfs2";
}

}  // namespace

Backend OssfsV2() {
  return {.name = "ossfs",
          .version = "2.0",
          .program = "ossfs2",
          .fstype = "fuse.ossfs2",
          .credential_prefix = "opensandbox-ossfs2-",
          .credential_suffix = ".conf",
          .validate_options = ValidateOptionsV2,
          .validate_credentials = ValidateCredentialsV2,
          .encode = EncodeV2,
          .matches = MatchesV2};
}

}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
#include "fakes/ossfs_standin/ossfs1.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include "fakes/oss_wire/encoding.h"
#include "fakes/ossfs_standin/bucket_check.h"
#include "fakes/ossfs_standin/mount_process.h"

namespace osbx::fakes {
namespace {

constexpr int kDefaultConnectSeconds = 300;
constexpr int kDefaultAnswerSeconds = 120;
constexpr int kDefaultRetries = 5;
// Measured: a refused connection costs 4 s per try, an unanswered one 5 s beyond its time-out.
constexpr std::chrono::seconds kPause{4};
constexpr std::chrono::seconds kLateness{1};

int Fail(const std::string& line) {
  std::fprintf(stderr, "ossfs: %s\n", line.c_str());
  return 1;
}

struct Keys {
  std::string id;
  std::string secret;
  std::string token;
};

struct KeysOrError {
  Keys keys;
  std::string error;
};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::optional<Keys> KeysOfEnvironment() {
  Keys keys{Environment("OSSACCESSKEYID"), Environment("OSSSECRETACCESSKEY"),
            Environment("OSSSESSIONTOKEN")};
  if (keys.id.empty()) {
    keys = {Environment("OSS_ACCESS_KEY_ID"), Environment("OSS_ACCESS_KEY_SECRET"),
            Environment("OSS_SESSION_TOKEN")};
  }
  if (keys.id.empty() || keys.secret.empty()) return std::nullopt;
  return keys;
}

// The rules of the mode: nothing for group and others, no execution. The owner is not looked at.
std::string JudgeMode(mode_t mode) {
  if ((mode & S_IRWXO) != 0) return "should not have others permissions.";
  if ((mode & S_IRWXG) != 0) return "should not have group permissions.";
  if ((mode & S_IXUSR) != 0) return "should not have executable permissions.";
  return {};
}

KeysOrError KeysOfFile(const std::string& path, const std::string& bucket) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {{}, "specified passwd_file is not readable."};
  const std::string problem = JudgeMode(status.st_mode);
  if (!problem.empty()) return {{}, "credentials file " + path + " " + problem};
  std::ifstream input(path);
  if (!input) return {{}, "specified passwd_file is not readable."};
  std::optional<Keys> any;
  std::string line;
  while (std::getline(input, line)) {
    const std::string text(Trim(line));
    if (text.empty() || text.starts_with('#')) continue;
    if (text.starts_with('[') || text.find_first_of(" \t") != std::string::npos) {
      return {{}, "invalid line in passwd file, found whitespace character."};
    }
    const std::size_t first = text.find(':');
    const std::size_t last = text.rfind(':');
    if (first == std::string::npos || first == 0 || last + 1 == text.size()) {
      return {{}, "invalid line in passwd file, no \":\" separator found."};
    }
    if (first == last) {
      any = Keys{text.substr(0, first), text.substr(first + 1), ""};
    } else if (text.substr(0, first) == bucket) {
      return {{text.substr(first + 1, last - first - 1), text.substr(last + 1), ""}, ""};
    }
  }
  if (any) return {*any, ""};
  return {{}, "Not found access key/secret key in passwd file."};
}

KeysOrError FindKeys(const Ossfs1Arguments& arguments, const std::string& bucket) {
  if (const auto file = arguments.options.find("passwd_file"); file != arguments.options.end()) {
    return KeysOfFile(file->second, bucket);
  }
  if (const auto keys = KeysOfEnvironment()) return {*keys, ""};
  for (const std::string& path :
       {Environment("HOME") + "/.passwd-ossfs", std::string("/etc/passwd-ossfs")}) {
    if (::access(path.c_str(), F_OK) == 0) return KeysOfFile(path, bucket);
  }
  return {{}, "Could not determine how to establish security credentials."};
}

struct Target {
  std::string bucket;
  std::string prefix;
  std::string mountpoint;
  std::string error;
};

Target FindTarget(const Ossfs1Arguments& arguments) {
  Target target;
  auto positional = arguments.positional;
  if (const auto bucket = arguments.options.find("bucket"); bucket != arguments.options.end()) {
    positional.insert(positional.begin(), bucket->second);
  }
  if (positional.empty()) {
    target.error = "missing BUCKET argument.";
    return target;
  }
  const std::size_t colon = positional[0].find(':');
  target.bucket = positional[0].substr(0, colon);
  if (colon != std::string::npos) {
    std::string path = positional[0].substr(colon + 1);
    if (!path.starts_with('/')) {
      target.error = "path(" + path + ") must be prefix \"/\".";
      return target;
    }
    while (path.ends_with('/')) path.pop_back();
    target.prefix = path.empty() ? "" : path.substr(1);
  }
  if (positional.size() < 2) {
    target.error = "missing MOUNTPOINT argument.";
  } else if (positional.size() > 2) {
    target.error = "specified unknown third optional parameter(" + positional[2] + ").";
  } else {
    target.mountpoint = positional[1];
  }
  return target;
}

std::string JudgeMountpoint(const std::string& path, bool nonempty) {
  const MountpointFacts facts = InspectMountpoint(path);
  const std::string reason = std::strerror(facts.os_errno);
  switch (facts.state) {
    case MountpointState::kMissing:
    case MountpointState::kUnreadable:
      return "unable to access MOUNTPOINT " + path + ": " + reason;
    case MountpointState::kNotDirectory:
      return "MOUNTPOINT: " + path + " is not a directory.";
    case MountpointState::kNotEmpty:
      if (nonempty) return {};
      return "MOUNTPOINT directory " + path +
             " is not empty. if you are sure this is safe, can use the 'nonempty' mount option.";
    case MountpointState::kEmpty:
      break;
  }
  return {};
}

int NumberOption(const Ossfs1Arguments& arguments, const std::string& name, int otherwise) {
  const auto found = arguments.options.find(name);
  return found == arguments.options.end() ? otherwise : std::atoi(found->second.c_str());
}

std::string Describe(const CheckResult& result, const std::string& url) {
  const std::string where = "(host=" + url + ", message=" + result.message + ")";
  switch (result.outcome) {
    case CheckOutcome::kOk:
      break;
    case CheckOutcome::kDenied:
      return "Failed to check bucket : Invalid Credentials" + where;
    case CheckOutcome::kNoBucket:
      return "Failed to check bucket : Bucket not found" + where;
    case CheckOutcome::kBadRequest:
      return "Failed to check bucket : Bad Request" + where;
    case CheckOutcome::kServerError:
    case CheckOutcome::kUnreachable:
    case CheckOutcome::kTimedOut:
      return "Failed to check bucket : Unable to connect(host=" + url + ", message=)";
  }
  return {};
}

S3fsLaunch MakeLaunch(const Ossfs1Arguments& arguments, const std::vector<std::string>& argv,
                      const BucketCheck& check, const Target& target) {
  S3fsLaunch launch;
  launch.program = "ossfs";
  launch.title = {"ossfs"};
  for (const std::string& argument : argv) {
    const std::size_t colon = argument.find(':');
    if (argument == target.bucket + ":/" + target.prefix && colon != std::string::npos) {
      launch.title.push_back(argument.substr(0, colon));  // the real one's strtok splits it
      launch.title.push_back(argument.substr(colon + 1));
    } else {
      launch.title.push_back(argument);
    }
  }
  launch.bucket = target.bucket;
  launch.prefix = target.prefix;
  launch.mountpoint = AbsolutePath(target.mountpoint);
  launch.url = check.url;
  launch.path_style = check.path_style;
  launch.key_id = check.key_id;
  launch.secret = check.secret;
  launch.foreground = arguments.foreground;
  for (const std::string& name : arguments.option_order) {
    if (KindOfOption(name) != OptionKind::kPassed) continue;
    const std::string& value = arguments.options.at(name);
    std::string option = name;
    if (!value.empty()) option.append("=").append(value);
    launch.options.push_back(std::move(option));
  }
  // Another mount's changes are seen at once, as by the real one, which asks on every open.
  if (!arguments.options.contains("max_stat_cache_size")) {
    launch.options.push_back("max_stat_cache_size=0");
  }
  if (!arguments.options.contains("fsname")) launch.options.push_back("fsname=ossfs");
  if (!arguments.options.contains("subtype")) launch.options.push_back("subtype=ossfs");
  return launch;
}

int Mount(const S3fsLaunch& launch) {
  const std::string fault = OrderedFault();
  if (fault == "exit0-no-mount") return 0;
  if (fault == "hang-before-mount") HangForever();
  if (launch.foreground) return Fail(std::strerror(BecomeServer(launch, STDERR_FILENO)));

  const int before = CountMounts(launch.mountpoint);
  const UniqueFd errors = NewMemoryFile("errors", "");
  const pid_t server = ::fork();
  if (server < 0) return Fail(std::string("fork: ") + std::strerror(errno));
  if (server == 0) {
    ::setsid();
    if (fault == "hang-child") HangForever();
    ::_exit(BecomeServer(launch, errors.Get()) != 0 ? 1 : 0);
  }
  const MountReport report = AwaitMount(launch.mountpoint, before, server, errors.Get());
  if (report.outcome == MountOutcome::kServerDied) {
    std::fputs(report.error.c_str(), stderr);
    return 1;
  }
  if (fault == "die-after-mount") ::kill(server, SIGKILL);
  return 0;
}

BucketCheck MakeCheck(const Ossfs1Arguments& arguments, const Target& target, const Keys& keys) {
  BucketCheck check;
  const auto url = arguments.options.find("url");
  check.url = url == arguments.options.end() ? "http://oss-cn-hangzhou.aliyuncs.com" : url->second;
  if (check.url.find("://") == std::string::npos) check.url.insert(0, "http://");
  while (check.url.ends_with('/')) check.url.pop_back();
  check.bucket = target.bucket;
  check.prefix = target.prefix.empty() ? "" : target.prefix + "/";
  check.key_id = keys.id;
  check.secret = keys.secret;
  check.token = keys.token;
  if (arguments.options.contains("sigv4")) check.region = arguments.options.at("region");
  check.path_style =
      arguments.options.contains("use_path_request_style") || NeedsPathStyle(check.url);
  check.connect_timeout =
      std::chrono::seconds(NumberOption(arguments, "connect_timeout", kDefaultConnectSeconds));
  check.answer_timeout =
      std::chrono::seconds(NumberOption(arguments, "readwrite_timeout", kDefaultAnswerSeconds)) +
      kLateness;
  check.attempts = NumberOption(arguments, "retries", kDefaultRetries);
  check.first_pause = kPause;
  return check;
}

}  // namespace

int RunOssfs1(const std::vector<std::string>& arguments) {
  const Ossfs1Arguments parsed = ParseOssfs1(arguments);
  const Target target = FindTarget(parsed);
  if (!target.error.empty()) return Fail(target.error);
  const std::string bad_mountpoint =
      JudgeMountpoint(target.mountpoint, parsed.options.contains("nonempty"));
  if (!bad_mountpoint.empty()) return Fail(bad_mountpoint);
  if (NumberOption(parsed, "retries", kDefaultRetries) <= 0) {
    return Fail("argument should be over 1: retries must be greater than zero");
  }
  if (parsed.options.contains("sigv4") && !parsed.options.contains("region")) {
    return Fail("region must be specified when sigv4 is used.");
  }
  const KeysOrError found = FindKeys(parsed, target.bucket);
  if (!found.error.empty()) return Fail(found.error);

  const BucketCheck check = MakeCheck(parsed, target, found.keys);
  const CheckResult result = CheckBucket(check);
  if (result.outcome != CheckOutcome::kOk) return Fail(Describe(result, check.url));
  if (!parsed.first_unknown.empty()) {
    std::fprintf(stderr, "fuse: unknown option `%s'\n", parsed.first_unknown.c_str());
    return 1;
  }
  return Mount(MakeLaunch(parsed, arguments, check, target));
}

}  // namespace osbx::fakes

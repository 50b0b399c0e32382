// SPDX-License-Identifier: Apache-2.0
#include "fakes/ossfs_standin/ossfs2.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>

#include "fakes/ossfs_standin/bucket_check.h"
#include "fakes/ossfs_standin/flags.h"
#include "fakes/ossfs_standin/mount_process.h"

namespace osbx::fakes {
namespace {

constexpr int kExitParse = 105;     // a path of the command line does not exist
constexpr int kExitRequired = 106;  // an argument is missing
constexpr int kExitExtras = 109;    // too many arguments
constexpr int kExitLocal = 255;
constexpr long kDefaultTimeoutMs = 60000;
constexpr int kAttempts = 3;
// Measured: 0.54 s for three refused connections.
constexpr std::chrono::milliseconds kFirstPause{75};
constexpr long kDefaultAttrSeconds = 60;
constexpr mode_t kAllModes = 0777;

int Fail(int exit_code, const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
  return exit_code;
}

struct CommandLine {
  std::vector<std::string> positional;
  std::string conf_file;
  FlagSet flags;
};

CommandLine Parse(const std::vector<std::string>& arguments) {
  CommandLine line;
  for (std::size_t i = 1; i < arguments.size(); ++i) {  // after "mount"
    const std::string& argument = arguments[i];
    const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
    if (argument == "-c" && next != nullptr) {
      line.conf_file = *next;
      ++i;
    } else if (argument.starts_with('-') && argument.size() > 1) {
      if (AddArgument(argument, next, line.flags)) ++i;
    } else {
      line.positional.push_back(argument);
    }
  }
  return line;
}

// fstab's form: BUCKET MOUNTPOINT -o a=b,c=d. It prints the whole command line, secrets included.
CommandLine ParseFstabForm(const std::vector<std::string>& arguments) {
  for (const auto& argument : arguments) std::printf("%s ", argument.c_str());
  std::printf("\n");
  CommandLine line;
  line.positional = {arguments[1]};
  AddArgument("--oss_bucket=" + arguments[0], nullptr, line.flags);
  std::string_view rest = arguments[3];
  while (!rest.empty()) {
    const std::size_t end = rest.find(',');
    AddArgument("--" + std::string(rest.substr(0, end)), nullptr, line.flags);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return line;
}

std::string UserName() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

struct LogPlace {
  std::string directory;  // LOG_DIR/USER
  std::string error;
};

bool Within(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

LogPlace PrepareLog(const FlagSet& flags, const std::string& mountpoint) {
  std::string directory = flags.Text("log_dir", "/tmp/ossfs2");
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (!directory.starts_with('/')) return {"", "ERROR: log_dir must be an absolute path."};
  if (Within(directory, mountpoint) || Within(mountpoint, directory)) {
    return {"", "ERROR: log_dir and MOUNTPOINT must not contain each other."};
  }
  if (::mkdir(directory.c_str(), 0777) == 0) {
    ::chmod(directory.c_str(), 0777);
  } else if (errno != EEXIST) {
    return {"", "ERROR: failed to create log_dir " + directory + ": " + std::strerror(errno)};
  }
  const std::string own = directory + "/" + UserName();
  if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) {
    return {"", "ERROR: failed to create " + own + ": " + std::strerror(errno)};
  }
  return {own, ""};
}

class LogFile {
 public:
  explicit LogFile(const std::string& directory)
      : fd_(::open((directory + "/ossfs2.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                   0644)) {}

  void Write(const char* level, const std::string& text) const {
    std::array<char, 64> time{};
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::localtime_r(&now, &parts);
    std::strftime(time.data(), time.size(), "%Y/%m/%d %H:%M:%S", &parts);
    const std::string line = std::string(time.data()) + "|" + level + "|" + text + "\n";
    if (::write(fd_.Get(), line.data(), line.size()) < 0) return;  // a full disk: nothing to do
  }

 private:
  UniqueFd fd_;
};

// The errno that the real client reports for the outcome of its bucket check.
int ErrnoOf(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::kOk:
      return 0;
    case CheckOutcome::kDenied:
      return EACCES;
    case CheckOutcome::kNoBucket:
      return ENOENT;
    case CheckOutcome::kBadRequest:
      return EINVAL;
    case CheckOutcome::kServerError:
    case CheckOutcome::kUnreachable:
      return EIO;
    case CheckOutcome::kTimedOut:
      return ETIMEDOUT;
  }
  return EIO;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

BucketCheck MakeCheck(const FlagSet& flags) {
  BucketCheck check;
  check.url = flags.Text("oss_endpoint");
  if (check.url.find("://") == std::string::npos) check.url.insert(0, "https://");
  while (check.url.ends_with('/')) check.url.pop_back();
  check.bucket = flags.Text("oss_bucket");
  check.prefix = flags.Text("oss_bucket_prefix");
  while (check.prefix.ends_with('/')) check.prefix.pop_back();
  while (check.prefix.starts_with('/')) check.prefix.erase(0, 1);
  if (!check.prefix.empty()) check.prefix += '/';
  check.key_id = flags.Text("oss_access_key_id", Environment("OSS_ACCESS_KEY_ID"));
  check.secret = flags.Text("oss_access_key_secret", Environment("OSS_ACCESS_KEY_SECRET"));
  check.token = flags.Text("oss_sts_token");
  check.region = flags.Text("oss_region");
  check.proxy = flags.Text("http_proxy");
  check.path_style = check.proxy.empty() && NeedsPathStyle(check.url);
  check.connect_timeout =
      std::chrono::milliseconds(flags.Number("oss_request_timeout_ms", kDefaultTimeoutMs));
  check.answer_timeout = check.connect_timeout;
  check.attempts = kAttempts;
  check.first_pause = kFirstPause;
  check.pause_factor = 2;
  return check;
}

S3fsLaunch MakeLaunch(const FlagSet& flags, const BucketCheck& check,
                      const std::vector<std::string>& arguments, const std::string& mountpoint) {
  S3fsLaunch launch;
  launch.program = "ossfs2";
  launch.title = {"ossfs2"};
  launch.title.insert(launch.title.end(), arguments.begin(), arguments.end());
  launch.bucket = check.bucket;
  launch.prefix = check.prefix.empty() ? "" : check.prefix.substr(0, check.prefix.size() - 1);
  launch.mountpoint = mountpoint;
  launch.url = check.url;
  launch.path_style = check.path_style;
  launch.key_id = check.key_id;
  launch.secret = check.secret;
  launch.proxy = check.proxy;
  launch.allow_symlink = flags.Flag("enable_symlink", false);
  launch.foreground = flags.Flag("f", false);

  const auto timeout = flags.Number("oss_request_timeout_ms", kDefaultTimeoutMs) / 1000;
  const mode_t mode =
      static_cast<mode_t>(std::strtoul(flags.Text("dir_mode", "0777").c_str(), nullptr, 8));
  std::array<char, 16> umask{};
  std::snprintf(umask.data(), umask.size(), "%04o", kAllModes & ~mode);
  const std::string seconds = std::to_string(flags.Number("attr_timeout", kDefaultAttrSeconds));
  const bool fresh = flags.Flag("close_to_open", false);
  launch.options = {"fsname=ossfs2",
                    "subtype=ossfs2",
                    "default_permissions",
                    "connect_timeout=" + std::to_string(timeout),
                    "readwrite_timeout=" + std::to_string(timeout),
                    "retries=" + std::to_string(kAttempts),
                    "umask=" + std::string(umask.data()),
                    "mp_umask=" + std::string(umask.data()),
                    fresh ? std::string("max_stat_cache_size=0") : "stat_cache_expire=" + seconds};
  if (flags.Flag("allow_other", true)) launch.options.emplace_back("allow_other");
  if (flags.Flag("ro", false)) launch.options.emplace_back("ro");
  if (flags.Has("uid")) launch.options.push_back("uid=" + flags.Text("uid"));
  if (flags.Has("gid")) launch.options.push_back("gid=" + flags.Text("gid"));
  return launch;
}

// In the child: tells the parent 0 and goes on to serve, or the exit code of the failure.
[[noreturn]] void CheckAndServe(const BucketCheck& check, const S3fsLaunch& launch,
                                const LogFile& log, int pipe_fd, int errors_fd) {
  if (OrderedFault() == "hang-child") HangForever();
  const CheckResult result = CheckBucket(check);
  const int problem = ErrnoOf(result.outcome);
  if (problem != 0) {
    log.Write("ERROR", "OSSError: Code[" + result.code + "], Message[" + result.message + "]");
    log.Write("ERROR", "Init OssFileSystem failed with error -" + std::to_string(problem));
  }
  const auto code = static_cast<unsigned char>(problem == 0 ? 0 : 256 - problem);
  if (::write(pipe_fd, &code, 1) != 1 || code != 0) ::_exit(code);
  const int failed = BecomeServer(launch, errors_fd);
  log.Write("ERROR", std::string("exec: ") + std::strerror(failed));
  ::_exit(1);
}

int MountInBackground(const BucketCheck& check, const S3fsLaunch& launch,
                      const LogPlace& log_place) {
  const LogFile log(log_place.directory);
  const std::string complaint =
      "ERROR: failed to mount ossfs2, see more details in log dir: " + log_place.directory;
  const int before = CountMounts(launch.mountpoint);
  const UniqueFd errors = NewMemoryFile("errors", "");
  // The parent keeps the writing end, as the real one does: it never notices a child that was
  // killed.
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(kExitLocal, complaint);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return Fail(kExitLocal, complaint);
  if (child == 0) {
    ::setsid();
    CheckAndServe(check, launch, log, writing.Get(), errors.Get());
  }
  unsigned char code = 0;
  while (::read(reading.Get(), &code, 1) < 0 && errno == EINTR) continue;
  if (code != 0) {
    ::waitpid(child, nullptr, 0);
    return Fail(code, complaint);
  }
  const MountReport report = AwaitMount(launch.mountpoint, before, child, errors.Get());
  if (report.outcome == MountOutcome::kServerDied) {
    log.Write("ERROR", "fuse_session_mount failed with error: " + report.error);
    return Fail(1, complaint);
  }
  log.Write("INFO", "Mount oss://" + check.bucket + "/" + check.prefix + " to " +
                        launch.mountpoint + " successfully");
  if (OrderedFault() == "die-after-mount") ::kill(child, SIGKILL);
  return 0;
}

int MountInForeground(const BucketCheck& check, const S3fsLaunch& launch) {
  const CheckResult result = CheckBucket(check);
  if (const int problem = ErrnoOf(result.outcome); problem != 0) {
    std::printf("OSSError: Code[%s], Message[%s]\n", result.code.c_str(), result.message.c_str());
    std::fflush(stdout);
    return Fail(256 - problem, "ERROR: failed to mount ossfs2");
  }
  return Fail(1, std::strerror(BecomeServer(launch, STDERR_FILENO)));
}

int CheckPaths(const CommandLine& line) {
  if (line.positional.empty()) return Fail(kExitRequired, "MOUNTPOINT is required");
  if (line.positional.size() > 1) {
    return Fail(kExitExtras, "The following argument was not expected: " + line.positional[1]);
  }
  const std::string& mountpoint = line.positional[0];
  const MountpointState state = InspectMountpoint(mountpoint).state;
  if (state == MountpointState::kMissing || state == MountpointState::kUnreadable) {
    return Fail(kExitParse, "MOUNTPOINT: Directory does not exist: " + mountpoint);
  }
  if (state == MountpointState::kNotDirectory) {
    return Fail(kExitParse, "MOUNTPOINT: Directory is actually a file: " + mountpoint);
  }
  if (!line.conf_file.empty() && ::access(line.conf_file.c_str(), F_OK) != 0) {
    return Fail(kExitParse, "-c: File does not exist: " + line.conf_file);
  }
  return 0;
}

int CheckFlags(const FlagSet& flags) {
  if (!flags.error.empty()) return Fail(1, flags.error);
  for (const char* name : {"oss_endpoint", "oss_bucket"}) {
    if (!flags.Text(name).empty()) continue;
    return Fail(1, std::string("ERROR: --") + name +
                       " must be set on the commandline (default value fails validation)");
  }
  return 0;
}

int MountCommand(const std::vector<std::string>& arguments, CommandLine line) {
  if (const int failed = CheckPaths(line); failed != 0) return failed;
  if (!line.conf_file.empty()) {
    std::ifstream input(line.conf_file);
    AddFlagFile({std::istreambuf_iterator<char>(input), {}}, line.flags);
  }
  if (const int failed = CheckFlags(line.flags); failed != 0) return failed;
  const std::string mountpoint = AbsolutePath(line.positional[0]);
  if (InspectMountpoint(mountpoint).state == MountpointState::kNotEmpty &&
      !line.flags.Flag("nonempty", false)) {
    return Fail(kExitLocal, "ERROR: MOUNTPOINT directory " + mountpoint + " is not empty.");
  }
  const LogPlace log = PrepareLog(line.flags, mountpoint);
  if (!log.error.empty()) return Fail(kExitLocal, log.error);
  if (line.flags.Has("credential_process") || line.flags.Has("ram_role")) {
    LogFile(log.directory).Write("ERROR", "credential sources are not known to this stand-in");
    return Fail(256 - EINVAL,
                "ERROR: failed to mount ossfs2, see more details in log dir: " + log.directory);
  }
  const BucketCheck check = MakeCheck(line.flags);
  if (check.key_id.empty() || check.secret.empty()) {
    return Fail(1, "ERROR: no credentials were given");
  }
  const S3fsLaunch launch = MakeLaunch(line.flags, check, arguments, mountpoint);
  const std::string fault = OrderedFault();
  if (fault == "exit0-no-mount") return 0;
  if (fault == "hang-before-mount") HangForever();
  return launch.foreground ? MountInForeground(check, launch)
                           : MountInBackground(check, launch, log);
}

}  // namespace

int RunOssfs2(const std::vector<std::string>& arguments) {
  if (arguments.size() == 4 && arguments[0] != "mount" && arguments[2] == "-o") {
    return MountCommand(arguments, ParseFstabForm(arguments));
  }
  if (arguments.empty() || arguments[0] != "mount") {
    std::printf("Usage: ossfs2 mount MOUNTPOINT -c CONF [--option=value]...\n");
    return kExitLocal;
  }
  if (arguments.size() == 2 && (arguments[1] == "--help" || arguments[1] == "-h")) {
    std::printf("Usage: ossfs2 mount MOUNTPOINT -c CONF [--option=value]...\n%s",
                FlagHelp().c_str());
    return 0;
  }
  return MountCommand(arguments, Parse(arguments));
}

}  // namespace osbx::fakes

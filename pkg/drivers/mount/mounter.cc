// SPDX-License-Identifier: Apache-2.0
// Opening a Mounter, and mounting.
#include "drivers/mount/mounter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/atomic_file.h"
#include "base/ids.h"
#include "base/log.h"
#include "drivers/mount/mounter_state.h"
#include "drivers/mount/placement.h"
#include "drivers/mount/programs.h"

namespace osbx::mount {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kTailBytes = 8UL * 1024;
// From a program's success to its mount in mountinfo: both have it there before they exit
// (facts/ossfs.md §4.2), a busy machine gets some slack.
constexpr milliseconds kAppearTimeout{2'000};

struct Job {
  const MountSpec& spec;
  const Credentials& credentials;
  const Backend& backend;
  std::string name;
  std::string program;  // path
  Steady::time_point deadline;
  std::stop_token stop;

  milliseconds Left() const {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Steady::now());
    return std::max(left, milliseconds(1));
  }
};

Error InvalidSpec(std::vector<Cause> causes) {
  std::string message = "the volume's source is not valid";
  for (const Cause& cause : causes) message += "; " + cause.field + ": " + cause.message;
  causes.insert(causes.begin(), {std::string(reason::kInvalidSpec), "", message});
  return Error(Code::kInvalid, std::move(message)).WithCauses(std::move(causes));
}

Result<> CheckSpec(const MountSpec& spec, const Credentials& credentials, const TargetDirs& dirs) {
  std::vector<Cause> causes = Validate(spec.identity);
  for (Cause& cause : ValidateCredentials(spec.identity, credentials))
    causes.push_back(std::move(cause));
  if (!causes.empty()) return InvalidSpec(std::move(causes));
  if (!dirs.Covers(spec.target))
    return Failure(Code::kInvalid, reason::kInvalidSpec,
                   spec.target + " is not below the mount root " + dirs.Root());
  return {};
}

Result<std::string> FindBackendProgram(const MounterOptions& options, const Backend& backend) {
  const std::vector<std::string> path =
      options.search_path.empty() ? SearchPathFromEnvironment() : options.search_path;
  auto program = FindProgram(std::string(backend.program), path);
  if (!program)
    return Failure(Code::kFailedPrecondition, reason::kBinaryMissing,
                   "the program " + std::string(backend.program) + " is not installed");
  struct stat info {};
  if (::stat(options.fuse_device.c_str(), &info) != 0 || !S_ISCHR(info.st_mode))
    return Failure(Code::kFailedPrecondition, reason::kNoFuseDevice,
                   options.fuse_device + " is not there: the host has no FUSE");
  return *program;
}

// The end of a program's own log. ossfs2 writes to <log_dir>/<user>/ossfs2.log.
std::string LogTail(const std::string& log_dir) {
  std::string newest;
  std::filesystem::file_time_type newest_time{};
  std::error_code error;
  for (auto entry = std::filesystem::recursive_directory_iterator(log_dir, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored) || entry->path().extension() != ".log") continue;
    if (entry->path().filename() == "output.log") continue;
    const auto time = entry->last_write_time(ignored);
    if (newest.empty() || time > newest_time) newest = entry->path().string();
    newest_time = std::max(newest_time, time);
  }
  if (newest.empty()) return {};
  return ReadFileTail(newest, kTailBytes).value_or("");
}

Result<> MakeLogDir(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);  // of an earlier attempt: its lines would mislead
  std::filesystem::create_directories(path, error);
  if (error) return Error::FromErrno(error.value(), "make " + path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  return {};
}

// Waits until a mount of the backend is at the target.
Result<MountInfoRow> WaitForRow(const Job& job, milliseconds timeout) {
  const UniqueFd events(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  const auto deadline = Steady::now() + timeout;
  while (true) {
    OSBX_TRY(const MountTable table, MountTable::Read());
    if (const MountInfoRow* row = table.Find(job.spec.target);
        row != nullptr && job.backend.matches(*row))
      return *row;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Steady::now()).count();
    if (left <= 0)
      return Failure(Code::kUnavailable, reason::kMountFailed,
                     std::string(job.backend.program) +
                         " reported success, but nothing is mounted at " + job.spec.target);
    pollfd fd{events.Get(), POLLPRI, 0};
    ::poll(&fd, 1, static_cast<int>(left));
  }
}

}  // namespace

Mounter::Mounter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mounter::Mounter(Mounter&&) noexcept = default;
Mounter& Mounter::operator=(Mounter&&) noexcept = default;
Mounter::~Mounter() = default;

Result<Mounter> Mounter::Open(MounterOptions options) {
  auto state = std::make_unique<State>();
  if (options.environment.empty()) options.environment = DefaultServerEnvironment();
  OSBX_TRY(state->dirs, TargetDirs::Open(options.mount_root));
  options.mount_root = state->dirs.Root();
  OSBX_TRY(state->credentials, CredentialDir::Open(options.run_dir));
  state->credentials.Sweep();
  std::error_code error;
  std::filesystem::create_directories(options.state_dir + "/mounts", error);
  if (error) return Error::FromErrno(error.value(), "make " + options.state_dir + "/mounts");
  OSBX_TRY(const MountTable table, MountTable::Read());
  // Two daemons on one host have different roots, so their servers are told apart by it.
  constexpr std::size_t kDomainDigits = 12;
  const std::string domain = Sha256Hex(options.mount_root).substr(0, kDomainDigits);
  if (options.cgroup_parent.empty()) options.cgroup_parent = "osbx-" + domain;
  state->servers = ServerRegistry(CgroupTree(table, options.cgroup_parent), domain);
  state->options = std::move(options);
  return Mounter(std::move(state));
}

namespace {

// One start of a FUSE program, from its files to the proven mount.
class Starter {
 public:
  Starter(Mounter::State& state, const Job& job) : state_(state), job_(job) {}

  Result<MountRecord> Run() {
    OSBX_CHECK(state_.dirs.Make(job_.spec.target));
    Result<MountRecord> record = Start();
    if (!record) CleanUp();
    return record;
  }

 private:
  Result<MountRecord> Start() {
    const std::string log_dir = state_.LogDir(job_.name);
    OSBX_CHECK(MakeLogDir(log_dir));
    const CommandPaths paths{state_.credentials.NewFile(job_.backend), log_dir};
    const MountCommand command =
        job_.backend.encode(job_.spec, job_.credentials, paths, state_.options.additions);
    {
      // Both programs read their file once, before they report success.
      ScopedFiles files;
      OSBX_CHECK(files.Write(command.files));
      OSBX_CHECK(RunProgram(command, log_dir + "/output.log"));
    }
    OSBX_TRY(const MountInfoRow row, WaitForRow(job_, std::min(kAppearTimeout, job_.Left())));
    OSBX_CHECK(Prove());
    return state_.Describe(job_.name, row);
  }

  // Some programs check keys and bucket only after they reported success: only an answer from the
  // object store is proof.
  Result<> Prove() {
    Result<> alive = state_.Probe(job_.spec.target, ProbeDepth::kBackend, job_.Left());
    if (alive || ReasonOf(alive.error()) != reason::kNotConnected) return alive;
    return ClassifyFailure(job_.backend,
                           {{}, "the server ended", LogTail(state_.LogDir(job_.name))},
                           job_.credentials);
  }

  Result<> RunProgram(const MountCommand& command, const std::string& output) {
    start_ = state_.servers.NewStart(job_.name);
    SubprocessOptions options;
    options.argv = {state_.options.helper, "launch", "--output", output};
    if (!start_->cgroup.empty())
      options.argv.insert(options.argv.end(), {"--cgroup", start_->cgroup});
    options.argv.insert(options.argv.end(), {"--program", job_.program, "--"});
    options.argv.insert(options.argv.end(), command.argv.begin(), command.argv.end());
    options.env = state_.options.environment;
    for (const auto& [name, value] : command.env) {
      options.env.push_back(name);
      options.env.back().append("=").append(value);
    }
    options.env.push_back(start_->marker);
    options.new_session = true;
    OSBX_TRY(Child child, StartSubprocess(options, -1, -1, -1));
    Result<ExitStatus> status = child.Wait(job_.Left(), job_.stop);
    if (!status) {
      child.Abandon(kKillTimeout, &state_.reaper, job_.spec.target);
      if (status.error().code() != Code::kDeadlineExceeded) return std::move(status).error();
      return Failure(
          Code::kDeadlineExceeded, reason::kTimedOut,
          std::string(job_.backend.program) + " did not finish in time" + Explain(output));
    }
    if (status->Ok()) return {};
    return ClassifyFailure(
        job_.backend,
        {*status, ReadFileTail(output, kTailBytes).value_or(""), LogTail(state_.LogDir(job_.name))},
        job_.credentials);
  }

  std::string Explain(const std::string& output) const {
    const std::string text =
        Redact(ReadFileTail(output, kTailBytes).value_or(""), job_.credentials);
    return text.empty() ? "" : ": " + text;
  }

  // Nothing may appear later: first every process of this start goes, also one that has its own
  // session, then what it may have mounted (weaknesses W17, W18).
  void CleanUp() {
    if (start_ && !state_.servers.KillStart(*start_, kKillTimeout))
      log::Warn("processes of a failed mount do not end", {{"mount", job_.name}});
    Result<> gone = state_.DetachAll(job_.spec.target);
    if (gone) gone = state_.dirs.Remove(job_.spec.target);
    if (!gone)
      log::Warn("a failed mount was not removed",
                {{"mount", job_.name}, {"error", gone.error().ToString()}});
  }

  Mounter::State& state_;
  const Job& job_;
  std::optional<ServerRegistry::Start> start_;
};

// A record when the right mount is there already. An error when the target cannot be used.
Result<std::optional<MountRecord>> Reuse(Mounter::State& state, const Job& job) {
  OSBX_TRY(const MountTable table, MountTable::Read());
  for (const MountInfoRow& other : table.Below(state.dirs.Root()))
    if (other.target != job.spec.target && PathsOverlap(other.target, job.spec.target))
      return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                     job.spec.target + " overlaps with the mount at " + other.target);
  const MountInfoRow* row = table.Find(job.spec.target);
  if (row == nullptr) return std::optional<MountRecord>();
  if (!IsFuseServerRow(*row))
    return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                   "a foreign file system is mounted at " + job.spec.target);

  const Result<> alive =
      state.Probe(job.spec.target, ProbeDepth::kServer, state.options.probe_timeout);
  if (alive) {
    if (state.servers.ServerOf(job.name, *row))
      return std::optional(state.Describe(job.name, *row));
    return Failure(Code::kFailedPrecondition, reason::kTargetOccupied,
                   "another mount is alive at " + job.spec.target);
  }
  if (ReasonOf(alive.error()) != reason::kNotConnected) return alive.error();
  OSBX_CHECK(state.DetachAll(job.spec.target));
  return std::optional<MountRecord>();
}

}  // namespace

Result<MountRecord> Mounter::Mount(const MountSpec& spec, const Credentials& credentials,
                                   std::stop_token stop) {
  OSBX_CHECK(CheckSpec(spec, credentials, state_->dirs));
  const Backend& backend = *FindBackend(spec.identity.backend, spec.identity.version);
  OSBX_TRY(std::string program, FindBackendProgram(state_->options, backend));
  const Job job{spec,
                credentials,
                backend,
                MountName(spec.identity),
                std::move(program),
                Steady::now() + state_->options.mount_timeout,
                std::move(stop)};
  OSBX_TRY(std::optional<MountRecord> existing, Reuse(*state_, job));
  if (existing) return *std::move(existing);
  state_->servers.KillUnfinished(job.name, kKillTimeout);
  return Starter(*state_, job).Run();
}

}  // namespace osbx::mount

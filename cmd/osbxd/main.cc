// SPDX-License-Identifier: Apache-2.0
// osbxd [--config FILE] | --check-config [FILE] | --version
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <thread>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/service_notify.h"
#include "config/config.h"
#include "daemon.h"

namespace {

using osbx::config::Loaded;

constexpr int kExitFailure = 1;
constexpr int kExitConfig = 2;
constexpr int kExitSignal = 128;
// Of the five seconds within which osbxd ends.
constexpr std::chrono::milliseconds kStopWithin(4500);

int Refuse(const std::string& why) {
  std::fprintf(stderr, "osbxd: %s\n", why.c_str());
  return kExitConfig;
}

void TellManager(std::string_view state) {
  const char* socket = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): never set
  if (socket == nullptr) return;
  if (const auto told = osbx::NotifyService(socket, state); !told)
    osbx::log::Warn("the service manager was not told", {{"error", told.error().message()}});
}

osbx::log::Level LevelOf(const std::string& name) {
  if (name == "DEBUG") return osbx::log::Level::kDebug;
  if (name == "WARNING" || name == "WARN") return osbx::log::Level::kWarn;
  if (name == "ERROR" || name == "CRITICAL") return osbx::log::Level::kError;
  return osbx::log::Level::kInfo;
}

int CheckConfig(const std::string& path) {
  const auto found = osbx::config::Check(path, osbx::config::ReadEnvironment());
  if (!found) return Refuse(found.error().message());
  for (const std::string& warning : found->warnings)
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  for (const std::string& error : found->errors) std::fprintf(stderr, "error: %s\n", error.c_str());
  if (!found->errors.empty()) return kExitConfig;
  std::printf("%s is valid\n",
              found->path.empty() ? "the default configuration" : found->path.c_str());
  return 0;
}

// Signals are taken synchronously by the main thread; every other thread inherits the mask.
sigset_t BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

// Dozens of threads, most of them idle: with an arena for each (the default is eight per core) the
// memory that a burst has used stays spread over all of them.
constexpr int kMallocArenas = 2;

// Until SIGTERM or SIGINT, which it returns. SIGHUP means that the log file was renamed.
int WaitForEnd(const sigset_t& signals) {
  int number = 0;
  while (true) {
    sigwait(&signals, &number);
    if (number != SIGHUP) return number;
    if (const auto opened = osbx::log::Reopen(); opened) {
      osbx::log::Info("the log file was opened anew");
    } else {
      osbx::log::Error("the log file cannot be opened anew; the old one stays in use",
                       {{"error", opened.error().message()}});
    }
  }
}

// Who asks twice does not want to wait; what is cut off here is found again at the next start (I4).
void EndAtOnceWhenAskedAgain() {
  for (const int number : {SIGTERM, SIGINT}) {
    signal(number, [](int again) { _exit(kExitSignal + again); });
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// Ends the process when stopping takes longer than it may, as if it had been killed, which every
// part of it survives (I4, I11). Whatever hangs then – an engine that does not answer, a dead disk
// – would hold a restart up for nothing.
class StopDeadline {
 public:
  StopDeadline()
      : thread_([this](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          if (done_.wait_for(lock, stop, kStopWithin, [] { return false; }) ||
              stop.stop_requested())
            return;
          osbx::log::Warn("stopping takes too long; what is not done is left to the next start");
          _exit(0);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any done_;
  std::jthread thread_;
};

int Serve(const Loaded& loaded) {
  mallopt(M_ARENA_MAX, kMallocArenas);
  const sigset_t signals = BlockSignals();
  const std::string& file = loaded.config.log.file;
  if (const auto opened = osbx::log::Configure(LevelOf(loaded.config.log.level), file); !opened)
    return Refuse("log.file_path: " + opened.error().message());
  for (const std::string& warning : loaded.warnings) osbx::log::Warn(warning);
  for (const std::string& unknown : loaded.unknown) osbx::log::Warn(unknown);
  auto daemon = osbx::Daemon::Start(loaded.config);
  if (!daemon) {
    osbx::log::Error("cannot start", {{"error", daemon.error().message()}});
    // Whoever starts it by hand does not look into a log file first.
    if (!file.empty())
      std::fprintf(stderr, "osbxd: cannot start: %s\n", daemon.error().message().c_str());
    return kExitFailure;
  }
  TellManager("READY=1");
  const int number = WaitForEnd(signals);
  EndAtOnceWhenAskedAgain();
  const StopDeadline deadline;
  TellManager("STOPPING=1");
  osbx::log::Info("stopping", {{"signal", number}});
  (*daemon)->Stop();
  osbx::log::Info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "osbxd: keeps Docker sandboxes and their OSSFS mounts as their objects describe them"};
  std::string path;
  std::string check;
  app.add_option(
      "--config", path,
      "Settings file (default: $SANDBOX_CONFIG_PATH, ~/.sandbox.toml, /etc/osbx/osbxd.toml)");
  auto* check_flag =
      app.add_option("--check-config", check,
                     "Name everything wrong with a settings file (unknown keys too) and exit; "
                     "without FILE: the one osbxd would read")
          ->expected(0, 1);
  app.set_version_flag("--version", "osbxd " OSBX_VERSION);
  CLI11_PARSE(app, argc, argv);
  if (check_flag->count() > 0) return CheckConfig(check.empty() ? path : check);
  const auto loaded = osbx::config::Load(path, osbx::config::ReadEnvironment());
  if (!loaded) return Refuse(loaded.error().message());
  return Serve(*loaded);
}

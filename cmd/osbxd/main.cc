// SPDX-License-Identifier: Apache-2.0
// osbxd [--config FILE] | --check-config [FILE] | --version
#include <malloc.h>
#include <signal.h>

#include <cstdio>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "config/config.h"
#include "daemon.h"

namespace {

using osbx::config::Loaded;

constexpr int kExitFailure = 1;
constexpr int kExitConfig = 2;

osbx::log::Level LevelOf(const std::string& name) {
  if (name == "DEBUG") return osbx::log::Level::kDebug;
  if (name == "WARNING" || name == "WARN") return osbx::log::Level::kWarn;
  if (name == "ERROR" || name == "CRITICAL") return osbx::log::Level::kError;
  return osbx::log::Level::kInfo;
}

int CheckConfig(const Loaded& loaded) {
  for (const std::string& warning : loaded.warnings)
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  for (const std::string& unknown : loaded.unknown)
    std::fprintf(stderr, "error: %s\n", unknown.c_str());
  if (!loaded.unknown.empty()) return kExitConfig;
  std::printf("%s is valid\n",
              loaded.path.empty() ? "the default configuration" : loaded.path.c_str());
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

int Serve(const Loaded& loaded) {
  mallopt(M_ARENA_MAX, kMallocArenas);
  const sigset_t signals = BlockSignals();
  osbx::log::Configure(LevelOf(loaded.config.log.level), loaded.config.log.file);
  for (const std::string& warning : loaded.warnings) osbx::log::Warn(warning);
  for (const std::string& unknown : loaded.unknown) osbx::log::Warn(unknown);
  auto daemon = osbx::Daemon::Start(loaded.config);
  if (!daemon) {
    osbx::log::Error("cannot start", {{"error", daemon.error().message()}});
    return kExitFailure;
  }
  int signal_number = 0;
  do {
    sigwait(&signals, &signal_number);
  } while (signal_number == SIGHUP);
  osbx::log::Info("stopping", {{"signal", signal_number}});
  (*daemon)->Stop();
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
  auto* check_flag = app.add_option("--check-config", check,
                                    "Check a settings file and exit; unknown keys are errors")
                         ->expected(0, 1);
  app.set_version_flag("--version", "osbxd " OSBX_VERSION);
  CLI11_PARSE(app, argc, argv);
  const auto loaded =
      osbx::config::Load(check.empty() ? path : check, osbx::config::ReadEnvironment());
  if (!loaded) {
    std::fprintf(stderr, "osbxd: %s\n", loaded.error().message().c_str());
    return kExitConfig;
  }
  if (check_flag->count() > 0) return CheckConfig(*loaded);
  return Serve(*loaded);
}

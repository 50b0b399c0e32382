// SPDX-License-Identifier: Apache-2.0
#include "host_setup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "drivers/mount/slot.h"
#include "reconcilers/volumes/credentials.h"

namespace osbx {
namespace {

constexpr mode_t kPrivate = 0700;  // credentials, install key, sockets
constexpr mode_t kVisible = 0755;

Result<> MakeDirectory(const std::string& path, mode_t mode) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return Error::FromErrno(failed.value(), "mkdir " + path);
  if (chmod(path.c_str(), mode) != 0) return Error::FromErrno(errno, "chmod " + path);
  return {};
}

std::string ProgramDirectory() {
  std::array<char, 4096> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return ".";
  return std::filesystem::path(std::string(path.data(), static_cast<std::size_t>(size)))
      .parent_path();
}

Result<> RequireProgram(const std::string& path) {
  if (access(path.c_str(), X_OK) == 0) return {};
  return Error::FromErrno(errno, "program " + path).Wrap("osbx.paths.libexec_dir");
}

// The engine wants the profile's text, not its path.
Result<std::string> SeccompProfile(const std::string& setting) {
  if (setting.empty() || setting == "unconfined") return setting;
  std::ifstream file(setting);
  if (!file)
    return Error(Code::kNotFound, "docker.seccomp_profile: " + setting + " cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<reconcilers::ContainerDefaults> DefaultsOf(const config::Config& config,
                                                  const HostPaths& paths) {
  reconcilers::ContainerDefaults defaults;
  defaults.execd_path = paths.libexec_dir + "/osbx-execd";
  defaults.network_mode = config.docker.network_mode;
  defaults.drop_capabilities = config.docker.drop_capabilities;
  defaults.apparmor_profile = config.docker.apparmor_profile;
  OSBX_TRY(defaults.seccomp_profile, SeccompProfile(config.docker.seccomp_profile));
  defaults.no_new_privileges = config.docker.no_new_privileges;
  defaults.pids_limit = config.docker.pids_limit;
  defaults.env = config.docker.sandbox_env;
  for (const std::string& bind : config.docker.sandbox_binds) {
    const auto parsed = config::ParseBind(bind);
    if (!parsed) return Error(Code::kInvalid, "docker.sandbox_binds: " + bind);
    defaults.mounts.push_back({.type = docker::MountType::kBind,
                               .source = parsed->source,
                               .target = parsed->target,
                               .read_only = parsed->read_only});
  }
  return defaults;
}

}  // namespace

std::string NodeName(const config::Config& config) {
  if (!config.node_name.empty()) return config.node_name;
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  std::string out;
  for (const char* c = name.data(); *c != '\0'; ++c)
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  return out;
}

Result<HostPaths> PrepareHost(const config::Config& config) {
  HostPaths paths;
  paths.libexec_dir =
      config.paths.libexec_dir.empty() ? ProgramDirectory() : config.paths.libexec_dir;
  paths.slot_root = config.paths.run_dir + "/slots";
  paths.stage_root = config.paths.run_dir + "/stage";
  paths.install_key = config.paths.state_dir + "/install.key";
  OSBX_CHECK(RequireProgram(paths.libexec_dir + "/osbx-execd"));
  OSBX_CHECK(RequireProgram(paths.libexec_dir + "/osbx-fuse-helper"));
  OSBX_CHECK(MakeDirectory(config.paths.state_dir, kPrivate));
  OSBX_CHECK(MakeDirectory(config.paths.run_dir, kPrivate));
  OSBX_CHECK(MakeDirectory(paths.stage_root, kPrivate));
  OSBX_CHECK(MakeDirectory(std::filesystem::path(config.paths.store).parent_path(), kPrivate));
  OSBX_CHECK(MakeDirectory(config.storage.ossfs_mount_root, kVisible));
  OSBX_CHECK(mount::EnsureSharedRoot(paths.slot_root));
  return paths;
}

Result<reconcilers::HostOptions> HostOptionsOf(const config::Config& config,
                                               const HostPaths& paths) {
  reconcilers::HostOptions options;
  options.node_name = NodeName(config);
  options.version = OSBX_VERSION;
  options.mount_root = config.storage.ossfs_mount_root;
  options.search_path = config.mounts.search_path;
  options.allowed_host_paths = config.storage.allowed_host_paths;
  options.mount_grace = config.mounts.gc_grace;
  options.orphan_grace = config.orphan_grace;
  OSBX_TRY(options.install_key, reconcilers::LoadInstallKey(paths.install_key));
  OSBX_TRY(options.containers.defaults, DefaultsOf(config, paths));
  options.containers.slot_root = paths.slot_root;
  options.containers.stage_root = paths.stage_root;
  options.containers.install_key = options.install_key;
  options.containers.allowed_host_paths = config.storage.allowed_host_paths;
  return options;
}

mount::MounterOptions MounterOptionsOf(const config::Config& config, const HostPaths& paths) {
  mount::MounterOptions options;
  options.mount_root = config.storage.ossfs_mount_root;
  options.run_dir = config.paths.run_dir;
  options.state_dir = config.paths.state_dir;
  options.helper = paths.libexec_dir + "/osbx-fuse-helper";
  options.search_path = config.mounts.search_path;
  options.mount_timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.mounts.timeout);
  return options;
}

}  // namespace osbx

// SPDX-License-Identifier: Apache-2.0
#include "bench/daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "client/rest_client.h"
#include "drivers/mount/mountinfo.h"
#include "fakes/oss_process.h"

namespace osbx::bench {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(20);
constexpr auto kPatience = std::chrono::minutes(5);
constexpr auto kStopPatience = std::chrono::seconds(20);

}  // namespace

Daemon::Daemon(std::string directory, const std::string& docker_host)
    : directory_(std::move(directory)), program_(Environment("OSBX_BIN") + "/osbxd") {
  for (const char* name : {"mnt", "host", "state", "run"}) {
    std::filesystem::create_directories(Path(name));
  }
  std::ofstream(Path("osbxd.toml"))
      << "[server]\nhost = \"127.0.0.1\"\nport = 0\n"
      << "[osbx.server]\nunix_socket = \"" << Path("api.sock") << "\"\n"
      << "[docker]\nhost = \"" << docker_host << "\"\n"
      << "[storage]\nossfs_mount_root = \"" << Path("mnt") << "\"\n"
      << "[store]\npath = \"" << Path("state/osbx.db") << "\"\n"
      << "[osbx.mounts]\nsearch_path = [\"" << fakes::StandinDirectory() << "\"]\n"
      << "[osbx.paths]\nstate_dir = \"" << Path("state") << "\"\nrun_dir = \"" << Path("run")
      << "\"\n";
}

Daemon::~Daemon() {
  if (child_) Stop();
  const auto table = mount::MountTable::Read();
  if (!table) return;
  const auto rows = table->Below(directory_);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    ::umount2(row->target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  }
}

void Daemon::Start() {
  const UniqueFd log(
      ::open(Path("osbxd.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  SubprocessOptions options;
  options.argv = {program_, "--config", Path("osbxd.toml")};
  options.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  child_ = std::make_unique<Child>(
      Must(StartSubprocess(options, -1, log.Get(), log.Get()), "start " + program_));
}

void Daemon::Stop() {
  ::kill(child_->Pid(), SIGTERM);
  if (!child_->Wait(kStopPatience)) child_->KillGroup();
  child_.reset();
}

Json Daemon::Get(const std::string& path) const {
  auto client = client::RestClient::Open({.server = "unix://" + Path("api.sock")});
  if (!client) return nullptr;
  auto answer = client->DoJson({.path = path});
  return answer ? *std::move(answer) : Json();
}

void Daemon::Await(const std::string& what, Steady::time_point begin,
                   const std::function<bool()>& look) {
  while (!look()) {
    if (Steady::now() - begin > kPatience) Fail("waited in vain for " + what);
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

double Daemon::WaitUntil(const std::string& path, const std::function<bool(const Json&)>& reached,
                         Steady::time_point begin) const {
  Await(path, begin, [&] {
    const Json answer = Get(path);
    return !answer.is_null() && reached(answer);
  });
  return MillisecondsSince(begin);
}

void Daemon::WaitForMetric(const std::string& series, double value,
                           Steady::time_point begin) const {
  auto client = Must(client::RestClient::Open({.server = "unix://" + Path("api.sock")}), "client");
  Await(series, begin, [&] {
    const std::string text = Must(client.Do({.path = "/metrics"}), "/metrics").body;
    const std::size_t at = text.find(series);
    if (at == std::string::npos) Fail("/metrics has no " + series);
    return std::strtod(text.c_str() + at + series.size(), nullptr) == value;
  });
}

}  // namespace osbx::bench

// SPDX-License-Identifier: Apache-2.0
// osbx-execd as PID 1 of real containers: limits, images of nothing, paths that try to lead out.
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/ids.h"
#include "drivers/docker/client.h"
#include "fakes/eventually.h"
#include "fakes/matchers.h"
#include "integration/execd/execd_process.h"

namespace osbx::execd_test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr std::int64_t kMib = 1 << 20;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class ExecdContainer : public ::testing::Test {
 protected:
  void SetUp() override {
    host_ = FromEnvironment("OSBX_TEST_DOCKER_HOST");
    if (host_.empty()) {
      if (FromEnvironment("CI") == "true") FAIL() << "OSBX_TEST_DOCKER_HOST names no engine";
      GTEST_SKIP() << "needs an engine: OSBX_TEST_DOCKER_HOST=unix:///…";
    }
    auto client =
        docker::Client::Open({.host = host_, .timeout = std::chrono::seconds(60)}, RealClock());
    ASSERT_THAT(client, fakes::IsOk());
    client_ = *std::move(client);
  }
  void TearDown() override {
    if (!id_.empty()) {
      EXPECT_THAT(client_->RemoveContainer(id_, {.force = true, .volumes = true}), fakes::IsOk());
    }
  }

  // A container of `image` with execd in it, which answers.
  void Start(const std::string& image, std::vector<std::string> command) {
    const std::string slot = dir_ / "slot";
    std::filesystem::create_directory(slot);
    WriteText(slot + "/token", ExecdApi::kToken);
    docker::ContainerSpec spec;
    spec.name = "osbx-execd-" + RandomHex(6);
    spec.image = image;
    spec.network_mode = "none";
    spec.entrypoint = {"/.osbx/bin/osbx-execd", "--socket", "/.osbx/slot/execd.sock", "--"};
    spec.cmd = std::move(command);
    spec.mounts = {{.source = slot, .target = "/.osbx/slot"},
                   {.source = OSBX_BINARY_DIR "/bin", .target = "/.osbx/bin", .read_only = true}};
    spec.resources.pids_limit = 64;
    spec.resources.memory_bytes = 96 * kMib;
    auto id = client_->CreateContainer(spec);
    ASSERT_THAT(id, fakes::IsOk());
    id_ = *id;
    ASSERT_THAT(client_->StartContainer(id_), fakes::IsOk());
    execd_.emplace(slot + "/execd.sock");
    ASSERT_TRUE(fakes::Eventually([&] { return execd_->Call("GET", "/ping").status == 200; }));
  }

  std::string host_;
  fakes::TempDir dir_;
  std::unique_ptr<docker::Client> client_;
  std::string id_;
  std::optional<ExecdApi> execd_;
};

TEST_F(ExecdContainer, ForkBombsMemoryHogsAndKillersInsideAreSurvived) {
  ASSERT_NO_FATAL_FAILURE(Start(FromEnvironment("OSBX_TEST_IMAGE"), {"sleep", "600"}));

  const auto bomb =
      execd_->Run({{"command", "f() { f | f & }; f; sleep 600"}, {"background", true}});
  const std::string id = bomb.front().at("text");
  EXPECT_TRUE(fakes::Eventually([&] {  // at the limit no command can be started, which is said
    return Outcome(execd_->Run({{"argv", {"/bin/true"}}})).starts_with("Resource temporarily");
  }));
  EXPECT_EQ(execd_->Call("GET", "/ping").status, 200);
  EXPECT_EQ(execd_->Status(id).at("id"), id);
  EXPECT_TRUE(fakes::Eventually([&] {  // SIGKILL reaches the whole group, faster than it forks
    execd_->Call("DELETE", "/command?id=" + id);
    return Outcome(execd_->Run({{"argv", {"/bin/true"}}})) == "complete";
  }));

  const auto hog = execd_->Run({{"command", "exec tail /dev/zero"}});
  EXPECT_EQ(Outcome(hog), "-1: signal: killed");
  EXPECT_THAT(hog.back().at("error").at("traceback"),
              ElementsAre("signal: killed", "out of memory"));
  EXPECT_EQ(execd_->Status(hog.front().at("text")).at("error"), "signal: killed (out of memory)");

  const auto killer =
      execd_->Run({{"command", "kill -KILL 1; kill -SEGV 1; kill -STOP 1; echo on"}});
  EXPECT_THAT(Texts(killer, "stdout"), ElementsAre("on"));
  EXPECT_EQ(execd_->Call("GET", "/ping").status, 200);
}

TEST_F(ExecdContainer, NoPathLeadsOutOfTheContainer) {
  WriteText(dir_ / "secret", "the host's");
  ASSERT_NO_FATAL_FAILURE(Start(FromEnvironment("OSBX_TEST_IMAGE"), {"sleep", "600"}));
  const std::string secret = dir_ / "secret";
  execd_->Run({{"command",
                "ln -s / /tmp/root; ln -s ../../../../../.. /tmp/up; "
                "ln -s /proc/1/root /tmp/init"}});
  for (const std::string& prefix :
       {std::string("/../../.."), std::string("/proc/1/root"), std::string("/proc/1/cwd/../.."),
        std::string("/tmp/root"), std::string("/tmp/up"), std::string("/tmp/init/../.."),
        std::string("/.osbx/slot/../../..")}) {
    const std::string target = std::string("/files/download?path=") + prefix;
    EXPECT_EQ(execd_->Call("GET", target + secret).status, 404) << prefix;
    const auto passwd = execd_->Call("GET", target + "/etc/hostname");
    EXPECT_EQ(passwd.body.substr(0, 12), id_.substr(0, 12)) << prefix << ": the container's own";
  }
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"metadata\"; filename=\"m\"\r\n\r\n"
      "{\"path\":\"/tmp/init/../../.." +
      dir_.Path().string() +
      "/written\"}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
      "bytes\r\n--b--\r\n";
  const auto upload = execd_->Call("POST", "/files/upload", form,
                                   "Content-Type: multipart/form-data; boundary=b\r\n");
  EXPECT_EQ(upload.status, 200) << upload.body;
  EXPECT_FALSE(std::filesystem::exists(dir_ / "written"));
}

TEST_F(ExecdContainer, AnImageOfNothingStillHasFilesAndPrograms) {
  const std::string image = "osbx-execd-nothing";
  const std::string import =
      "tar -c -T /dev/null | docker -H '" + host_ + "' import - " + image + " >/dev/null";
  if (!client_->InspectImage(image)) ASSERT_EQ(std::system(import.c_str()), 0);
  // There is nothing to run but execd itself, as a server on a socket of its own.
  ASSERT_NO_FATAL_FAILURE(
      Start(image, {"/.osbx/bin/osbx-execd", "--socket", "/.osbx/slot/other.sock"}));
  EXPECT_EQ(Outcome(execd_->Run({{"command", "echo"}})),
            "No such file or directory: No such file or directory");
  const auto version = execd_->Run({{"argv", {"/.osbx/bin/osbx-execd", "--version"}}});
  EXPECT_EQ(Outcome(version), "complete");
  EXPECT_EQ(execd_->Call("POST", "/pty").status, 501);
  const std::string session =
      json::parse(execd_->Post("/session", json::object()).body).at("session_id");
  EXPECT_EQ(Outcome(execd_->Stream("/session/" + session + "/run", {{"command", "true"}})),
            "No such file or directory: No such file or directory");
  EXPECT_EQ(execd_->Post("/directories", {{"/made", json::object()}}).status, 200);
  const json info = json::parse(execd_->Call("GET", "/files/info?path=/made").body);
  EXPECT_EQ(info.at("/made").at("owner"), "0");
  EXPECT_EQ(execd_->Call("GET", "/metrics").status, 200);
}

}  // namespace
}  // namespace osbx::execd_test

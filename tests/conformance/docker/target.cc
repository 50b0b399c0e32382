// SPDX-License-Identifier: Apache-2.0
#include "conformance/docker/target.h"

#include <cstdlib>
#include <iostream>

#include "base/ids.h"

namespace osbx::docker {
namespace {

using fakes::IsOk;

std::string RealHost() {
  const char* host = std::getenv(kHostVariable);
  return host == nullptr ? std::string() : host;
}

// Imports a busybox image of this machine's static busybox, once.
void EnsureBusybox(Client& client, const std::string& host, const std::string& dir) {
  if (client.InspectImage("busybox")) return;
  const std::string command =
      "set -e; cd '" + dir +
      "'; mkdir -p root/bin root/tmp; cp \"$(command -v busybox)\" root/bin/busybox; "
      "for a in sh sleep cat echo true false; do ln -s busybox root/bin/$a; done; "
      "tar -c -C root . | docker -H '" +
      host + "' import -c 'CMD [\"sh\"]' - busybox >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0) << "needs busybox-static and the docker client";
}

std::vector<Target> Targets() {
  std::vector<Target> targets = {Target::kFake};
  if (!RealHost().empty()) targets.push_back(Target::kReal);
  return targets;
}

}  // namespace

void DockerSuite::SetUp() {
  ClientOptions options;
  // The real engine needs a second for much that the fake does at once.
  options.timeout = std::chrono::seconds(60);
  if (GetParam() == Target::kFake) {
    fake_ = std::make_unique<fakes::FakeDocker>();
    options.host = fake_->Host();
  } else {
    options.host = RealHost();
  }
  auto client = Client::Open(options, RealClock());
  ASSERT_THAT(client, IsOk());
  client_ = *std::move(client);
  run_ = RandomHex(4);
  if (!OnFake()) ASSERT_NO_FATAL_FAILURE(EnsureBusybox(*client_, options.host, dir_ / ""));
}

void DockerSuite::TearDown() {
  if (client_ == nullptr) return;
  const Filters mine = {{"label", {std::string(kRunLabel) + "=" + run_}}};
  const auto containers = client_->ListContainers({.filters = mine});
  ASSERT_THAT(containers, IsOk());
  for (const ContainerSummary& container : *containers) {
    EXPECT_THAT(client_->RemoveContainer(container.id, {.force = true, .volumes = true}), IsOk());
  }
  const auto volumes = client_->ListVolumes(mine);
  ASSERT_THAT(volumes, IsOk());
  for (const VolumeInfo& volume : *volumes) {
    EXPECT_THAT(client_->RemoveVolume(volume.name), IsOk());
  }
  const auto networks = client_->ListNetworks(mine);
  ASSERT_THAT(networks, IsOk());
  for (const NetworkInfo& network : *networks) {
    EXPECT_THAT(client_->RemoveNetwork(network.id), IsOk());
  }
}

std::string DockerSuite::Name(std::string_view suffix) const {
  return "osbx-" + run_ + "-" + std::string(suffix);
}

ContainerSpec DockerSuite::Spec(std::string_view suffix, std::vector<std::string> cmd) const {
  ContainerSpec spec;
  spec.name = Name(suffix);
  spec.image = "busybox";
  spec.cmd = std::move(cmd);
  spec.labels = {{kRunLabel, run_}};
  spec.network_mode = "none";
  return spec;
}

std::string DockerSuite::Create(const ContainerSpec& spec) {
  auto id = client_->CreateContainer(spec);
  EXPECT_THAT(id, IsOk());
  return id.value_or("");
}

std::string DockerSuite::CreateAndStart(const ContainerSpec& spec) {
  std::string id = Create(spec);
  EXPECT_THAT(client_->StartContainer(id), IsOk());
  return id;
}

INSTANTIATE_TEST_SUITE_P(Docker, DockerSuite, ::testing::ValuesIn(Targets()),
                         [](const auto& parameter) {
                           return parameter.param == Target::kFake ? "Fake" : "Real";
                         });

TEST(DockerTargets, ARealEngineIsCoveredInCi) {
  if (!RealHost().empty()) return;
  const char* ci = std::getenv("CI");
  EXPECT_FALSE(ci != nullptr && std::string(ci) == "true")
      << kHostVariable << " names no engine: the fake is not checked against a real one";
  std::cout << "only the fake engine: set " << kHostVariable << "=unix:///… for a real one\n";
}

}  // namespace osbx::docker

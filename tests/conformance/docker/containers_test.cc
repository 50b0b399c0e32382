// SPDX-License-Identifier: Apache-2.0
// Life cycle, views and refusals of containers.
#include <algorithm>

#include <gmock/gmock.h>

#include "conformance/docker/target.h"
#include "fakes/eventually.h"

namespace osbx::docker {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Pair;

int HttpStatusOf(const Result<>& result) {
  return result ? 0 : result.error().http_status();
}

TEST_P(DockerSuite, TheEngineAnswers) {
  EXPECT_THAT(client_->Ping(), IsOk());
  const auto version = client_->Version();
  ASSERT_THAT(version, IsOk());
  EXPECT_EQ(version->os, "linux");
  EXPECT_FALSE(version->engine.empty());
  const auto info = client_->Info();
  ASSERT_THAT(info, IsOk());
  EXPECT_THAT(info->runtimes, Contains("runc"));
  EXPECT_GT(info->cpus, 0);
  EXPECT_GT(info->memory_bytes, 0);
}

TEST_P(DockerSuite, AContainersLifeFromCreateToRemove) {
  const std::string id = Create(Spec("a", Forever()));
  auto info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->id, id);
  EXPECT_EQ(info->name, Name("a"));
  EXPECT_EQ(info->image, "busybox");
  EXPECT_EQ(info->network_mode, "none");
  EXPECT_EQ(info->state.status, ContainerStatus::kCreated);
  EXPECT_EQ(info->state.pid, 0);
  EXPECT_FALSE(info->state.started_at.has_value());
  EXPECT_TRUE(info->created_at.has_value());
  EXPECT_THAT(info->labels, Contains(Pair(kRunLabel, run_)));

  EXPECT_THAT(client_->StartContainer(id), IsOk());
  EXPECT_THAT(client_->StartContainer(id), IsOk());  // already: success
  info = client_->InspectContainer(Name("a"));       // by name too
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state.status, ContainerStatus::kRunning);
  EXPECT_GT(info->state.pid, 0);
  EXPECT_TRUE(info->state.started_at.has_value());

  EXPECT_THAT(client_->StopContainer(id, seconds(0)), IsOk());
  EXPECT_THAT(client_->StopContainer(id, seconds(0)), IsOk());  // already: success
  info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state.status, ContainerStatus::kExited);
  EXPECT_EQ(info->state.exit_code, 137);
  EXPECT_TRUE(info->state.finished_at.has_value());

  EXPECT_THAT(client_->StartContainer(id), IsOk());  // again
  EXPECT_THAT(client_->RemoveContainer(id, {.force = true}), IsOk());
  EXPECT_THAT(client_->InspectContainer(id), StatusIs(Code::kNotFound));
}

TEST_P(DockerSuite, ExitCodesComeFromTheProcess) {
  const std::string id = CreateAndStart(Spec("a", Shell("exit 3")));
  const auto code = client_->WaitContainer(id);
  ASSERT_THAT(code, IsOk());
  EXPECT_EQ(*code, 3);
  const auto info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state.status, ContainerStatus::kExited);
  EXPECT_EQ(info->state.exit_code, 3);
}

TEST_P(DockerSuite, ANameInUseIsAlreadyExists) {
  Create(Spec("a", Forever()));
  const auto again = client_->CreateContainer(Spec("a", Forever()));
  ASSERT_THAT(again, StatusIs(Code::kAlreadyExists));
  EXPECT_EQ(again.error().http_status(), 409);
}

TEST_P(DockerSuite, CreateRefusesBadInput) {
  ContainerSpec spec = Spec("a", Forever());
  spec.image = "osbx-no-such-image:1";
  EXPECT_THAT(client_->CreateContainer(spec), StatusIs(Code::kNotFound));
  spec = Spec("a", Forever());
  spec.image.clear();
  spec.cmd.reset();
  EXPECT_THAT(client_->CreateContainer(spec), StatusIs(Code::kInvalid));
  spec = Spec("a", Forever());
  spec.name += " /";
  EXPECT_THAT(client_->CreateContainer(spec), StatusIs(Code::kInvalid));
  spec = Spec("a", Forever());
  spec.resources.memory_bytes = 1000;
  EXPECT_THAT(client_->CreateContainer(spec), StatusIs(Code::kInvalid));
  spec = Spec("a", Forever());
  spec.mounts = {{.source = dir_ / "missing", .target = "/m"}};
  EXPECT_THAT(client_->CreateContainer(spec), StatusIs(Code::kInvalid));
  spec = Spec("a", Forever());
  spec.network_mode = "container:x";
  spec.ports = {{.container_port = 80, .publish = true}};
  EXPECT_THAT(client_->CreateContainer(spec), StatusIs(Code::kInvalid));
}

TEST_P(DockerSuite, WhatDoesNotExistIsNotFound) {
  const std::string id = Name("none");
  EXPECT_THAT(client_->InspectContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->StartContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->StopContainer(id, seconds(0)), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->KillContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->PauseContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->UnpauseContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->RenameContainer(id, Name("x")), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->UpdateContainer(id, {.memory_bytes = 1 << 25}), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->RemoveContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->WaitContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->StatsContainer(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->ContainerLogs(id, {}, [](OutputStream, std::string_view) { return true; }),
              StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->CreateExec(id, {.argv = {"true"}}), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->InspectExec(id), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->StartExec(id, false), StatusIs(Code::kNotFound));
}

TEST_P(DockerSuite, WhatTheStateForbidsIsAConflict) {
  const std::string id = Create(Spec("a", Forever()));
  EXPECT_THAT(client_->KillContainer(id), StatusIs(Code::kConflict));
  EXPECT_THAT(client_->PauseContainer(id), StatusIs(Code::kConflict));
  EXPECT_THAT(client_->CreateExec(id, {.argv = {"true"}}), StatusIs(Code::kConflict));
  EXPECT_THAT(client_->StopContainer(id, seconds(0)), IsOk());  // never started: as stopped
  ASSERT_THAT(client_->StartContainer(id), IsOk());
  EXPECT_THAT(client_->RemoveContainer(id), StatusIs(Code::kConflict));
  EXPECT_EQ(HttpStatusOf(client_->UnpauseContainer(id)), 500);  // the engine's own choice
  ASSERT_THAT(client_->PauseContainer(id), IsOk());
  EXPECT_THAT(client_->PauseContainer(id), StatusIs(Code::kConflict));
  EXPECT_THAT(client_->StartContainer(id), StatusIs(Code::kConflict));
  EXPECT_THAT(client_->CreateExec(id, {.argv = {"true"}}), StatusIs(Code::kConflict));
  EXPECT_THAT(client_->RemoveContainer(id), StatusIs(Code::kConflict));
}

TEST_P(DockerSuite, PauseAndUnpause) {
  const std::string id = CreateAndStart(Spec("a", Forever()));
  ASSERT_THAT(client_->PauseContainer(id), IsOk());
  auto info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state.status, ContainerStatus::kPaused);
  EXPECT_TRUE(info->state.Running());
  ASSERT_THAT(client_->UnpauseContainer(id), IsOk());
  info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state.status, ContainerStatus::kRunning);
}

TEST_P(DockerSuite, ASignalToAPausedContainerLetsItGoOn) {
  const std::string id = CreateAndStart(Spec("a", Forever()));
  ASSERT_THAT(client_->PauseContainer(id), IsOk());
  ASSERT_THAT(client_->KillContainer(id, "TERM"), IsOk());  // PID 1 ignores it
  EXPECT_TRUE(fakes::Eventually([&] {
    const auto info = client_->InspectContainer(id);
    return info && info->state.status == ContainerStatus::kRunning;
  }));
}

TEST_P(DockerSuite, KillEndsAPausedContainer) {
  const std::string id = CreateAndStart(Spec("a", Forever()));
  ASSERT_THAT(client_->PauseContainer(id), IsOk());
  ASSERT_THAT(client_->KillContainer(id, "SIGKILL"), IsOk());
  const auto code = client_->WaitContainer(id);
  ASSERT_THAT(code, IsOk());
  EXPECT_EQ(*code, 137);
}

TEST_P(DockerSuite, AnUnknownSignalIsInvalid) {
  const std::string id = CreateAndStart(Spec("a", Forever()));
  EXPECT_THAT(client_->KillContainer(id, "NOPE"), StatusIs(Code::kInvalid));
}

TEST_P(DockerSuite, RenameMovesTheName) {
  const std::string id = Create(Spec("a", Forever()));
  Create(Spec("b", Forever()));
  EXPECT_THAT(client_->RenameContainer(id, Name("b")), StatusIs(Code::kAlreadyExists));
  EXPECT_THAT(client_->RenameContainer(id, Name("a")), StatusIs(Code::kInvalid));  // its own
  EXPECT_THAT(client_->RenameContainer(id, "/ "), StatusIs(Code::kInvalid));
  EXPECT_THAT(client_->RenameContainer(id, ""), StatusIs(Code::kInvalid));
  ASSERT_THAT(client_->RenameContainer(id, Name("c")), IsOk());
  EXPECT_THAT(client_->InspectContainer(Name("a")), StatusIs(Code::kNotFound));
  const auto info = client_->InspectContainer(Name("c"));
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->id, id);
}

TEST_P(DockerSuite, LimitsAreSetAndChangedLive) {
  ContainerSpec spec = Spec("a", Forever());
  spec.resources = {.memory_bytes = 32 << 20, .nano_cpus = 500'000'000, .pids_limit = 50};
  const std::string id = CreateAndStart(spec);
  auto info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->resources.memory_bytes, 32 << 20);
  EXPECT_EQ(info->resources.nano_cpus, 500'000'000);
  EXPECT_EQ(info->resources.pids_limit, 50);
  // Far above the former swap limit.
  ASSERT_THAT(client_->UpdateContainer(id, {.memory_bytes = 256 << 20, .pids_limit = 60}), IsOk());
  info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->resources.memory_bytes, 256 << 20);
  EXPECT_EQ(info->resources.nano_cpus, 500'000'000);
  EXPECT_EQ(info->resources.pids_limit, 60);
  EXPECT_THAT(client_->UpdateContainer(id, {.memory_bytes = 100}), StatusIs(Code::kInvalid));
}

TEST_P(DockerSuite, MountsAreShownByInspectAndList) {
  ContainerSpec spec = Spec("a", Forever());
  ASSERT_THAT(client_->CreateVolume({.name = Name("v"), .labels = {{kRunLabel, run_}}}), IsOk());
  spec.mounts = {
      {.source = dir_.Path().string(), .target = "/m", .read_only = true},
      {.type = MountType::kVolume, .source = Name("v"), .target = "/v"},
      {.type = MountType::kTmpfs, .target = "/t", .tmpfs_size_bytes = 1 << 20, .tmpfs_mode = 0700}};
  const std::string id = CreateAndStart(spec);
  const auto info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  const auto list =
      client_->ListContainers({.filters = {{"label", {std::string(kRunLabel) + "=" + run_}}}});
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->size(), 1U);
  for (const auto& mounts : {info->mounts, (*list)[0].mounts}) {
    ASSERT_EQ(mounts.size(), 3U);
    for (const ContainerMount& mount : mounts) {
      EXPECT_EQ(mount.read_only, mount.target == "/m") << mount.target;
      if (mount.target == "/m") {
        EXPECT_EQ(mount.type, MountType::kBind);
        EXPECT_EQ(mount.source, dir_.Path());
        EXPECT_EQ(mount.propagation, "rprivate");
      } else if (mount.target == "/v") {
        EXPECT_EQ(mount.type, MountType::kVolume);
        EXPECT_EQ(mount.name, Name("v"));
      } else {
        EXPECT_EQ(mount.type, MountType::kTmpfs);
      }
    }
  }
  const auto in_use = client_->RemoveVolume(Name("v"));
  EXPECT_THAT(in_use, StatusIs(Code::kConflict));
}

TEST_P(DockerSuite, ListFiltersByLabelAndState) {
  ContainerSpec spec = Spec("a", Forever());
  spec.labels["osbx.dev/x"] = "1";
  const std::string running = CreateAndStart(spec);
  const std::string created = Create(Spec("b", Forever()));
  const std::string mine = std::string(kRunLabel) + "=" + run_;
  const auto ids = [this](const ListOptions& options) {
    std::vector<std::string> found;
    const auto list = client_->ListContainers(options);
    EXPECT_THAT(list, IsOk());
    for (const ContainerSummary& row : list.value_or(std::vector<ContainerSummary>())) {
      found.push_back(row.id);
      EXPECT_EQ(row.image, "busybox");
      EXPECT_TRUE(row.created_at.has_value());
    }
    return found;
  };
  using ::testing::ElementsAre;
  using ::testing::UnorderedElementsAre;
  EXPECT_THAT(ids({.filters = {{"label", {mine}}}}), UnorderedElementsAre(running, created));
  EXPECT_THAT(ids({.all = false, .filters = {{"label", {mine}}}}), ElementsAre(running));
  EXPECT_THAT(ids({.filters = {{"label", {mine, "osbx.dev/x"}}}}), ElementsAre(running));
  EXPECT_THAT(ids({.filters = {{"label", {mine, "osbx.dev/x=2"}}}}), ElementsAre());
  EXPECT_THAT(ids({.filters = {{"label", {mine}}, {"status", {"created"}}}}), ElementsAre(created));
  EXPECT_THAT(ids({.filters = {{"label", {mine}}, {"name", {Name("b")}}}}), ElementsAre(created));
  EXPECT_THAT(client_->ListContainers({.filters = {{"nope", {"x"}}}}), StatusIs(Code::kInvalid));
}

TEST_P(DockerSuite, AStartThatCannotSucceedSaysWhy) {
  ContainerSpec spec = Spec("net", Forever());
  spec.network_mode = Name("no-such-network");
  const std::string no_network = Create(spec);
  EXPECT_THAT(client_->StartContainer(no_network), StatusIs(Code::kNotFound));
  const auto info = client_->InspectContainer(no_network);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state.status, ContainerStatus::kCreated);
  EXPECT_FALSE(info->state.error.empty());

  Create(Spec("holder", Forever()));
  spec = Spec("joins", Forever());
  spec.network_mode = "container:" + Name("holder");
  const std::string joins = Create(spec);
  EXPECT_THAT(client_->StartContainer(joins), StatusIs(Code::kConflict));
  ASSERT_THAT(client_->StartContainer(Name("holder")), IsOk());
  EXPECT_THAT(client_->StartContainer(joins), IsOk());
}

TEST_P(DockerSuite, PublishedPortsAndAddressesShowWhileItRuns) {
  ContainerSpec spec = Spec("a", Forever());
  spec.network_mode = "bridge";
  spec.ports = {{.container_port = 80, .publish = true, .host_ip = "127.0.0.1"},
                {.container_port = 81}};
  const std::string id = CreateAndStart(spec);
  auto info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  ASSERT_EQ(info->ports.size(), 1U);
  EXPECT_EQ(info->ports[0].container_port, 80);
  EXPECT_EQ(info->ports[0].protocol, "tcp");
  EXPECT_EQ(info->ports[0].host_ip, "127.0.0.1");
  EXPECT_GT(info->ports[0].host_port, 0);
  EXPECT_EQ(info->ip_addresses.count("bridge"), 1U);
  ASSERT_THAT(client_->KillContainer(id), IsOk());
  ASSERT_THAT(client_->WaitContainer(id), IsOk());
  EXPECT_TRUE(fakes::Eventually([&] {
    info = client_->InspectContainer(id);
    return info && info->ports.empty() && info->ip_addresses.empty();
  }));
}

TEST_P(DockerSuite, StatsOfARunningOne) {
  const std::string id = CreateAndStart(Spec("a", Forever()));
  const auto stats = client_->StatsContainer(id);
  ASSERT_THAT(stats, IsOk());
  EXPECT_GT(stats->cpu_total_ns, 0U);
  EXPECT_GT(stats->memory_bytes, 0U);
  EXPECT_EQ(stats->pids, 1U);
  EXPECT_GT(stats->online_cpus, 0);
}

}  // namespace
}  // namespace osbx::docker

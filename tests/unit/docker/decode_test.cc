// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/decode.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/matchers.h"

namespace osbx::docker {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::ElementsAre;
using ::testing::Pair;

// As Docker 20.10.24 shows it, shortened.
constexpr char kInspect[] = R"({
  "Id": "fac9e230", "Created": "2026-11-24T16:40:33.215538318Z", "Name": "/c9", "RestartCount": 2,
  "State": {"Status": "exited", "Running": false, "Paused": false, "OOMKilled": true, "Pid": 0,
            "ExitCode": 137, "Error": "boom", "StartedAt": "2026-11-24T16:40:33.459246337Z",
            "FinishedAt": "0001-01-01T00:00:00Z"},
  "Image": "sha256:666b",
  "HostConfig": {"NetworkMode": "none", "Memory": 50000000, "NanoCpus": 5, "PidsLimit": null},
  "Mounts": [
    {"Type": "tmpfs", "Source": "", "Destination": "/t", "Mode": "", "RW": true, "Propagation": ""},
    {"Type": "volume", "Name": "v1", "Source": "/d/v1/_data", "Destination": "/v", "RW": true},
    {"Type": "bind", "Source": "/s", "Destination": "/m", "RW": false, "Propagation": "rslave"}],
  "Config": {"Env": ["KEY=hush-hush"], "Image": "busybox", "Labels": {"a": "b"}},
  "NetworkSettings": {
    "Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "81/udp": null},
    "Networks": {"bridge": {"IPAddress": "172.17.0.2"}, "other": {"IPAddress": ""}}}})";

TEST(DecodeContainer, ReadsWhatInspectShows) {
  const Result<ContainerInfo> info = DecodeContainer(kInspect);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->id, "fac9e230");
  EXPECT_EQ(info->name, "c9");
  EXPECT_EQ(info->image, "busybox");
  EXPECT_EQ(info->image_id, "sha256:666b");
  EXPECT_TRUE(info->created_at.has_value());
  EXPECT_THAT(info->labels, ElementsAre(Pair("a", "b")));
  EXPECT_EQ(info->state.status, ContainerStatus::kExited);
  EXPECT_FALSE(info->state.Running());
  EXPECT_TRUE(info->state.oom_killed);
  EXPECT_EQ(info->state.exit_code, 137);
  EXPECT_EQ(info->state.error, "boom");
  EXPECT_TRUE(info->state.started_at.has_value());
  EXPECT_FALSE(info->state.finished_at.has_value());
  ASSERT_EQ(info->mounts.size(), 3U);
  EXPECT_EQ(info->mounts[0].type, MountType::kTmpfs);
  EXPECT_EQ(info->mounts[1].name, "v1");
  EXPECT_FALSE(info->mounts[1].read_only);
  EXPECT_EQ(info->mounts[2].type, MountType::kBind);
  EXPECT_EQ(info->mounts[2].source, "/s");
  EXPECT_EQ(info->mounts[2].target, "/m");
  EXPECT_TRUE(info->mounts[2].read_only);
  EXPECT_EQ(info->mounts[2].propagation, "rslave");
  EXPECT_THAT(info->ip_addresses, ElementsAre(Pair("bridge", "172.17.0.2")));
  ASSERT_EQ(info->ports.size(), 1U);
  EXPECT_EQ(info->ports[0].container_port, 80);
  EXPECT_EQ(info->ports[0].protocol, "tcp");
  EXPECT_EQ(info->ports[0].host_ip, "127.0.0.1");
  EXPECT_EQ(info->ports[0].host_port, 32768);
  EXPECT_EQ(info->resources.memory_bytes, 50'000'000);
  EXPECT_EQ(info->resources.nano_cpus, 5);
  EXPECT_EQ(info->resources.pids_limit, 0);
  EXPECT_EQ(info->restart_count, 2);
}

TEST(DecodeContainer, MistypedFieldsGiveDefaults) {
  const Result<ContainerInfo> info = DecodeContainer(
      R"({"Id": "x", "Name": 5, "State": [], "Mounts": {"a": 1}, "RestartCount": 99999999999,
          "Config": null, "NetworkSettings": {"Ports": {"x": [{"HostPort": "70000"}], "": [1]}}})");
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->name, "");
  EXPECT_EQ(info->state.status, ContainerStatus::kUnknown);
  EXPECT_EQ(info->restart_count, 0);
  for (const PublishedPort& port : info->ports) EXPECT_EQ(port.host_port, 0);
}

TEST(DecodeContainer, NonsenseIsInternal) {
  for (const char* body : {"", "null", "[]", "{", "\xff\xfe", "{}", "[[[[[["}) {
    EXPECT_THAT(DecodeContainer(body), StatusIs(Code::kInternal)) << body;
  }
  EXPECT_THAT(DecodeContainer(std::string(100'000, '[')), StatusIs(Code::kInternal));
  EXPECT_THAT(DecodeContainerList("{}"), StatusIs(Code::kInternal));
  EXPECT_THAT(DecodeExitCode(R"({"StatusCode": "0"})"), StatusIs(Code::kInternal));
  EXPECT_THAT(DecodeId(R"({"Id": ""})"), StatusIs(Code::kInternal));
}

TEST(DecodeContainerList, TakesTheOwnNameNotALinkedOne) {
  const auto list = DecodeContainerList(
      R"([{"Id": "1", "Names": ["/other/alias", "/own"], "State": "running", "Created": 1795538433,
           "Labels": {"a": "b"}, "Mounts": [{"Type": "bind", "Source": "/s"}]}, {"Names": []}])");
  ASSERT_THAT(list, IsOk());
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ((*list)[0].name, "own");
  EXPECT_EQ((*list)[0].status, ContainerStatus::kRunning);
  EXPECT_EQ((*list)[0].mounts[0].source, "/s");
}

TEST(ContainerStatusWords, RoundTrip) {
  for (const char* word :
       {"created", "running", "paused", "restarting", "removing", "exited", "dead"}) {
    EXPECT_EQ(ContainerStatusName(ParseContainerStatus(word)), word);
  }
  EXPECT_EQ(ParseContainerStatus("flying"), ContainerStatus::kUnknown);
}

TEST(DecodeMessage, FallsBackToTheBody) {
  EXPECT_EQ(DecodeMessage(R"({"message":"no"})"), "no");
  EXPECT_EQ(DecodeMessage("plain"), "plain");
  EXPECT_EQ(DecodeMessage(std::string(5000, 'x')).size(), 2048U);
}

}  // namespace
}  // namespace osbx::docker

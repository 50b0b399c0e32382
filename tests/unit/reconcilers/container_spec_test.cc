// SPDX-License-Identifier: Apache-2.0
// What the container of a sandbox looks like to the engine, one setting at a time.
#include "reconcilers/sandbox/container_spec.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/reason.h"
#include "base/unique_fd.h"
#include "drivers/docker/encode.h"
#include "fakes/matchers.h"

namespace osbx::reconcilers {
namespace {

using ::testing::IsEmpty;

struct Inputs {
  api::v1::Sandbox sandbox;
  ContainerParts parts;
  ContainerDefaults defaults;
};

Inputs Plain() {
  Inputs in;
  in.sandbox.metadata.name = "a";
  in.sandbox.metadata.namespace_ = "default";
  in.sandbox.metadata.uid = "u1";
  in.sandbox.spec.image = "busybox";
  in.parts.command = {"sleep", "9"};
  in.parts.slot_path = "/run/slots/u1";
  in.defaults.execd_path = "/usr/libexec/osbx-execd";
  return in;
}

// The body of the create call.
Json Body(const Inputs& in) {
  const auto spec = BuildContainer(in.sandbox, in.parts, in.defaults);
  EXPECT_TRUE(spec.has_value());
  return spec ? docker::Encode(*spec) : Json();
}

struct Row {
  const char* name;
  std::function<void(Inputs&)> change;
  const char* where;     // JSON pointer into the create body
  const char* expected;  // JSON; null: absent
};

TEST(BuildContainer, EverySettingReachesTheEngine) {
  const Row rows[] = {
      {"no runtime is the engine's choice", [](Inputs&) {}, "/HostConfig/Runtime", "null"},
      {"the host's runtime", [](Inputs& in) { in.defaults.runtime = "runsc"; },
       "/HostConfig/Runtime", R"("runsc")"},
      {"a sandbox's own runtime wins",
       [](Inputs& in) {
         in.defaults.runtime = "runsc";
         in.sandbox.spec.runtime = "kata-runtime";
       },
       "/HostConfig/Runtime", R"("kata-runtime")"},
      {"privileges are not gained by default", [](Inputs&) {}, "/HostConfig/SecurityOpt",
       R"(["no-new-privileges=true"])"},
      {"… unless the host says so", [](Inputs& in) { in.defaults.no_new_privileges = false; },
       "/HostConfig/SecurityOpt", "null"},
      {"AppArmor and seccomp profiles",
       [](Inputs& in) {
         in.defaults.apparmor_profile = "osbx";
         in.defaults.seccomp_profile = "unconfined";
       },
       "/HostConfig/SecurityOpt",
       R"(["no-new-privileges=true","apparmor=osbx","seccomp=unconfined"])"},
      {"dropped capabilities",
       [](Inputs& in) {
         in.defaults.drop_capabilities = {"NET_RAW", "MKNOD"};
       },
       "/HostConfig/CapDrop", R"(["NET_RAW","MKNOD"])"},
      {"a limit of processes by default", [](Inputs&) {}, "/HostConfig/PidsLimit", "4096"},
      {"… another", [](Inputs& in) { in.defaults.pids_limit = 7; }, "/HostConfig/PidsLimit", "7"},
      {"… none", [](Inputs& in) { in.defaults.pids_limit = 0; }, "/HostConfig/PidsLimit", "null"},
      {"no devices by default", [](Inputs&) {}, "/HostConfig/DeviceRequests", "null"},
      {"two GPUs",
       [](Inputs& in) {
         in.sandbox.spec.resources = api::v1::Resources{.limits = {{"gpu", "2"}}};
       },
       "/HostConfig/DeviceRequests", R"([{"Count":2,"Capabilities":[["gpu"]]}])"},
      {"all GPUs",
       [](Inputs& in) {
         in.sandbox.spec.resources = api::v1::Resources{.limits = {{"gpu", "all"}}};
       },
       "/HostConfig/DeviceRequests/0/Count", "-1"},
      {"memory and cpu",
       [](Inputs& in) {
         in.sandbox.spec.resources =
             api::v1::Resources{.limits = {{"memory", "64Mi"}, {"cpu", "250m"}}};
       },
       "/HostConfig/Memory", "67108864"},
      {"cpu in billionths",
       [](Inputs& in) {
         in.sandbox.spec.resources = api::v1::Resources{.limits = {{"cpu", "250m"}}};
       },
       "/HostConfig/NanoCpus", "250000000"},
      {"the engine restarts nothing", [](Inputs&) {}, "/HostConfig/RestartPolicy/Name", R"("no")"},
      {"the network of the host's settings", [](Inputs& in) { in.defaults.network_mode = "mine"; },
       "/HostConfig/NetworkMode", R"("mine")"},
      {"a name inside", [](Inputs&) {}, "/Hostname", R"("a")"},
      {"… but not in the host's network", [](Inputs& in) { in.defaults.network_mode = "host"; },
       "/Hostname", "null"},
      {"nothing is published by default", [](Inputs&) {}, "/HostConfig/PortBindings", "null"},
      {"execd is behind its socket alone", [](Inputs&) {}, "/Entrypoint",
       R"(["/.osbx/execd","--socket","/.osbx/slot/run/execd.sock","--"])"},
      {"published ports",
       [](Inputs& in) {
         in.parts.ports = {{.container_port = kExecdPort,
                            .publish = true,
                            .host_ip = "127.0.0.1",
                            .host_port = 40007}};
       },
       "/HostConfig/PortBindings", R"({"44772/tcp":[{"HostIp":"127.0.0.1","HostPort":"40007"}]})"},
      {"execd listens on the published port",
       [](Inputs& in) {
         in.parts.ports = {{.container_port = kExecdPort, .publish = true, .host_port = 40007}};
       },
       "/Entrypoint",
       R"(["/.osbx/execd","--socket","/.osbx/slot/run/execd.sock","--port","44772","--"])"},
      {"docker.sandbox_binds come before the sandbox's volumes",
       [](Inputs& in) {
         in.defaults.mounts = {{.source = "/etc/ssl", .target = "/etc/ssl", .read_only = true}};
         in.parts.volumes = {{.source = "/data", .target = "/data"}};
       },
       "/HostConfig/Mounts/2/Source", R"("/etc/ssl")"},
      {"… read-only when they say so",
       [](Inputs& in) {
         in.defaults.mounts = {{.source = "/etc/ssl", .target = "/etc/ssl", .read_only = true}};
       },
       "/HostConfig/Mounts/2/ReadOnly", "true"},
      {"a Docker volume",
       [](Inputs& in) {
         in.parts.volumes = {
             {.type = docker::MountType::kVolume, .source = "scratch", .target = "/scratch"}};
       },
       "/HostConfig/Mounts/2/Type", R"("volume")"},
      {"a platform",
       [](Inputs& in) { in.sandbox.spec.platform = api::v1::Platform{.os = "", .arch = "arm64"}; },
       "/Image", R"("busybox")"},
  };
  for (const Row& row : rows) {
    Inputs in = Plain();
    row.change(in);
    const Json body = Body(in);
    const Json::json_pointer where(row.where);
    const Json found = body.contains(where) ? body.at(where) : Json();
    EXPECT_EQ(found, Json::parse(row.expected)) << row.name;
  }
}

TEST(BuildContainer, TheSandboxesOwnVariablesWin) {
  Inputs in = Plain();
  in.defaults.env = {{"A", "host"}, {"B", "host"}};
  in.sandbox.spec.env = {{.name = "A", .value = "own"}};
  std::map<std::string, std::string> env;
  const auto spec = BuildContainer(in.sandbox, in.parts, in.defaults);
  ASSERT_THAT(spec, fakes::IsOk());
  for (const auto& [name, value] : spec->env) env[name] = value.Reveal();
  EXPECT_EQ(env["A"], "own");
  EXPECT_EQ(env["B"], "host");
  EXPECT_EQ(env["OSBX_SANDBOX_NAME"], "a");
}

TEST(BuildContainer, RefusesWhatTheEngineCannotTakeByField) {
  Inputs in = Plain();
  in.parts.command.clear();
  EXPECT_THAT(BuildContainer(in.sandbox, in.parts, in.defaults), fakes::StatusIs(Code::kInvalid));
  in = Plain();
  in.sandbox.spec.resources = api::v1::Resources{.limits = {{"gpu", "0"}}};
  EXPECT_THAT(BuildContainer(in.sandbox, in.parts, in.defaults), fakes::StatusIs(Code::kInvalid));
}

TEST(BuildContainer, KnowsTheNetworksThatSomebodyMade) {
  for (const char* own : {"", "default", "bridge", "host", "none", "container:abc"}) {
    EXPECT_EQ(UserNetworkOf(own), "") << own;
  }
  EXPECT_EQ(UserNetworkOf("team"), "team");
}

TEST(HostPorts, AreFreeAndInTheRange) {
  EXPECT_THAT(*ChooseHostPorts({}), IsEmpty());
  const PublishOptions options{
      .enabled = true, .host_ip = "127.0.0.1", .first_port = 41000, .last_port = 41200};
  const auto ports = ChooseHostPorts(options);
  ASSERT_THAT(ports, fakes::IsOk());
  ASSERT_EQ(ports->size(), 2U);
  EXPECT_EQ((*ports)[0].container_port, kExecdPort);
  EXPECT_EQ((*ports)[1].container_port, kWebPort);
  for (const docker::PortSpec& port : *ports) {
    EXPECT_GE(port.host_port, options.first_port);
    EXPECT_LE(port.host_port, options.last_port);
    EXPECT_EQ(port.host_ip, "127.0.0.1");
  }
  EXPECT_NE((*ports)[0].host_port, (*ports)[1].host_port);
}

TEST(HostPorts, ATakenPortIsNotFree) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM, 0));
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener.Get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener.Get(), 1), 0);
  ASSERT_EQ(getsockname(listener.Get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const docker::PortSpec taken{.container_port = 1, .host_ip = "127.0.0.1", .host_port = port};
  EXPECT_FALSE(AllFree(std::span(&taken, 1)));
  const auto none = ChooseHostPorts(
      {.enabled = true, .host_ip = "127.0.0.1", .first_port = port, .last_port = port});
  EXPECT_THAT(none, fakes::StatusIs(Code::kExhausted));
  EXPECT_EQ(ReasonOf(none.error()), reason::kNoFreePort);
}

}  // namespace
}  // namespace osbx::reconcilers

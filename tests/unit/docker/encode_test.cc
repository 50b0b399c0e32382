// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/encode.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "fakes/matchers.h"

namespace osbx::docker {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

TEST(EncodeContainer, ASmallSpecLeavesEverythingElseToTheEngine) {
  ContainerSpec spec;
  spec.image = "busybox";
  EXPECT_EQ(Encode(spec), Json::parse(R"({
    "Image": "busybox",
    "HostConfig": {"RestartPolicy": {"Name": "no"}}})"));
}

TEST(EncodeContainer, AFullSpec) {
  ContainerSpec spec;
  spec.name = "not in the body";
  spec.image = "python:3.11";
  spec.entrypoint = {"/opt/osbx/execd"};
  spec.cmd = {"tail", "-f", "/dev/null"};
  spec.env = {{"A", Secret("1=2")}, {"EMPTY", Secret("")}};
  spec.labels = {{"osbx.dev/uid", "u"}};
  spec.working_dir = "/w";
  spec.user = "1000:1000";
  spec.hostname = "box";
  spec.stop_signal = "SIGINT";
  spec.mounts = {{MountType::kBind, "/src:x", "/dst", true, Propagation::kSlave, 0, 0},
                 {MountType::kVolume, "data", "/data", false, Propagation::kPrivate, 0, 0},
                 {MountType::kTmpfs, "", "/tmp", false, Propagation::kPrivate, 1024, 0700}};
  spec.tmpfs = {{"/run", "size=1m"}};
  spec.resources = {1 << 30, 1'500'000'000, 4096};
  spec.gpus = -1;
  spec.cap_add = {"SYS_ADMIN"};
  spec.cap_drop = {"NET_RAW"};
  spec.security_opt = {"no-new-privileges=true"};
  spec.masked_paths.emplace();
  spec.network_mode = "bridge";
  spec.ports = {
      {44772, "tcp", true, "127.0.0.1", 0}, {53, "udp", true, "", 5353}, {80, "tcp", false, "", 0}};
  spec.extra_hosts = {"db:10.0.0.1"};
  spec.dns = {"1.1.1.1"};
  spec.sysctls = {{"net.ipv6.conf.all.disable_ipv6", "1"}};
  spec.log_driver = "local";
  spec.log_options = {{"max-size", "10m"}};
  spec.runtime = "runsc";
  spec.cgroup_parent = "/osbx";
  spec.shm_size_bytes = 64;
  spec.read_only_rootfs = true;
  spec.init = false;
  spec.ipc_mode = "none";
  spec.tty = true;
  spec.devices = {"/dev/fuse"};
  EXPECT_EQ(Encode(spec), Json::parse(R"({
    "Image": "python:3.11",
    "Entrypoint": ["/opt/osbx/execd"],
    "Cmd": ["tail", "-f", "/dev/null"],
    "Env": ["A=1=2", "EMPTY="],
    "Labels": {"osbx.dev/uid": "u"},
    "WorkingDir": "/w",
    "User": "1000:1000",
    "Hostname": "box",
    "StopSignal": "SIGINT",
    "Tty": true,
    "ExposedPorts": {"44772/tcp": {}, "53/udp": {}, "80/tcp": {}},
    "HostConfig": {
      "RestartPolicy": {"Name": "no"},
      "Mounts": [
        {"Type": "bind", "Source": "/src:x", "Target": "/dst", "ReadOnly": true,
         "BindOptions": {"Propagation": "rslave"}},
        {"Type": "volume", "Source": "data", "Target": "/data", "ReadOnly": false},
        {"Type": "tmpfs", "Target": "/tmp", "ReadOnly": false,
         "TmpfsOptions": {"SizeBytes": 1024, "Mode": 448}}],
      "Tmpfs": {"/run": "size=1m"},
      "Memory": 1073741824, "MemorySwap": 2147483648, "NanoCpus": 1500000000, "PidsLimit": 4096,
      "DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}],
      "CapAdd": ["SYS_ADMIN"], "CapDrop": ["NET_RAW"],
      "SecurityOpt": ["no-new-privileges=true"],
      "MaskedPaths": [],
      "NetworkMode": "bridge",
      "PortBindings": {"44772/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
                       "53/udp": [{"HostIp": "", "HostPort": "5353"}]},
      "ExtraHosts": ["db:10.0.0.1"],
      "Dns": ["1.1.1.1"],
      "Sysctls": {"net.ipv6.conf.all.disable_ipv6": "1"},
      "LogConfig": {"Type": "local", "Config": {"max-size": "10m"}},
      "Runtime": "runsc", "CgroupParent": "/osbx", "ShmSize": 64, "ReadonlyRootfs": true,
      "Init": false, "IpcMode": "none",
      "Devices": [{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse",
                   "CgroupPermissions": "rwm"}]}})"));
}

TEST(EncodeContainer, NeverUsesBinds) {
  ContainerSpec spec;
  spec.mounts = {{MountType::kBind, "/a", "/b", false, Propagation::kPrivate, 0, 0}};
  EXPECT_FALSE(Encode(spec)["HostConfig"].contains("Binds"));
}

TEST(EncodeBody, TextThatIsNotUtf8IsInvalid) {
  ContainerSpec spec;
  spec.image = "busybox";
  spec.env = {{"A", Secret("\xff")}};
  EXPECT_THAT(ToBody(Encode(spec)), StatusIs(Code::kInvalid));
  spec.env = {{"A", Secret("ü")}};
  EXPECT_THAT(ToBody(Encode(spec)), IsOk());
}

TEST(EncodeAuth, IsUrlSafeBase64OfJson) {
  EXPECT_TRUE(EncodeAuth(RegistryAuth{}).Empty());
  RegistryAuth auth;
  auth.username = "u";
  auth.password = Secret("p?~?>>>");  // '/' and '+' in the standard alphabet
  std::string text(EncodeAuth(auth).Reveal());
  EXPECT_EQ(text.find_first_of("+/"), std::string::npos);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  ASSERT_TRUE(DecodeBase64(text));
  EXPECT_EQ(Json::parse(*DecodeBase64(text)),
            Json::parse(R"({"username": "u", "password": "p?~?>>>"})"));
}

TEST(UrlEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(UrlEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(UrlEncode("a/b c?&\xff"), "a%2Fb%20c%3F%26%FF");
}

TEST(Filters, AreCompactJson) {
  EXPECT_EQ(EncodeFilters({{"label", {"a=b", "c"}}, {"type", {"container"}}}),
            R"({"label":["a=b","c"],"type":["container"]})");
}

TEST(NanoText, KeepsLeadingZerosOfTheFraction) {
  EXPECT_EQ(NanoText(1'700'000'000'000'000'001), "1700000000.000000001");
}

TEST(SplitReference, FindsTagOrDigest) {
  struct Case {
    std::string reference, repository, tag;
  };
  const Case cases[] = {
      {"busybox", "busybox", "latest"},
      {"python:3.11", "python", "3.11"},
      {"host:5000/a/b", "host:5000/a/b", "latest"},
      {"host:5000/a/b:v1", "host:5000/a/b", "v1"},
      {"a@sha256:00", "a", "sha256:00"},
      {"host:5000/a:v1@sha256:00", "host:5000/a", "sha256:00"},
      {"host:5000/a@sha256:00", "host:5000/a", "sha256:00"},
  };
  for (const Case& row : cases) {
    const ImageReference split = SplitReference(row.reference);
    EXPECT_EQ(split.repository, row.repository) << row.reference;
    EXPECT_EQ(split.tag, row.tag) << row.reference;
  }
}

}  // namespace
}  // namespace osbx::docker

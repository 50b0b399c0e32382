// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osbx::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Config, AnOpenSandboxFileWorksUnchanged) {
  const auto loaded = Parse(R"(
[server]
host = "0.0.0.0"
port = 9090
api_key = "k"
eip = "1.2.3.4"
[runtime]
type = "docker"
execd_image = "opensandbox/execd:v1"
[docker]
network_mode = "host"
pids_limit = 100
[docker.sandbox_env]
A = "b"
[storage]
allowed_host_paths = ["/data/"]
ossfs_mount_root = "/mnt/x/"
[renew_intent]
enabled = false
min_interval_seconds = 5
[kubernetes]
anything = 1
)",
                            "f.toml", {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  EXPECT_EQ(loaded->config.server.port, 9090);
  EXPECT_EQ(loaded->config.server.api_key, Secret("k"));
  EXPECT_EQ(loaded->config.docker.network_mode, "host");
  EXPECT_EQ(loaded->config.docker.sandbox_env.at("A"), "b");
  EXPECT_THAT(loaded->config.storage.allowed_host_paths, ElementsAre("/data"));
  EXPECT_EQ(loaded->config.storage.ossfs_mount_root, "/mnt/x");
  EXPECT_FALSE(loaded->config.renew.enabled);
  EXPECT_EQ(loaded->config.renew.min_interval, std::chrono::seconds(5));
  EXPECT_THAT(loaded->unknown, IsEmpty());
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("kubernetes has no effect"),
                                            HasSubstr("f.toml:9: runtime.execd_image"),
                                            HasSubstr("f.toml:6: server.eip")));
}

TEST(Config, UnknownKeysAreNamedWithTheirLine) {
  const auto loaded = Parse("[server]\nport = 1\nprot = 2\n[frob]\nx = 1\n", "f.toml", {});
  ASSERT_TRUE(loaded.has_value());
  EXPECT_THAT(loaded->unknown, ElementsAre(HasSubstr("f.toml:5: unknown key frob.x"),
                                           HasSubstr("f.toml:3: unknown key server.prot")));
}

TEST(Config, WrongValuesNameFileLineAndKey) {
  struct Row {
    const char* text;
    const char* expected;
  };
  for (const Row& row :
       {Row{"[server]\nport = \"x\"", "f.toml:2: server.port: must be an integer"},
        Row{"[server]\nport = 70000", "f.toml:2: server.port: must be between 0 and 65535"},
        Row{"[runtime]\ntype = \"kubernetes\"", "f.toml:2: runtime.type: must be \"docker\""},
        Row{"[storage]\nossfs_mount_root = \"rel\"", "ossfs_mount_root: must be an absolute path"},
        Row{"[log]\nlevel = \"LOUD\"", "log.level: must be one of"},
        Row{"[server\nport = 1", "f.toml:1:"}}) {
    const auto loaded = Parse(row.text, "f.toml", {});
    ASSERT_FALSE(loaded.has_value()) << row.text;
    EXPECT_EQ(loaded.error().code(), Code::kInvalid);
    EXPECT_THAT(loaded.error().message(), HasSubstr(row.expected));
  }
}

TEST(Config, RefusesToListenOpenlyWithoutAKey) {
  EXPECT_FALSE(Parse("[server]\nhost = \"0.0.0.0\"", "f", {}).has_value());
  EXPECT_TRUE(Parse("[server]\nhost = \"0.0.0.0\"", "f", {.api_key = "k"}).has_value());
  EXPECT_TRUE(Parse("[server]\nhost = \"0.0.0.0\"", "f", {.insecure_server = true}).has_value());
  EXPECT_TRUE(Parse("[server]\nhost = \"127.0.0.1\"", "f", {}).has_value());
}

TEST(Config, TheAnnotatedSampleIsKnownInEveryKeyAndEqualsTheDefaults) {
  const auto loaded = Load(OSBX_SOURCE_DIR "/manifests/osbxd.toml", {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  EXPECT_THAT(loaded->unknown, IsEmpty());
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(loaded->config.server.port, ServerConfig{}.port);
  EXPECT_EQ(loaded->config.docker.drop_capabilities, DockerConfig{}.drop_capabilities);
  EXPECT_EQ(loaded->config.mounts.gc_grace, MountConfig{}.gc_grace);
  EXPECT_EQ(loaded->config.paths.store, PathsConfig{}.store);
  EXPECT_EQ(loaded->config.renew.enabled, RenewConfig{}.enabled);
  EXPECT_EQ(loaded->config.renew.min_interval, RenewConfig{}.min_interval);
}

TEST(Config, ANamedFileThatIsMissingIsAnError) {
  EXPECT_EQ(Load("/nonexistent/x.toml", {}).error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace osbx::config

// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/settings.h"

namespace osbx::config {
namespace {

using ::testing::AllOf;
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
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("f.toml:6: server.eip"),
                                            HasSubstr("f.toml:9: runtime.execd_image"),
                                            HasSubstr("kubernetes has no effect")));
}

TEST(Config, UnknownKeysAreNamedWithTheirLine) {
  const auto loaded = Parse("[server]\nport = 1\nprot = 2\n[frob]\nx = 1\n", "f.toml", {});
  ASSERT_TRUE(loaded.has_value());
  EXPECT_THAT(loaded->unknown, ElementsAre(HasSubstr("f.toml:3: unknown key server.prot"),
                                           HasSubstr("f.toml:5: unknown key frob.x")));
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
        Row{"[server]\nhost = \"everywhere\"", "f.toml:2: server.host: must be an IPv4"},
        Row{"[docker]\nsandbox_binds = [\"/a:/b\", \"/a\"]", "f.toml:2: docker.sandbox_binds:"},
        Row{"[osbx.server]\ntls_key_file = \"/k\"", "f.toml:2: osbx.server.tls_key_file: goes"},
        Row{"[server\nport = 1", "f.toml:1:"}}) {
    const auto loaded = Parse(row.text, "f.toml", {});
    ASSERT_FALSE(loaded.has_value()) << row.text;
    EXPECT_EQ(loaded.error().code(), Code::kInvalid);
    EXPECT_THAT(loaded.error().message(), HasSubstr(row.expected));
  }
}

class ConfigFile : public ::testing::Test {
 protected:
  ConfigFile() { std::filesystem::create_directories(directory_); }
  ~ConfigFile() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& text) const { std::ofstream(Path()) << text; }
  std::string Path() const { return directory_ + "/f.toml"; }

 private:
  const std::string directory_ = ::testing::TempDir() + "config." + std::to_string(getpid());
};

TEST_F(ConfigFile, ACheckNamesEveryErrorInTheOrderOfTheFile) {
  Write(
      "[server]\nhost = \"0.0.0.0\"\nport = \"x\"\nprot = 2\neip = \"1.2.3.4\"\n"
      "[log]\nlevel = \"LOUD\"\n[docker]\npids_limit = -1\n");
  const auto found = Check(Path(), {});
  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_THAT(found->errors,
              ElementsAre(HasSubstr("f.toml:2: server.host: refusing to listen on 0.0.0.0"),
                          HasSubstr("f.toml:3: server.port: must be an integer"),
                          HasSubstr("f.toml:4: unknown key server.prot"),
                          HasSubstr("f.toml:7: log.level: must be one of"),
                          HasSubstr("f.toml:9: docker.pids_limit: must be between")));
  EXPECT_THAT(found->warnings, ElementsAre(HasSubstr("f.toml:5: server.eip has no effect")));
  const auto loaded = Load(Path(), {});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_THAT(loaded.error().message(), AllOf(HasSubstr(":3: "), HasSubstr(":7: ")));
}

TEST_F(ConfigFile, ACheckOfASoundFileFindsNothing) {
  Write("[server]\nport = 1\n");
  const auto found = Check(Path(), {});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path, Path());
  EXPECT_THAT(found->errors, IsEmpty());
}

TEST(Config, ADirectoryIsNoFile) {
  EXPECT_EQ(Load("/", {}).error().code(), Code::kNotFound);
}

TEST(Config, EverySettingIsDescribedAndInTheAnnotatedSample) {
  std::ifstream file(OSBX_SOURCE_DIR "/manifests/osbxd.toml");
  const std::string sample{std::istreambuf_iterator<char>(file), {}};
  for (const Setting& setting : AllSettings()) {
    if (setting.set == nullptr) {
      EXPECT_FALSE(setting.because.empty()) << setting.key;
      continue;
    }
    EXPECT_FALSE(setting.meaning.empty()) << setting.key;
    EXPECT_FALSE(setting.type.empty()) << setting.key;
    const bool shows = setting.show != nullptr && !setting.show(Config{}).empty();
    EXPECT_NE(shows, !setting.shown.empty()) << setting.key << ": one default, not two";
    std::string_view name = setting.key;
    if (name.ends_with(".*")) name.remove_suffix(2);
    EXPECT_THAT(sample, HasSubstr(std::string(name.substr(name.rfind('.') + 1)))) << setting.key;
  }
}

TEST(Config, ABindIsSourceTargetAndMode) {
  const auto bind = ParseBind("/a:/b:ro");
  ASSERT_TRUE(bind.has_value());
  EXPECT_EQ(bind->source, "/a");
  EXPECT_EQ(bind->target, "/b");
  EXPECT_TRUE(bind->read_only);
  EXPECT_FALSE(ParseBind("/a:/b")->read_only);
  for (const char* wrong : {"", "/a", "a:/b", "/a:b", "/a:/b:rx", "/a:"})
    EXPECT_FALSE(ParseBind(wrong).has_value()) << wrong;
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

// SPDX-License-Identifier: Apache-2.0
// Encoders against golden files: each file below tests/data/mount holds a source and the command
// and credential file it must become, byte by byte.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "drivers/mount/backend.h"

namespace osbx::mount {
namespace {

std::vector<std::string> Strings(const YAML::Node& node) {
  return node ? node.as<std::vector<std::string>>() : std::vector<std::string>();
}

class EncodeTest : public ::testing::TestWithParam<std::string> {};

TEST_P(EncodeTest, IsExactlyTheGoldenCommand) {
  const YAML::Node golden = YAML::LoadFile(std::string(OSBX_TEST_DATA) + "/mount/" + GetParam());
  const YAML::Node from = golden["source"];
  const OssfsSource source{from["version"].as<std::string>(), from["endpoint"].as<std::string>(),
                           from["bucket"].as<std::string>(), from["prefix"].as<std::string>(""),
                           Strings(from["options"])};
  EXPECT_THAT(Validate(source), ::testing::IsEmpty());
  const MountSpec spec{MakeIdentity(source, "f00"), golden["target"].as<std::string>()};
  const Credentials keys{Secret(golden["keys"]["id"].as<std::string>()),
                         Secret(golden["keys"]["secret"].as<std::string>()), Secret()};
  EXPECT_THAT(ValidateCredentials(spec.identity, keys), ::testing::IsEmpty());

  const Backend* backend = FindBackend(spec.identity.backend, spec.identity.version);
  ASSERT_NE(backend, nullptr);
  const Additions additions = golden["additions"].as<bool>(true) ? Additions{} : kNoAdditions;
  const MountCommand command = backend->encode(spec, keys, {"/creds/file", "/logs"}, additions);
  EXPECT_EQ(command.argv, Strings(golden["argv"]));
  ASSERT_EQ(command.files.size(), 1U);
  EXPECT_EQ(command.files[0].path, "/creds/file");
  EXPECT_EQ(command.files[0].mode, 0600U);
  EXPECT_EQ(command.files[0].text.Reveal(), golden["file"].as<std::string>());
  EXPECT_THAT(command.env, ::testing::IsEmpty());
}

std::vector<std::string> GoldenFiles() {
  std::vector<std::string> files;
  for (const char* backend : {"ossfs1", "ossfs2"})
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(OSBX_TEST_DATA) + "/mount/" + backend))
      files.push_back(std::string(backend) + "/" + entry.path().filename().string());
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Golden, EncodeTest, ::testing::ValuesIn(GoldenFiles()),
                         [](const auto& info) {
                           std::string name = info.param.substr(0, info.param.rfind('.'));
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

}  // namespace
}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
// The generator as the build runs it: a program.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osbx::api {
namespace {

using testing::HasSubstr;

std::string Read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Schemagen : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "schemagen-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // Exit status; what it says is in directory_/log.
  int Run(const std::filesystem::path& schema) const {
    const std::string command = std::string("'") + OSBX_BINARY_DIR + "/osbx-schemagen' '" +
                                (directory_ / "out").string() + "' '" + schema.string() + "' >'" +
                                (directory_ / "log").string() + "' 2>&1";
    const int status = std::system(command.c_str());
    return WEXITSTATUS(status);
  }

  int RunOn(const std::string& schema) const {
    const auto path = directory_ / "bad.schema.yaml";
    std::ofstream(path) << schema;
    return Run(path);
  }

  std::string Log() const { return Read(directory_ / "log"); }

  std::filesystem::path directory_;
  const std::filesystem::path data_ = std::filesystem::path(OSBX_TEST_DATA) / "schemagen";
};

TEST_F(Schemagen, WritesThePinnedText) {
  ASSERT_EQ(Run(data_ / "widget.schema.yaml"), 0) << Log();
  for (const char* name : {"widget.h", "widget.cc", "embedded_schemas.cc"}) {
    EXPECT_EQ(Read(directory_ / "out" / name), Read(data_ / (std::string(name) + ".golden")))
        << "if the change is meant, copy " << name << " over its .golden file";
  }
}

TEST_F(Schemagen, LeavesUnchangedFilesAlone) {
  ASSERT_EQ(Run(data_ / "widget.schema.yaml"), 0) << Log();
  const auto header = directory_ / "out" / "widget.h";
  const auto long_ago = std::filesystem::file_time_type() + std::chrono::hours(1);
  std::filesystem::last_write_time(header, long_ago);
  ASSERT_EQ(Run(data_ / "widget.schema.yaml"), 0) << Log();
  EXPECT_EQ(std::filesystem::last_write_time(header), long_ago);
}

TEST_F(Schemagen, RefusesMistakesWithTheirPlace) {
  const std::string head =
      "group: g\nversion: v1\nkind: K\nplural: ks\nsingular: k\nscope: Cluster\n";
  EXPECT_EQ(RunOn(head + "schema: {properties: {a: {type: string, frob: 1}}}\n"), 1);
  EXPECT_THAT(Log(), HasSubstr("bad.schema.yaml: schema.a: unknown key frob"));
  EXPECT_EQ(RunOn(head + "schema: {required: [b], properties: {a: {type: string}}}\n"), 1);
  EXPECT_THAT(Log(), HasSubstr("schema: required but absent: b"));
  EXPECT_EQ(RunOn(head + "schema: {properties: {a: {type: object, properties: {}}}}\n"), 1);
  EXPECT_THAT(Log(), HasSubstr("schema.a: an object with properties needs a struct name"));
  EXPECT_EQ(RunOn(head), 1);
  EXPECT_THAT(Log(), HasSubstr("no schema"));
  EXPECT_EQ(RunOn(head + "schema: {properties: {a: {type: text}}}\n"), 1);
  EXPECT_THAT(Log(), HasSubstr("schema.a: cannot tell the type"));
  EXPECT_EQ(RunOn(head + head), 1);
  EXPECT_THAT(Log(), HasSubstr("duplicate key group"));
}

}  // namespace
}  // namespace osbx::api

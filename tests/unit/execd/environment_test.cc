// SPDX-License-Identifier: Apache-2.0
#include "execd/environment.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx::execd {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

struct FileCase {
  const char* text;
  EnvMap env;
};

class EnvFileTest : public ::testing::TestWithParam<FileCase> {};

TEST_P(EnvFileTest, IsReadByItsGrammar) {
  EXPECT_EQ(ParseEnvFile(GetParam().text, {{"HOME", "/h"}}), GetParam().env) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, EnvFileTest,
    ::testing::Values(FileCase{"", {}}, FileCase{"\n# A=1\n  \n", {}},
                      FileCase{"A=1\nB=2", {{"A", "1"}, {"B", "2"}}},
                      FileCase{" A =  1 2 \r\n", {{"A", "1 2"}}}, FileCase{"A=\n", {{"A", ""}}},
                      FileCase{"A=1\nA=2\n", {{"A", "2"}}},
                      FileCase{"no equals\n=1\nA B=1\nC=3\n", {{"C", "3"}}},
                      FileCase{"A=$HOME/x ${HOME}y $NONE.\n", {{"A", "/h/x /hy ."}}},
                      FileCase{"A='$HOME \\n \"'\n", {{"A", "$HOME \\n \""}}},
                      FileCase{"A='one\ntwo'\nB=3\n", {{"A", "one\ntwo"}, {"B", "3"}}},
                      FileCase{R"(A="a\n\t\\\"\q$HOME")", {{"A", "a\n\t\\\"\\q/h"}}},
                      FileCase{"A='x' y\nB=2\n", {{"B", "2"}}},
                      FileCase{"A=\"open\nB=2\n", {{"B", "2"}}},
                      FileCase{"A=a'b\n", {{"A", "a'b"}}}, FileCase{"A=b=c\n", {{"A", "b=c"}}}));

TEST(Environment, PathsAreExpandedAndMadeAbsolute) {
  const EnvMap env{{"HOME", "/home/me"}, {"DIR", "/d"}};
  const auto path = [&env](const char* text) { return ExpandPath(text, env, "/work"); };
  EXPECT_EQ(path("/a/b").value(), "/a/b");
  EXPECT_EQ(path("a").value(), "/work/a");
  EXPECT_EQ(path("~").value(), "/home/me");
  EXPECT_EQ(path("~/x").value(), "/home/me/x");
  EXPECT_EQ(path("$DIR/x").value(), "/d/x");
  EXPECT_EQ(path("${DIR}x").value(), "/dx");
  EXPECT_THAT(path("$NONE/x"), fakes::StatusIs(Code::kInvalid));
  EXPECT_THAT(path(""), fakes::StatusIs(Code::kInvalid));
  EXPECT_THAT(ExpandPath(std::string_view("/a\0b", 4), env, "/"), fakes::StatusIs(Code::kInvalid));
}

TEST(Environment, ADollarThatNamesNothingStays) {
  const EnvMap env{{"A", "1"}};
  EXPECT_EQ(ExpandVariables("$ $1 ${A ${} $A$A", env).value(), "$ $1 ${A ${} 11");
}

TEST(Environment, CommandsGetTheFileAndTheirOwnButNotTheToken) {
  const fakes::TempDir dir;
  std::ofstream(dir / "env") << "FROM_FILE=1\nBOTH=file\n";
  const EnvMap base{{"EXECD_ENVS", dir / "env"},
                    {"EXECD_ACCESS_TOKEN", "secret"},
                    {"JUPYTER_TOKEN", "secret"},
                    {"BASE", "1"},
                    {"BOTH", "base"}};
  const EnvMap env = CommandEnvironment(base, {{"OWN", "1"}});
  EXPECT_THAT(env, Contains(Pair("FROM_FILE", "1")));
  EXPECT_THAT(env, Contains(Pair("BOTH", "file")));
  EXPECT_THAT(env, Contains(Pair("BASE", "1")));
  EXPECT_THAT(env, Contains(Pair("OWN", "1")));
  EXPECT_THAT(env, Contains(Key("EXECD_ENVS")));
  EXPECT_THAT(env, Not(Contains(Key("EXECD_ACCESS_TOKEN"))));
  EXPECT_THAT(env, Not(Contains(Key("JUPYTER_TOKEN"))));
}

TEST(Environment, AMissingEnvFileIsNone) {
  EXPECT_EQ(CommandEnvironment({{"EXECD_ENVS", "/nowhere/.env"}}, {}),
            (EnvMap{{"EXECD_ENVS", "/nowhere/.env"}}));
}

}  // namespace
}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
#include "execd/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osbx::execd {
namespace {

using ::testing::ElementsAre;
using Kind = Invocation::Kind;

Invocation Parse(const std::vector<std::string>& words, const EnvMap& env = {}) {
  const auto parsed = ParseArguments(words, env);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message());
  return parsed.value_or(Invocation());
}

TEST(Options, FlagsAreTakenAsGoProgramsTakeThem) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"-port", "80", "sh", "-c", "x"},
           {"--port=80", "--", "sh", "-c", "x"},
           {"-port=80", "-log-level", "7", "--graceful-shutdown-timeout=3s", "sh", "-c", "x"}}) {
    const InitOptions options = Parse(words).options;
    EXPECT_EQ(options.port, 80);
    EXPECT_THAT(options.command, ElementsAre("sh", "-c", "x"));
  }
  EXPECT_EQ(Parse({"-log-level", "7", "x"}).log_level, log::Level::kDebug);
  EXPECT_EQ(Parse({"-access-token", "t", "x"}).options.access_token, Secret("t"));
  EXPECT_EQ(Parse({"-h"}).kind, Kind::kHelp);
  EXPECT_EQ(Parse({"--version"}).kind, Kind::kVersion);
  EXPECT_EQ(Parse({"--save-session", "3"}).exit_status, "3");
  EXPECT_EQ(Parse({"-jupyter-host", "https://h", "x"}).options.jupyter_host, "https://h");
}

TEST(Options, WithoutACommandItServesOnTheUsualPort) {
  EXPECT_EQ(Parse({}).options.port, 44772);
  EXPECT_EQ(Parse({"-port=1"}).options.port, 1);
  EXPECT_EQ(Parse({"--socket", "/s"}).options.port, 0);
  EXPECT_EQ(Parse({"true"}).options.port, 0);
}

TEST(Options, WrongOnesAreNamed) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--nonsense"},
                                                                 {"-port"},
                                                                 {"-port=65536"},
                                                                 {"-port", "x"},
                                                                 {"-log-level=8"},
                                                                 {"-jupyter-host", "ftp://x"},
                                                                 {"--"}}) {
    EXPECT_FALSE(ParseArguments(words, {})) << words.front();
  }
}

TEST(Options, TheEnvironmentIsNeverAReasonToFail) {
  const EnvMap env{{"JUPYTER_HOST", "not a url"},
                   {"JUPYTER_TOKEN", "t"},
                   {"EXECD_API_GRACE_SHUTDOWN", "3 parsecs"},
                   {"EXECD_LOG_FILE", "/no/such"}};
  EXPECT_EQ(Parse({"x"}, env).options.jupyter_host, "not a url");
  EXPECT_EQ(Parse({"-jupyter-token=u", "x"}, env).options.jupyter_token, Secret("u"));
}

}  // namespace
}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// /command and /session of the real osbx-execd.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "integration/execd/execd_process.h"

namespace osbx::execd_test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

class ExecdCommands : public ::testing::Test {
 protected:
  std::vector<json> Run(const json& body) const { return execd_->Run(body); }
  json Status(const std::string& id) const { return execd_->Status(id); }

  ExecdProcess execd_;
};

TEST_F(ExecdCommands, AForegroundCommandStreamsItsOutput) {
  const auto events = Run({{"command", "echo a; echo; echo b >&2; printf 'tail é'"}});
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front().at("type"), "init");
  const std::string id = events.front().at("text");
  EXPECT_TRUE(id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos);
  EXPECT_THAT(Texts(events, "stdout"), ElementsAre("a", "\n", "tail é"));
  EXPECT_THAT(Texts(events, "stderr"), ElementsAre("b"));
  EXPECT_EQ(Outcome(events), "complete");
  const json status = Status(id);
  EXPECT_EQ(status.at("running"), false);
  EXPECT_EQ(status.at("exit_code"), 0);
}

TEST_F(ExecdCommands, EndAsTheirStreamsSay) {
  EXPECT_EQ(Outcome(Run({{"command", "exit 3"}})), "3: exit status 3");
  EXPECT_EQ(Outcome(Run({{"command", "kill -9 $$"}})), "-1: signal: killed");
  EXPECT_EQ(Outcome(Run({{"argv", {"no-such-program-here"}}})),
            "No such file or directory: No such file or directory");
  EXPECT_EQ(Outcome(Run({{"argv", {"sh", "-c", "exit $1", "x", "4"}}})), "4: exit status 4");
}

TEST_F(ExecdCommands, ATimeoutKillsTheWholeGroup) {
  const auto events = Run({{"command", "echo start; sleep 30; echo never"}, {"timeout", 300}});
  EXPECT_THAT(Texts(events, "stdout"), ElementsAre("start"));
  EXPECT_EQ(Outcome(events), "-1: signal: killed");
}

TEST_F(ExecdCommands, AChildLeftBehindDoesNotHoldTheStream) {
  EXPECT_EQ(Outcome(Run({{"command", "sleep 5 & echo done"}})), "complete");
}

TEST_F(ExecdCommands, LongLinesOnBothOutputsArriveWholeAndSoDoesAnUnterminatedTail) {
  const auto events =
      Run({{"command",
            "line=$(head -c 4095 /dev/zero | tr '\\0' x); i=0; while [ $i -lt 512 ]; "
            "do echo \"$line€\"; echo \"$line\" >&2; i=$((i+1)); done; "
            "printf 'tail ü'; printf 'err 漢' >&2"}});
  const std::string line(4095, 'x');
  std::vector<std::string> out(512, line + "€");
  std::vector<std::string> err(512, line);
  out.emplace_back("tail ü");
  err.emplace_back("err 漢");
  EXPECT_TRUE(Texts(events, "stdout") == out);
  EXPECT_TRUE(Texts(events, "stderr") == err);
  EXPECT_EQ(Outcome(events), "complete");
}

TEST_F(ExecdCommands, WhatALostClientHasNotSeenCanBeFetched) {
  const std::string go = execd_.dir() / "go";
  std::string id;
  {
    wire::WireClient client(execd_->socket());
    id = execd_
             ->Begin(client, {{"command", "echo one; until [ -e " + go +
                                              " ]; do sleep 0.02; done; echo two >&2; exit 3"}})
             .at("text");
    EXPECT_THAT(client.ReadChunk().value_or(""), ::testing::HasSubstr("one"));
    EXPECT_EQ(execd_->Call("GET", "/command/" + id + "/logs").status,
              400);  // it still has a client
  }
  EXPECT_TRUE(fakes::Eventually(
      [&] { return execd_->Call("GET", "/command/" + id + "/logs").body == "one\n"; }));
  WriteText(go, "");
  EXPECT_TRUE(fakes::Eventually([&] { return Status(id).at("running") == false; }));
  EXPECT_EQ(Status(id).at("exit_code"), 3);
  EXPECT_EQ(execd_->Call("GET", "/command/" + id + "/logs").body, "one\ntwo\n");
}

TEST_F(ExecdCommands, AFloodOfOutputForAClientThatDoesNotReadCostsLittleAndHoldsUpNobody) {
  constexpr int kMostKb = 24 << 10;
  wire::WireClient idle(execd_->socket());
  wire::WireClient backwards(execd_->socket());
  const std::string id = execd_->Begin(idle, {{"command", "yes flood"}}).at("text");
  execd_->Begin(backwards, {{"command", "tr '\\0' x </dev/zero"}});  // no line ends at all
  const auto background = Run({{"command", "yes flood"}, {"background", true}, {"timeout", 300}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Outcome(Run({{"command", "seq 1 5000"}})), "complete");
    EXPECT_LT(ResidentKb(execd_.pid()), kMostKb);
  }
  EXPECT_EQ(Status(id).at("running"), true);
  EXPECT_EQ(execd_->Call("DELETE", "/command?id=" + id).status, 200);
}

TEST_F(ExecdCommands, MuchOutputArrivesWhole) {
  const auto events = Run({{"command", "seq 1 5000; seq 1 5000 >&2"}});
  EXPECT_EQ(Texts(events, "stdout").size(), 5000U);
  EXPECT_EQ(Texts(events, "stderr").size(), 5000U);
  EXPECT_EQ(Outcome(events), "complete");
}

TEST_F(ExecdCommands, HaveTheirEnvironmentAndDirectoryButNotTheToken) {
  WriteText(execd_.dir() / "env", "FROM_FILE='x y'\n");
  const auto events = Run({{"command", "pwd; echo $OWN; echo $FROM_FILE; env | grep -c TOKEN"},
                           {"cwd", "/"},
                           {"envs", {{"OWN", "1"}}}});
  EXPECT_THAT(Texts(events, "stdout"), ElementsAre("/", "1", "x y", "0"));
  EXPECT_FALSE(std::filesystem::exists(execd_.dir() / "token"));
}

TEST_F(ExecdCommands, BadRequestsAreRefused) {
  for (const char* body :
       {"", "{", "[]", "{}", R"({"command":""})", R"({"command":"a","timeout":0})",
        R"({"command":"a","gid":1})", R"({"command":"a","cwd":"/no/such"})",
        R"({"command":"a","cwd":"$NO_SUCH"})", R"({"command":"a","argv":["a"]})", R"({"argv":[]})",
        R"({"command":"a","envs":{"A=B":"c"}})"}) {
    const auto reply = execd_->Call("POST", "/command", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.body, ::testing::HasSubstr("INVALID_REQUEST_BODY")) << body;
  }
  EXPECT_EQ(execd_->Call("GET", "/command").status, 404);
  EXPECT_EQ(execd_->Call("GET", "/command/status/none").status, 404);
  EXPECT_EQ(execd_->Call("GET", "/command/none/logs").status, 400);
}

TEST_F(ExecdCommands, ABackgroundCommandIsFollowedByItsCursorAndInterrupted) {
  const std::string go = execd_.dir() / "go";
  const auto events = Run({{"command", "echo one; until [ -e " + go +
                                           " ]; do sleep 0.02; done; echo two >&2; sleep 60"},
                           {"background", true}});
  EXPECT_EQ(Outcome(events), "complete");
  const std::string id = events.front().at("text");
  const auto logs = [&](int cursor) {
    return execd_->Call("GET", "/command/" + id + "/logs?cursor=" + std::to_string(cursor));
  };
  EXPECT_TRUE(fakes::Eventually([&] { return logs(0).body == "one\n"; }));
  EXPECT_EQ(logs(0).Header("execd-commands-tail-cursor"), "4");
  EXPECT_EQ(logs(4).body, "");
  EXPECT_EQ(Status(id).at("running"), true);
  WriteText(go, "");
  EXPECT_TRUE(fakes::Eventually([&] { return logs(4).body == "two\n"; }));
  EXPECT_EQ(logs(4).Header("execd-commands-tail-cursor"), "8");
  EXPECT_EQ(execd_->Call("DELETE", "/command?id=" + id).status, 200);
  EXPECT_TRUE(fakes::Eventually([&] { return Status(id).at("running") == false; }));
  EXPECT_EQ(Status(id).at("error"), "signal: terminated");
  EXPECT_EQ(execd_->Call("DELETE", "/command?id=" + id).status, 500);
}

class ExecdSessions : public ExecdCommands {
 protected:
  std::string Create(const json& body) const {
    return json::parse(execd_->Post("/session", body).body).at("session_id");
  }
  std::vector<json> RunIn(const std::string& id, const json& body) const {
    return execd_->Stream("/session/" + id + "/run", body);
  }
};

TEST_F(ExecdSessions, KeepVariablesAndDirectoryBetweenRuns) {
  const std::string id = Create({{"cwd", execd_.dir() / "new"}});
  EXPECT_THAT(Texts(RunIn(id, {{"command", "pwd; export A='x\ny'; B=1; mkdir d; cd d"}}), "stdout"),
              ElementsAre(execd_.dir() / "new"));
  EXPECT_THAT(Texts(RunIn(id, {{"command", "pwd; echo \"$A$B\"; echo err >&2"}}), "stdout"),
              ElementsAre(execd_.dir() / "new/d", "x", "y", "err"));
  EXPECT_THAT(Texts(RunIn(id, {{"command", "pwd"}, {"cwd", "/"}}), "stdout"), ElementsAre("/"));
}

TEST_F(ExecdSessions, ARunThatExitsLeavesTheStateAsItWas) {
  const std::string id = Create(json::object());
  RunIn(id, {{"command", "export A=1"}});
  EXPECT_EQ(Outcome(RunIn(id, {{"command", "export A=2; exit 3"}})), "3: exit status 3");
  EXPECT_EQ(Outcome(RunIn(id, {{"command", "export A=3; sleep 30"}, {"timeout", 200}})),
            "-1: signal: killed");
  EXPECT_THAT(Texts(RunIn(id, {{"command", "echo $A"}}), "stdout"), ElementsAre("1"));
  EXPECT_EQ(Outcome(RunIn(id, {{"command", "false"}})), "1: exit status 1");
}

TEST_F(ExecdSessions, AreDeletedOnce) {
  const std::string id = Create(json::object());
  EXPECT_EQ(execd_->Call("DELETE", "/session/" + id).status, 200);
  EXPECT_EQ(execd_->Call("DELETE", "/session/" + id).status, 404);
  EXPECT_EQ(execd_->Post("/session/" + id + "/run", {{"command", "true"}}).status, 500);
}

}  // namespace
}  // namespace osbx::execd_test

// SPDX-License-Identifier: Apache-2.0
// Logs, exec, stats and doctor over a node that is made up (contract/kubectl.md §8).
#include <atomic>

#include "unit/apiserver/api_fixture.h"

namespace osbx::apiserver {
namespace {

using fakes::Eventually;
using ::testing::HasSubstr;

class FakeNode final : public NodeStreams {
 public:
  Result<> CanLog(const store::Key& /*sandbox*/, const LogOptions& options) override {
    if (options.previous) return Error(Code::kNotFound, "no previous container");
    return {};
  }
  Result<> Logs(const store::Key& sandbox, const LogOptions& options,
                const LogSink& sink) override {
    sink.write("log of " + sandbox.name + " tail " +
               std::to_string(options.tail_lines.value_or(-1)) + "\n");
    if (options.follow) follower_gone = Eventually(sink.closed);
    return {};
  }
  Result<int> Exec(const store::Key& /*sandbox*/, const ExecOptions& options,
                   ExecDuplex& duplex) override {
    if (options.command[0] == "missing") return Error(Code::kNotFound, "no such program");
    if (options.command[0] == "exit") return 7;
    while (true) {
      const auto input = duplex.Read(std::chrono::milliseconds(10));
      if (!input) continue;
      if (input->kind == ExecDuplex::Input::Kind::kGone) {
        killed = true;
        return 137;
      }
      if (input->kind == ExecDuplex::Input::Kind::kEndOfInput) return 0;
      if (input->kind == ExecDuplex::Input::Kind::kResize) {
        duplex.WriteStderr(std::to_string(input->width) + "x" + std::to_string(input->height));
      } else {
        duplex.WriteStdout(input->data);
      }
    }
  }
  Result<Json> Stats(const store::Key& /*sandbox*/) override { return Json{{"cpu", "5m"}}; }
  Result<Json> Doctor(bool fix) override { return Json{{"fixed", fix}}; }

  std::atomic<bool> follower_gone{false};
  std::atomic<bool> killed{false};
};

class StreamsTest : public ApiTest {
 protected:
  StreamsTest() { options_.streams = &node_; }
  void SetUp() override {
    Start();
    Create("a");
  }
  wire::WireClient Exec(std::string_view query, std::string_view protocols = "v5.channel.k8s.io") {
    auto client = Connect();
    reply_ = client.UpgradeTo(std::string(kSandboxes) + "/a/exec?" + std::string(query), protocols);
    return client;
  }
  // The Status on channel 3, after skipping output.
  static Json Outcome(wire::WireClient& client) {
    while (const auto frame = client.ReadFrame()) {
      if (!frame->payload.empty() && frame->payload[0] == 3) {
        return Json::parse(frame->payload.substr(1));
      }
    }
    return nullptr;
  }

  FakeNode node_;
  std::optional<wire::Reply> reply_;
};

TEST_F(StreamsTest, LogsAreTextAndFollowingEndsWithTheClient) {
  const JsonReply log = Get(std::string(kSandboxes) + "/a/log?tailLines=5");
  EXPECT_EQ(log.status, 200);
  EXPECT_EQ(log.raw.Header("content-type"), "text/plain");
  EXPECT_EQ(log.raw.body, "log of a tail 5\n");
  auto client = Connect();
  client.SendRequest("GET", std::string(kSandboxes) + "/a/log?follow=true");
  client.ReadHead();
  EXPECT_EQ(client.ReadChunk(), "log of a tail -1\n");
  client.Close();
  EXPECT_TRUE(Eventually([this] { return node_.follower_gone.load(); }));
}

TEST_F(StreamsTest, WhatCannotBeLoggedIsAStatus) {
  EXPECT_EQ(Get(std::string(kSandboxes) + "/nope/log").body["reason"], "NotFound");
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a/log?container=other").body["reason"], "BadRequest");
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a/log?tailLines=x").status, 400);
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a/log?previous=true").status, 404);
}

TEST_F(StreamsTest, ExecCarriesChannels) {
  auto client = Exec("command=cat&stdin=true&stdout=true&stderr=true",
                     "v5.channel.k8s.io, v4.channel.k8s.io");
  ASSERT_EQ(reply_->status, 101);
  EXPECT_EQ(reply_->Header("sec-websocket-protocol"), "v5.channel.k8s.io");
  client.SendFrame(2, std::string(1, '\0') + "hello");
  EXPECT_EQ(client.ReadFrame()->payload, "\x01hello");
  client.SendFrame(2, std::string(1, '\0'));  // an empty data frame says nothing
  client.SendFrame(2, "\x04{\"Width\":80,\"Height\":24}");
  EXPECT_EQ(client.ReadFrame()->payload,
            "\x02"
            "80x24");
  client.SendFrame(2, std::string("\xff\0", 2));
  EXPECT_EQ(Outcome(client), (Json{{"metadata", Json::object()}, {"status", "Success"}}));
  EXPECT_EQ(client.ReadFrame()->opcode, 8);
}

TEST_F(StreamsTest, LargeInputComesBackInSmallMessages) {
  auto client = Exec("command=cat&stdin=true&stdout=true");
  client.SendFrame(2, std::string(1, '\0') + std::string(100'000, 'x'));
  std::size_t received = 0;
  while (received < 100'000) {
    const auto frame = client.ReadFrame();
    ASSERT_TRUE(frame);
    EXPECT_LE(frame->payload.size(), 32'769U);
    received += frame->payload.size() - 1;
  }
}

TEST_F(StreamsTest, ExitCodesAndFailuresAreTold) {
  auto failing = Exec("command=exit&stdout=true");
  const Json status = Outcome(failing);
  EXPECT_EQ(status["reason"], "NonZeroExitCode");
  EXPECT_EQ(status["message"], "command terminated with non-zero exit code: exit status 7");
  EXPECT_EQ(status["details"]["causes"], Json::array({{{"reason", "ExitCode"}, {"message", "7"}}}));
  auto missing = Exec("command=missing&stdout=true");
  EXPECT_EQ(Outcome(missing)["reason"], "InternalError");
}

TEST_F(StreamsTest, AClientThatLeavesKillsTheCommand) {
  auto client = Exec("command=cat&stdin=true");
  client.Close();
  EXPECT_TRUE(Eventually([this] { return node_.killed.load(); }));
}

TEST_F(StreamsTest, ErrorsBeforeTheUpgradeAreStatuses) {
  Exec("stdout=true");
  EXPECT_EQ(reply_->status, 400);
  Exec("command=x", "base64.channel.k8s.io");
  EXPECT_EQ(reply_->status, 400);
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a/exec?command=x").status, 400);
  EXPECT_EQ(Get(std::string(kSandboxes) + "/nope/exec?command=x").status, 404);
}

TEST_F(StreamsTest, StatsAndDoctor) {
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a/stats").body, (Json{{"cpu", "5m"}}));
  EXPECT_EQ(Get("/debug/doctor").body, (Json{{"fixed", false}}));
  EXPECT_EQ(Call("POST", "/debug/doctor").body, (Json{{"fixed", true}}));
}

TEST_F(ApiTest, WithoutANodeStreamsAreUnavailable) {
  Create("a");
  EXPECT_EQ(Get(std::string(kSandboxes) + "/a/log").status, 503);
  EXPECT_EQ(Get("/debug/doctor").status, 503);
}

}  // namespace
}  // namespace osbx::apiserver

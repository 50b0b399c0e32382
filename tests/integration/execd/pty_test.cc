// SPDX-License-Identifier: Apache-2.0
// /pty of the real osbx-execd: terminals over WebSockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "integration/execd/execd_process.h"

namespace osbx::execd_test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;

// One client of a terminal session. Collects what it is sent.
class PtyClient {
 public:
  PtyClient(const ExecdProcess& execd, const std::string& id, const std::string& query = "")
      : wire_(execd->socket()) {
    reply_ = wire_.UpgradeTo("/pty/" + id + "/ws" + query, "", ExecdApi::TokenHeader())
                 .value_or(wire::Reply());
  }

  const wire::Reply& reply() const { return reply_; }
  void Type(std::string_view text) { wire_.SendFrame(kBinary, std::string(1, '\0').append(text)); }
  void Say(const json& frame) { wire_.SendFrame(kText, frame.dump()); }
  void Leave() { wire_.Close(); }

  // Reads until the output has `text`; false when the conversation ends first.
  bool Until(std::string_view text) {
    while (output_.find(text) == std::string::npos) {
      if (!Read()) return false;
    }
    return true;
  }
  // The next text frame of that type; its null when the conversation ends first.
  json Next(std::string_view type) {
    while (true) {
      for (auto it = frames_.begin(); it != frames_.end(); ++it) {
        if (it->at("type") != type) continue;
        json found = *it;
        frames_.erase(it);
        return found;
      }
      if (!Read()) return nullptr;
    }
  }
  // The close code at the end.
  int CloseCode() {
    while (Read()) {
    }
    return close_code_;
  }
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }
  const std::string& replayed() const { return replayed_; }

 private:
  bool Read() {
    const auto frame = wire_.ReadFrame();
    if (!frame) return false;
    if (frame->opcode == kText) frames_.push_back(json::parse(frame->payload));
    if (frame->opcode == kBinary) TakeBytes(frame->payload);
    if (frame->opcode != kClose) return true;
    close_code_ = static_cast<unsigned char>(frame->payload.at(0)) * 256 +
                  static_cast<unsigned char>(frame->payload.at(1));
    return false;
  }
  void TakeBytes(const std::string& payload) {
    if (payload.at(0) == 1) output_ += payload.substr(1);
    if (payload.at(0) == 2) errors_ += payload.substr(1);
    if (payload.at(0) == 3) replayed_ += payload.substr(9);
  }

  wire::WireClient wire_;
  wire::Reply reply_;
  std::vector<json> frames_;
  std::string output_;
  std::string errors_;
  std::string replayed_;
  int close_code_ = 0;
};

class ExecdPty : public ::testing::Test {
 protected:
  std::string Create(const json& body = json::object()) const {
    const auto reply = execd_->Post("/pty", body);
    EXPECT_EQ(reply.status, 201) << reply.body;
    return json::parse(reply.body).at("session_id");
  }
  json Status(const std::string& id) const {
    return json::parse(execd_->Call("GET", "/pty/" + id).body);
  }
  ExecdProcess execd_;
};

TEST_F(ExecdPty, ATerminalRunsAShellThatKnowsItsSize) {
  const std::string id = Create({{"cwd", "/"}});
  EXPECT_EQ(Status(id).at("running"), false);
  EXPECT_EQ(Status(id).at("output_offset"), 0);
  PtyClient client(execd_, id);
  EXPECT_EQ(client.Next("connected").at("mode"), "pty");
  client.Type("stty size; tty; echo $TERM:$PWD; set +m\r");
  EXPECT_TRUE(client.Until("24 80")) << client.output();
  EXPECT_TRUE(client.Until("/dev/pts/")) << client.output();
  EXPECT_TRUE(client.Until(":/\r\n")) << client.output();
  client.Say({{"type", "resize"}, {"cols", 132}, {"rows", 50}});
  client.Type("stty size\r");
  EXPECT_TRUE(client.Until("50 132")) << client.output();
  EXPECT_EQ(Status(id).at("running"), true);
  EXPECT_GT(Status(id).at("output_offset"), 0);
  client.Type("exit 7\r");
  EXPECT_EQ(client.Next("exit").at("exit_code"), 7);
  EXPECT_EQ(client.CloseCode(), 1000);
  EXPECT_EQ(Status(id).at("running"), false);
}

TEST_F(ExecdPty, SignalsReachTheForegroundJob) {
  PtyClient client(execd_, Create());
  // The quotes keep the terminal's echo of the line from looking like its output.
  client.Type(
      "sh -c 'trap \"echo cau\\\"\\\"ght\" INT; echo rea\"\"dy; while :; do sleep 0.02; done'\r");
  ASSERT_TRUE(client.Until("ready")) << client.output();
  client.Say({{"type", "signal"}, {"signal", "SIGINT"}});
  EXPECT_TRUE(client.Until("caught")) << client.output();
  client.Say({{"type", "signal"}, {"signal", "SIGKILL"}});
  EXPECT_EQ(client.Next("exit").at("exit_code"), -1);
}

TEST_F(ExecdPty, PipesKeepTheTwoOutputsApart) {
  const std::string id = Create({{"command", "read line; echo out:$line; echo err >&2; exit 3"}});
  PtyClient client(execd_, id, "?pty=0");
  EXPECT_EQ(client.Next("connected").at("mode"), "pipe");
  client.Say({{"type", "stdin"}, {"data", "typed\n"}});
  EXPECT_EQ(client.Next("exit").at("exit_code"), 3);
  EXPECT_EQ(client.output(), "out:typed\n");
  EXPECT_EQ(client.errors(), "err\n");
}

TEST_F(ExecdPty, TheProcessOutlivesItsClientAndItsOutputIsReplayed) {
  const std::string go = execd_.dir() / "go";
  const std::string id = Create({{"command", "printf first; until [ -e " + go +
                                                 " ]; do sleep 0.02; done; printf second; "
                                                 "read line; exit 4"}});
  {
    PtyClient client(execd_, id);
    EXPECT_TRUE(client.Until("first"));
    client.Leave();
  }
  WriteText(go, "");
  EXPECT_TRUE(fakes::Eventually([&] { return Status(id).at("output_offset") == 11; }));
  EXPECT_TRUE(fakes::Eventually([&] {  // until the first client's end has been seen
    return PtyClient(execd_, id, "?since=11").reply().status == 101;
  }));
  PtyClient client(execd_, id, "?since=5&takeover=1");
  EXPECT_FALSE(client.Next("connected").is_null());
  EXPECT_EQ(client.replayed(), "second");
  client.Type("\r");
  EXPECT_EQ(client.Next("exit").at("exit_code"), 4);
  PtyClient late(execd_, id, "?takeover=1");  // learns how it ended
  EXPECT_EQ(late.Next("exit").at("exit_code"), 4);
  EXPECT_THAT(late.replayed(), HasSubstr("firstsecond"));
  EXPECT_EQ(late.CloseCode(), 1000);
}

TEST_F(ExecdPty, OneClientHoldsItUntilAnotherTakesItOver) {
  const std::string id = Create();
  PtyClient first(execd_, id);
  ASSERT_FALSE(first.Next("connected").is_null());
  const PtyClient second(execd_, id);
  EXPECT_EQ(second.reply().status, 409);
  EXPECT_THAT(second.reply().body, HasSubstr("ALREADY_CONNECTED"));
  PtyClient third(execd_, id, "?takeover=1");
  EXPECT_FALSE(third.Next("connected").is_null());
  EXPECT_EQ(first.CloseCode(), 4001);
  third.Type("echo $((40+2))\r");
  EXPECT_TRUE(third.Until("42"));
}

TEST_F(ExecdPty, WrongFramesAreAnsweredAndHarmless) {
  PtyClient client(execd_, Create());
  client.Say({{"type", "dance"}});
  EXPECT_EQ(client.Next("error").at("code"), "INVALID_FRAME");
  client.Say({{"type", "resize"}, {"cols", 0}, {"rows", 99999}});
  EXPECT_EQ(client.Next("error").at("code"), "INVALID_FRAME");
  client.Say({{"type", "signal"}, {"signal", "SIGNONE"}});
  EXPECT_EQ(client.Next("error").at("code"), "INVALID_FRAME");
  client.Say("not an object");
  client.Say({{"type", "ping"}});
  EXPECT_FALSE(client.Next("pong").is_null());
}

TEST_F(ExecdPty, DeletionEndsItAndUnknownOnesAreSaidToBe) {
  const std::string id = Create();
  PtyClient client(execd_, id);
  ASSERT_FALSE(client.Next("connected").is_null());
  EXPECT_EQ(execd_->Call("DELETE", "/pty/" + id).status, 200);
  EXPECT_EQ(client.Next("exit").at("exit_code"), -1);
  EXPECT_EQ(execd_->Call("DELETE", "/pty/" + id).status, 404);
  EXPECT_EQ(execd_->Call("GET", "/pty/" + id).status, 404);
  EXPECT_EQ(PtyClient(execd_, id).reply().status, 404);
  EXPECT_EQ(execd_->Post("/pty", {{"cwd", "/no/such"}}).status, 400);
}

TEST_F(ExecdPty, AClientThatDoesNotReadHoldsUpOnlyItsOwnTerminal) {
  const std::string id = Create({{"command", "yes 0123456789012345678901234567890123456789"}});
  PtyClient idle(execd_, id);
  ASSERT_EQ(idle.reply().status, 101);
  std::int64_t before = -1;
  EXPECT_TRUE(fakes::Eventually([&] {  // until the output stands still
    const std::int64_t now = Status(id).at("output_offset");
    return now > 0 && now == std::exchange(before, now);
  }));
  EXPECT_LT(before, 8 << 20);
  PtyClient other(execd_, Create({{"command", "echo here"}}));
  EXPECT_TRUE(other.Until("here"));
  EXPECT_TRUE(idle.Until("0123456789\r\n")) << "it still runs";
}

}  // namespace
}  // namespace osbx::execd_test

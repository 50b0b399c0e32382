// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "unit/http/server_fixture.h"

namespace osbx::http {
namespace {

using fakes::Eventually;

constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;
constexpr int kPing = 9;
constexpr int kPong = 10;

class WebSocketTest : public ServerTest {
 protected:
  WebSocketTest() {
    Route("GET", "/echo", [this](const Request&) {
      return Response::Upgrade("v5.channel.k8s.io", [this](const WebSocketPtr& socket) {
        while (auto message = socket->Receive()) {
          if (message->data == "stop") return;
          socket->Send(std::move(*message));
        }
        ++finished_;
      });
    });
  }
  std::atomic<int> finished_{0};
};

TEST_F(WebSocketTest, EchoesMessagesOnABlockingThread) {
  Start();
  auto client = Connect();
  const auto reply = client.UpgradeTo("/echo", "v5.channel.k8s.io, v4.channel.k8s.io");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 101);
  EXPECT_EQ(reply->Header("sec-websocket-protocol"), "v5.channel.k8s.io");
  EXPECT_EQ(reply->Header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  client.SendFrame(kBinary, "bytes");
  auto frame = client.ReadFrame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, kBinary);
  EXPECT_EQ(frame->payload, "bytes");
  client.SendFrame(kText, std::string(100'000, 't'));
  frame = client.ReadFrame();
  EXPECT_EQ(frame->opcode, kText);
  EXPECT_EQ(frame->payload.size(), 100'000U);
  client.SendFrame(kPing, "p");
  EXPECT_EQ(client.ReadFrame()->opcode, kPong);
}

TEST_F(WebSocketTest, TheServersEndSendsACloseFrame) {
  Start();
  auto client = Connect();
  client.UpgradeTo("/echo");
  client.SendFrame(kBinary, "stop");
  const auto frame = client.ReadFrame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, kClose);
  EXPECT_EQ(frame->payload, std::string("\x03\xe8", 2));  // 1000
  client.SendFrame(kClose, frame->payload);
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(WebSocketTest, TheClientsEndReachesTheThread) {
  Start();
  auto polite = Connect();
  polite.UpgradeTo("/echo");
  polite.SendFrame(kClose, std::string("\x03\xe8", 2));
  EXPECT_EQ(polite.ReadFrame()->opcode, kClose);
  auto rude = Connect();
  rude.UpgradeTo("/echo");
  rude.Close();
  EXPECT_TRUE(Eventually([&] { return finished_ == 2; }));
}

TEST_F(WebSocketTest, CallbacksServeAConversationWithoutAThread) {
  options_.limits.websocket_queue_bytes = 10'000;
  constexpr int kAnswers = 100;
  std::atomic<bool> ended{false};
  Route("GET", "/flood", [&ended](const Request&) {
    return Response::Upgrade(
        "",
        [&ended](const WebSocketPtr& socket) {
          const auto left = std::make_shared<int>(0);
          const auto pump = [left, weak = std::weak_ptr(socket)] {
            const WebSocketPtr open = weak.lock();
            while (open && *left > 0 && open->TrySend({std::string(4000, 'a'), true})) --*left;
          };
          socket->OnRoom(pump);
          socket->OnEnd([&ended] { ended = true; });
          socket->OnReadable([left, pump, weak = std::weak_ptr(socket)] {
            const WebSocketPtr open = weak.lock();
            while (open && open->ReceiveFor(std::chrono::milliseconds(0))) *left += kAnswers;
            pump();
          });
        },
        Where::kInline);
  });
  Start();
  auto client = Connect();
  ASSERT_EQ(client.UpgradeTo("/flood")->status, 101);
  client.SendFrame(kText, "go");
  for (int i = 0; i < kAnswers; ++i) {
    const auto frame = client.ReadFrame();
    ASSERT_TRUE(frame) << i;
    EXPECT_EQ(frame->payload.size(), 4000U);
  }
  client.Close();
  EXPECT_TRUE(Eventually([&] { return ended.load(); }));
}

TEST_F(WebSocketTest, APlainRequestIsToldToUpgrade) {
  Start();
  EXPECT_EQ(Connect().Call("GET", "/echo")->status, 426);
}

TEST_F(WebSocketTest, StopEndsConversations) {
  Start();
  auto client = Connect();
  client.UpgradeTo("/echo");
  server_->Stop(std::chrono::milliseconds(100));
  EXPECT_EQ(client.ReadFrame()->opcode, kClose);
  EXPECT_EQ(finished_, 1);
}

}  // namespace
}  // namespace osbx::http

// SPDX-License-Identifier: Apache-2.0
// Chunked streams on real sockets: flushing, bounds, ends.
#include <sys/socket.h>

#include <atomic>
#include <mutex>

#include "unit/http/server_fixture.h"

namespace osbx::http {
namespace {

using fakes::Eventually;

class StreamTest : public ServerTest {
 protected:
  StreamTest() {
    Route("GET", "/stream", [this](const Request&) {
      return Response::Stream("application/json", [this](StreamPtr stream) {
        stream->OnEnd([this] { ++ended_; });
        const std::lock_guard lock(mutex_);
        streams_.push_back(std::move(stream));
      });
    });
  }
  std::vector<StreamPtr> Streams(std::size_t count) {
    Eventually([&] {
      const std::lock_guard lock(mutex_);
      return streams_.size() >= count;
    });
    const std::lock_guard lock(mutex_);
    return streams_;
  }

  std::mutex mutex_;
  std::vector<StreamPtr> streams_;
  std::atomic<int> ended_{0};
};

TEST_F(StreamTest, HeadersGoOutAtOnceAndChunksAsTheyAreWritten) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/stream");
  EXPECT_EQ(client.ReadHead()->Header("transfer-encoding"), "chunked");
  const StreamPtr stream = Streams(1)[0];
  EXPECT_TRUE(stream->Write("one"));
  EXPECT_EQ(client.ReadChunk(), "one");
  EXPECT_TRUE(stream->Write(std::string(100'000, 'x')));
  EXPECT_EQ(client.ReadChunk()->size(), 100'000U);
  stream->Close();
  EXPECT_EQ(client.ReadChunk(), "");
  EXPECT_FALSE(stream->Write("late"));
  EXPECT_TRUE(Eventually([&] { return ended_ == 1; }));
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");  // the connection goes on
}

TEST_F(StreamTest, ANextRequestSentDuringAStreamIsAnsweredAfterIt) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/stream");
  client.ReadHead();
  client.SendRequest("GET", "/hello");
  const StreamPtr stream = Streams(1)[0];
  stream->Write("x");
  EXPECT_EQ(client.ReadChunk(), "x");
  stream->Close();
  EXPECT_EQ(client.ReadChunk(), "");
  EXPECT_EQ(client.ReadReply()->body, "hello");
}

TEST_F(StreamTest, TellsWhenTheClientHasGone) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/stream");
  client.ReadHead();
  const StreamPtr stream = Streams(1)[0];
  client.Close();
  EXPECT_TRUE(Eventually([&] { return ended_ == 1; }));
  EXPECT_TRUE(stream->Closed());
  EXPECT_FALSE(stream->Write("x"));
}

TEST_F(StreamTest, ASlowReaderIsBoundedAndCanBeDropped) {
  options_.limits.stream_queue_bytes = 100'000;
  Start();
  auto client = Connect();
  const int small = 4096;
  ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  client.SendRequest("GET", "/stream");
  const StreamPtr stream = Streams(1)[0];
  const auto chunk = std::make_shared<const std::string>(50'000, 'x');
  int written = 0;
  while (written < 10'000 && stream->Write(chunk)) ++written;
  EXPECT_LT(written, 10'000);
  EXPECT_FALSE(stream->Closed());
  stream->Abort();
  EXPECT_TRUE(Eventually([&] { return ended_ == 1; }));
  EXPECT_EQ(server_->counters().slow_streams_dropped.load(), 1U);
}

TEST_F(StreamTest, AWriterWithoutAThreadIsToldWhenThereIsRoomAgain) {
  options_.limits.stream_queue_bytes = 10'000;
  constexpr int kChunks = 500;
  int written = 0;  // io thread
  Route("GET", "/pump", [&written](const Request&) {
    return Response::Stream("text/plain", [&written](const StreamPtr& stream) {
      const auto pump = [&written, weak = std::weak_ptr(stream)] {
        const StreamPtr open = weak.lock();
        while (open && written < kChunks && open->Write(std::string(4000, 'c'))) ++written;
        if (open && written == kChunks) open->Close();
      };
      stream->OnRoom(pump);
      pump();
    });
  });
  Start();
  const auto reply = Connect().Call("GET", "/pump");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body.size(), 4000U * kChunks);
}

TEST_F(StreamTest, AThreadMayWriteWithoutLimitToAReaderThatKeepsUp) {
  options_.limits.stream_queue_bytes = 10'000;
  Route("GET", "/log", [](const Request&) {
    return Response::Stream(
        "text/plain",
        [](const StreamPtr& stream) {
          const auto line = std::make_shared<const std::string>(999, 'l');
          for (int i = 0; i < 1000; ++i) {
            if (!stream->WriteAll(line)) return;
          }
        },
        Where::kThread);
  });
  Start();
  const auto reply = Connect().Call("GET", "/log");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body.size(), 999'000U);
}

TEST_F(StreamTest, AThousandIdleStreamsEachGetAChunk) {
  Start();
  constexpr std::size_t kStreams = 1000;
  std::vector<wire::WireClient> clients;
  for (std::size_t i = 0; i < kStreams; ++i) {
    clients.push_back(Connect());
    ASSERT_TRUE(clients.back().SendRequest("GET", "/stream"));
  }
  for (auto& client : clients) ASSERT_EQ(client.ReadHead()->status, 200);
  const auto chunk = std::make_shared<const std::string>("event\n");
  for (const StreamPtr& stream : Streams(kStreams)) EXPECT_TRUE(stream->Write(chunk));
  for (auto& client : clients) EXPECT_EQ(client.ReadChunk(), "event\n");
}

TEST_F(StreamTest, StopEndsOpenStreamsProperly) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/stream");
  client.ReadHead();
  Streams(1)[0]->Write("last words");
  const auto begin = std::chrono::steady_clock::now();
  server_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(client.ReadChunk(), "last words");
  EXPECT_EQ(client.ReadChunk(), "");
  EXPECT_EQ(ended_, 1);
  EXPECT_FALSE(Connect().Connected());
}

TEST_F(StreamTest, StopDropsAStreamThatCannotBeSentWithinTheGrace) {
  options_.limits.stream_queue_bytes = 50'000'000;
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/stream");
  const StreamPtr stream = Streams(1)[0];
  for (int i = 0; i < 400; ++i) stream->Write(std::string(100'000, 'x'));
  server_->Stop(std::chrono::milliseconds(50));
  EXPECT_EQ(ended_, 1);
}

}  // namespace
}  // namespace osbx::http

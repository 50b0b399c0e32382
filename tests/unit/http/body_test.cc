// SPDX-License-Identifier: Apache-2.0
// Bodies that handlers read while they arrive.
#include <atomic>

#include "fakes/matchers.h"
#include "fakes/raw_listener.h"
#include "unit/http/server_fixture.h"

namespace osbx::http {
namespace {

using fakes::Eventually;

class BodyTest : public ServerTest {
 protected:
  void StreamRoute(std::string pattern, Handler handler, std::size_t limit = 0,
                   Where where = Where::kThread) {
    router_.Add({.method = "POST",
                 .pattern = std::move(pattern),
                 .handler = std::move(handler),
                 .where = where,
                 .max_body_bytes = limit,
                 .body = BodyKind::kStream});
  }
  // Answers how many bytes came, or which error ended them.
  static Response Count(const Request& request) {
    std::size_t total = 0;
    while (true) {
      const auto bytes = request.stream->Read();
      if (!bytes) return Response::Text(400, std::string(CodeName(bytes.error().code())));
      if (bytes->empty()) return Response::Text(200, std::to_string(total));
      total += bytes->size();
    }
  }
};

TEST_F(BodyTest, AHandlerReadsWhatArrivesOnAThreadAndOnThePool) {
  StreamRoute("/thread", Count);
  StreamRoute("/pool", Count, 0, Where::kPool);
  Start();
  auto client = Connect();
  const std::string large(5'000'000, 'x');
  EXPECT_EQ(client.Call("POST", "/thread", "", large)->body, "5000000");
  EXPECT_EQ(client.Call("POST", "/pool", "", large)->body, "5000000");
  EXPECT_EQ(client.Call("POST", "/pool", "Content-Length: 0\r\n")->body, "0");
  client.SendRequest("POST", "/thread", "Transfer-Encoding: chunked\r\n");
  for (const std::string_view piece : {"3\r\nab", "c\r\n", "2\r\nde\r\n0\r\n", "\r\n"}) {
    ASSERT_TRUE(client.Send(piece));
  }
  EXPECT_EQ(client.ReadReply()->body, "5");
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
  EXPECT_EQ(server_->counters().connections_total.load(), 1U);
}

TEST_F(BodyTest, BytesAreHandedOverBeforeTheBodyEnds) {
  std::atomic<bool> first{false};
  StreamRoute("/first", [&first](const Request& request) {
    const auto bytes = request.stream->Read();
    first = bytes && *bytes == "one";
    return Count(request);
  });
  Start();
  auto client = Connect();
  client.SendRequest("POST", "/first", "Content-Length: 6\r\n");
  client.Send("one");
  EXPECT_TRUE(Eventually([&] { return first.load(); }));
  client.Send("two");
  EXPECT_EQ(client.ReadReply()->body, "3");
}

TEST_F(BodyTest, ContinueComesWithTheFirstRead) {
  std::atomic<bool> read{false};
  StreamRoute("/later", [&read](const Request& request) {
    Eventually([&] { return read.load(); });
    return Count(request);
  });
  StreamRoute("/never", [](const Request&) { return Response::Text(403, "no"); });
  Start();
  auto client = Connect();
  client.SendRequest("POST", "/later", "Expect: 100-continue\r\nContent-Length: 2\r\n");
  read = true;
  EXPECT_EQ(client.ReadHead()->status, 100);
  client.Send("ok");
  EXPECT_EQ(client.ReadReply()->body, "2");
  client.SendRequest("POST", "/never", "Expect: 100-continue\r\nContent-Length: 2\r\n");
  EXPECT_EQ(client.ReadHead()->status, 403);
}

TEST_F(BodyTest, WhatIsLeftUnreadIsDroppedOrClosesTheConnection) {
  StreamRoute("/never", [](const Request&) { return Response::Text(403, "no"); });
  Start();
  auto client = Connect();
  EXPECT_EQ(client.Call("POST", "/never", "", std::string(60'000, 'x'))->status, 403);
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
  EXPECT_EQ(server_->counters().connections_total.load(), 1U);
  const auto refused = client.Call("POST", "/never", "", std::string(100'000, 'x'));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(refused->Header("connection"), "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(BodyTest, AHandlerIsToldWhyABodyEnds) {
  StreamRoute("/count", Count, 1000);
  options_.limits.read = std::chrono::milliseconds(200);
  Start();
  auto announced = Connect();
  EXPECT_EQ(announced.Call("POST", "/count", "", std::string(2000, 'x'))->status, 413);
  auto longer = Connect();
  longer.SendRequest("POST", "/count", "Transfer-Encoding: chunked\r\n");
  longer.Send("7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(longer.ReadReply()->body, CodeName(Code::kExhausted));
  auto malformed = Connect();
  malformed.SendRequest("POST", "/count", "Transfer-Encoding: chunked\r\n", "");
  malformed.Send("zz\r\n");
  EXPECT_EQ(malformed.ReadReply()->body, CodeName(Code::kInvalid));
}

TEST_F(BodyTest, ABodyThatStopsOrBreaksOffEndsItsHandler) {
  std::atomic<int> ended{0};
  StreamRoute("/count", [&ended](const Request& request) {
    Response response = Count(request);
    if (response.body == CodeName(Code::kUnavailable)) ++ended;
    return response;
  });
  options_.limits.read = std::chrono::milliseconds(200);
  Start();
  {
    auto broken = Connect();
    broken.SendRequest("POST", "/count", "Content-Length: 10\r\n");
    broken.Send("half");
  }
  EXPECT_TRUE(Eventually([&] { return ended == 1; }));
  auto slow = Connect();
  slow.SendRequest("POST", "/count", "Content-Length: 10\r\n");
  slow.Send("half");
  EXPECT_TRUE(Eventually([&] { return ended == 2; }));
}

TEST_F(BodyTest, NoMoreIsTakenFromAClientThanFits) {
  std::atomic<bool> go{false};
  StreamRoute("/slow", [&go](const Request& request) {
    const auto first = request.stream->Read();
    Eventually([&] { return go.load(); });
    Response rest = Count(request);
    return Response::Text(200, std::to_string(std::stoul(rest.body) + first->size()));
  });
  Start();
  auto client = Connect();
  constexpr std::size_t kSize = 64U << 20;
  client.SendRequest("POST", "/slow", "Content-Length: " + std::to_string(kSize) + "\r\n");
  // The rest stays with the client.
  const std::size_t taken = fakes::SendUntilFull(client.fd(), kSize);
  EXPECT_LT(taken, kSize / 4);
  go = true;
  client.Send(std::string(kSize - taken, 'x'));
  EXPECT_EQ(client.ReadReply()->body, std::to_string(kSize));
}

TEST_F(BodyTest, StoppingEndsAHandlerThatReads) {
  std::atomic<int> ended{0};
  StreamRoute("/count", [&ended](const Request& request) {
    Response response = Count(request);
    ++ended;
    return response;
  });
  Start();
  auto client = Connect();
  client.SendRequest("POST", "/count", "Content-Length: 10\r\n");
  client.Send("half");
  EXPECT_TRUE(Eventually([&] { return server_->counters().in_flight == 1; }));
  server_->Stop(std::chrono::milliseconds(10));
  EXPECT_EQ(ended.load(), 1);
}

}  // namespace
}  // namespace osbx::http

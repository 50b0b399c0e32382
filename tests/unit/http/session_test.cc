// SPDX-License-Identifier: Apache-2.0
// Requests and responses on real sockets.
#include <atomic>
#include <filesystem>

#include "fakes/matchers.h"
#include "fakes/temp_dir.h"
#include "unit/http/server_fixture.h"

namespace osbx::http {
namespace {

using fakes::Eventually;

TEST_F(ServerTest, KeepsAConnectionForManyRequests) {
  Start();
  auto client = Connect();
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.Call("GET", "/hello");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "hello");
    EXPECT_NE(reply->Header("date"), "");
  }
  EXPECT_EQ(server_->counters().connections_total.load(), 1U);
  EXPECT_EQ(server_->counters().requests[0][100].load(), 3U);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  auto client = Connect();
  ASSERT_TRUE(
      client.Send("POST /pool HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                  "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
                  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nthree"));
  EXPECT_EQ(client.ReadReply()->body, "one");
  EXPECT_EQ(client.ReadReply()->body, "hello");
  EXPECT_EQ(client.ReadReply()->body, "three");
}

TEST_F(ServerTest, TakesChunkedBodiesInAnyPieces) {
  Start();
  auto client = Connect();
  for (const std::string_view piece :
       {"POST /echo HTTP/1.1\r\nHo", "st: x\r\nTransfer-Encoding: chunked\r\n\r", "\n4\r\nab",
        "cd\r\n6;ext=1\r\nefghij\r", "\n0\r\n", "\r\n"}) {
    ASSERT_TRUE(client.Send(piece));
  }
  EXPECT_EQ(client.ReadReply()->body, "abcdefghij");
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
}

TEST_F(ServerTest, RefusesTooLargeBodiesAndTheClientReadsTheAnswer) {
  options_.limits.body_bytes = 1000;
  Start();
  auto declared = Connect();
  EXPECT_EQ(declared.Call("POST", "/echo", "", std::string(100'000, 'x'))->status, 413);
  EXPECT_TRUE(declared.AtEnd());
  auto chunked = Connect();
  chunked.SendRequest("POST", "/echo", "Transfer-Encoding: chunked\r\n");
  chunked.Send("7d0\r\n" + std::string(2000, 'x') + "\r\n");
  EXPECT_EQ(chunked.ReadReply()->status, 413);
}

TEST_F(ServerTest, RefusesTooLargeAndMalformedHeads) {
  options_.limits.header_bytes = 2000;
  Start();
  const std::string long_header = "X: " + std::string(4000, 'x') + "\r\n";
  auto large = Connect();
  EXPECT_EQ(large.Call("GET", "/hello", long_header)->status, 431);
  for (const std::string_view head :
       {"nonsense\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n"}) {
    auto client = Connect();
    client.Send(head);
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply) << head;
    EXPECT_EQ(reply->status, 400) << head;
    EXPECT_TRUE(client.AtEnd()) << head;
  }
}

TEST_F(ServerTest, AnswersExpectContinueOnlyWhenItWillTakeTheBody) {
  options_.limits.body_bytes = 10;
  Start();
  auto client = Connect();
  client.SendRequest("POST", "/echo", "Expect: 100-continue\r\nContent-Length: 2\r\n");
  EXPECT_EQ(client.ReadHead()->status, 100);
  client.Send("ok");
  EXPECT_EQ(client.ReadReply()->body, "ok");
  client.SendRequest("POST", "/echo", "Expect: 100-continue\r\nContent-Length: 200\r\n");
  EXPECT_EQ(client.ReadHead()->status, 413);
}

TEST_F(ServerTest, UnknownPathsAndMethodsAndThrowingHandlers) {
  Route("GET", "/throw", [](const Request&) -> Response { throw std::runtime_error("x"); });
  Start();
  auto client = Connect();
  const auto missing = client.Call("GET", "/nothing");
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body, "404 page not found\n");
  EXPECT_EQ(missing->Header("content-type"), "text/plain; charset=utf-8");
  const auto method = client.Call("DELETE", "/hello");
  EXPECT_EQ(method->status, 405);
  EXPECT_EQ(method->Header("allow"), "GET");
  EXPECT_EQ(client.Call("GET", "/throw")->status, 500);
}

TEST_F(ServerTest, HeadIsGetWithoutTheBody) {
  Start();
  auto client = Connect();
  client.SendRequest("HEAD", "/hello");
  const auto reply = client.ReadHead();
  EXPECT_EQ(reply->Header("content-length"), "5");
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
}

TEST_F(ServerTest, Http10ClosesUnlessAskedToKeepAlive) {
  Start();
  auto client = Connect();
  client.Send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.ReadReply()->Header("connection"), "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(ServerTest, TheGateIsAskedBeforeTheBodyIsRead) {
  options_.gate = [](const Request& request) -> std::optional<Response> {
    if (request.HeaderOf("authorization") == "Bearer t") return std::nullopt;
    return Response::Text(401, "no");
  };
  options_.common_headers = "Cache-Control: no-cache, private\r\n";
  Start();
  auto client = Connect();
  client.SendRequest("POST", "/echo", "Content-Length: 100000\r\n");
  const auto refused = client.ReadReply();
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->Header("cache-control"), "no-cache, private");
  auto second = Connect();
  EXPECT_EQ(second.Call("GET", "/hello", "AUTHORIZATION: Bearer t\r\n")->status, 200);
}

TEST_F(ServerTest, HeaderValuesCannotSmuggleLines) {
  Route("GET", "/inject", [](const Request&) {
    Response response = Response::Text(200, "x");
    response.headers.push_back({"X-Test", "a\r\nX-Evil: 1"});
    return response;
  });
  Start();
  const auto reply = Connect().Call("GET", "/inject");
  EXPECT_EQ(reply->Header("x-evil"), "");
  EXPECT_EQ(reply->Header("x-test"), "a  X-Evil: 1");
}

TEST_F(ServerTest, LargeBodiesOfSharedSlicesArriveWhole) {
  const auto slice = std::make_shared<const std::string>(30'000, 's');
  Route("GET", "/slices", [slice](const Request&) {
    Response response = Response::Json(200, "[");
    for (int i = 0; i < 200; ++i) response.slices.push_back(slice);
    return response;
  });
  Start();
  const auto reply = Connect().Call("GET", "/slices");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body.size(), 6'000'001U);
}

TEST_F(ServerTest, IdleAndTricklingConnectionsAreClosed) {
  options_.limits.idle = std::chrono::milliseconds(100);
  options_.limits.read = std::chrono::milliseconds(100);
  Start();
  auto idle = Connect();
  EXPECT_TRUE(idle.AtEnd());
  auto trickling = Connect();
  trickling.Send("GET /hel");
  EXPECT_TRUE(trickling.AtEnd());
}

TEST_F(ServerTest, ABlockedPoolHandlerDoesNotDelayInlineOnes) {
  std::atomic<bool> release{false};
  Route(
      "GET", "/block",
      [&](const Request&) {
        Eventually([&] { return release.load(); });
        return Response::Text(200, "released");
      },
      Where::kPool);
  Start();
  auto blocked = Connect();
  blocked.SendRequest("GET", "/block");
  EXPECT_EQ(Connect().Call("GET", "/hello")->body, "hello");
  release = true;
  EXPECT_EQ(blocked.ReadReply()->body, "released");
}

TEST_F(ServerTest, ListensOnAUnixSocketAndReplacesAStaleOne) {
  const fakes::TempDir dir;
  const std::string path = dir / "api.sock";
  options_.listeners[0].unix_path = path;
  Start();
  EXPECT_EQ(wire::WireClient(path).Call("GET", "/hello")->body, "hello");
  Server second(options_, Router());
  EXPECT_THAT(second.Start(), fakes::StatusIs(Code::kUnavailable));
  server_->Stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ServerTest, APortInUseIsAClearError) {
  Start();
  ServerOptions options;
  options.listeners.push_back({.port = server_->Port()});
  Server second(options, Router());
  const auto started = second.Start();
  EXPECT_THAT(started, fakes::StatusIs(Code::kUnavailable));
  EXPECT_NE(started.error().message().find(std::to_string(server_->Port())), std::string::npos);
}

TEST_F(ServerTest, LoopRunsWorkAndTimersOnTheIoThread) {
  Start();
  std::atomic<int> ran{0};
  server_->loop().Post([&] { ++ran; });
  server_->loop().After(std::chrono::milliseconds(1), [&] { ran += 10; });
  const auto cancelled = server_->loop().After(std::chrono::minutes(1), [&] { ran += 100; });
  server_->loop().Cancel(cancelled);
  EXPECT_TRUE(Eventually([&] { return ran == 11; }));
}

}  // namespace
}  // namespace osbx::http

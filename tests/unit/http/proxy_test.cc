// SPDX-License-Identifier: Apache-2.0
// Requests passed on to a backend on a unix socket: a real server, and one that does what the test
// says.
#include "http/proxy.h"

#include <atomic>

#include "base/contained.h"
#include "fakes/raw_listener.h"
#include "unit/http/server_fixture.h"

namespace osbx::http {
namespace {

using fakes::Eventually;
using fakes::RawListener;
using fakes::ReadHeadText;

constexpr int kBinary = 2;
constexpr int kClose = 8;

TEST(ProxyHead, WhatIsOfOneHopOrWithheldStaysBehind) {
  Request request;
  request.method = "POST";
  request.headers = {{"Host", "public"},      {"Connection", "close, X-Mine"},
                     {"X-Mine", "1"},         {"Keep-Alive", "5"},
                     {"TE", "trailers"},      {"Transfer-Encoding", "chunked"},
                     {"Content-Length", "7"}, {"Expect", "100-continue"},
                     {"Cookie", "secret"},    {"x-token", "forged"},
                     {"Accept", "*/*"},       {"X-Empty", ""}};
  ProxyTarget target;
  target.target = "/a%2Fb//c/?q=%20";
  target.host = "inner";
  target.headers = {{"X-Token", "real"}};
  target.withheld = [](std::string_view name) { return name == "cookie"; };
  EXPECT_EQ(ForwardedHead(request, target),
            "POST /a%2Fb//c/?q=%20 HTTP/1.1\r\nHost: inner\r\nAccept: */*\r\nX-Empty: \r\n"
            "X-Token: real\r\n");
  request.upgrade = true;
  EXPECT_TRUE(
      ForwardedHead(request, target).ends_with("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
}

TEST(ProxyHead, AnswersKeepTheirOwnHeadersAndLocationsStayBelowThePrefix) {
  ProxyTarget target;
  target.location_prefix = "/v1/sandboxes/a/proxy/80";
  const std::vector<HeaderView> headers = {
      {"Server", "x"},         {"Set-Cookie", "a"}, {"set-cookie", "b"}, {"Location", "/login"},
      {"Connection", "X-Hop"}, {"X-Hop", "1"},      {"Upgrade", "h2c"},  {"Content-Length", "3"}};
  const std::vector<Header> returned = ReturnedHeaders(headers, target, false);
  ASSERT_EQ(returned.size(), 3U);
  EXPECT_EQ(returned[0].value, "a");
  EXPECT_EQ(returned[1].value, "b");
  EXPECT_EQ(returned[2].value, "/v1/sandboxes/a/proxy/80/login");
  for (const char* untouched :
       {"http://x/y", "//x/y", "relative", "/v1/sandboxes/a/proxy/80/there"}) {
    const std::vector<HeaderView> one{{"Location", untouched}};
    EXPECT_EQ(ReturnedHeaders(one, target, false).front().value, untouched);
  }
  const std::vector<HeaderView> upgrade{{"Upgrade", "websocket"}, {"Connection", "upgrade"}};
  EXPECT_EQ(ReturnedHeaders(upgrade, target, true).size(), 2U);
}

class ProxyTest : public ServerTest {
 protected:
  ProxyTest() {
    options_.common_headers = "X-Ours: 1\r\n";
    for (const char* method : {"GET", "POST", "PUT"}) {
      router_.Add({.method = method,
                   .pattern = "/p/{rest...}",
                   .handler = [this](const Request& request) { return Forward(request); },
                   .body = BodyKind::kForward});
    }
  }
  Response Forward(const Request& request) {
    ProxyTarget target;
    target.dial = [this] {
      ++dialled_;
      return ConnectBeneath(std::filesystem::path(backend_).parent_path().string(),
                            std::filesystem::path(backend_).filename().string());
    };
    target.pool_key = "backend";
    target.target = request.target.substr(2);
    target.host = "inner";
    target.patience = patience_;
    return Response::Proxy(std::move(target));
  }

  RawListener listener_;
  std::string backend_ = listener_.path();
  std::chrono::milliseconds patience_{30'000};
  std::atomic<int> dialled_{0};
};

// ---- a backend by script

TEST_F(ProxyTest, BytesOfAnAnswerArriveBeforeItsEnd) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/p/x%2Fy/?a=b");
  auto backend = listener_.Accept();
  EXPECT_EQ(ReadHeadText(backend), "GET /x%2Fy/?a=b HTTP/1.1\nHost: inner\n");
  backend.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Mine: 1\r\n\r\n");
  const auto head = client.ReadHead();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->Header("x-mine"), "1");
  EXPECT_EQ(head->Header("x-ours"), "");
  EXPECT_EQ(head->Header("transfer-encoding"), "chunked");
  for (const std::string_view text : {"one", "two"}) {
    backend.Send("3\r\n" + std::string(text) + "\r\n");
    EXPECT_EQ(client.ReadChunk(), text);
  }
  backend.Send("0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.ReadChunk(), "");
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
}

TEST_F(ProxyTest, LengthsAndEmptyAnswersAreKept) {
  Start();
  auto client = Connect();
  struct Case {
    const char* method;
    const char* answer;
    int status;
    const char* length;
    const char* body;
  };
  for (const Case& c :
       {Case{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "2", "ok"},
        Case{"POST", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "0", ""},
        Case{"GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", ""},
        Case{"GET", "HTTP/1.1 304 Not Modified\r\nETag: a\r\n\r\n", 304, "", ""},
        Case{"GET", "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 1\r\n\r\nx", 201,
             "1", "x"}}) {
    client.SendRequest(c.method, "/p/x", "Connection: keep-alive\r\n");
    auto backend = listener_.Accept();
    ReadHeadText(backend);
    backend.Send(c.answer);
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply) << c.answer;
    EXPECT_EQ(reply->status, c.status);
    EXPECT_EQ(reply->Header("content-length"), c.length);
    EXPECT_EQ(reply->body, c.body);
  }
  client.SendRequest("HEAD", "/p/x");
  auto backend = listener_.Accept();
  EXPECT_TRUE(ReadHeadText(backend).starts_with("HEAD /x "));
  backend.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.ReadHead()->Header("content-length"), "5");
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
}

TEST_F(ProxyTest, AnAnswerUntilTheEndOfTheConnectionIsChunkedForNewClientsAndClosedForOldOnes) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/p/x");
  {
    auto backend = listener_.Accept();
    ReadHeadText(backend);
    backend.Send("HTTP/1.0 200 OK\r\n\r\nall of it");
  }
  EXPECT_EQ(client.ReadReply()->body, "all of it");
  auto old = Connect();
  old.Send("GET /p/x HTTP/1.0\r\n\r\n");
  {
    auto backend = listener_.Accept();
    ReadHeadText(backend);
    backend.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    EXPECT_EQ(old.ReadHead()->Header("transfer-encoding"), "");
    EXPECT_EQ(old.ReadExactly(3), "abc");
    EXPECT_TRUE(old.AtEnd());
  }
}

TEST_F(ProxyTest, FaultsBeforeAnAnswerHaveTheirOwnStatus) {
  patience_ = std::chrono::milliseconds(150);
  Start();
  for (const char* answer :
       {"", "nonsense\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200"}) {
    auto client = Connect();
    client.SendRequest("GET", "/p/x");
    {
      auto backend = listener_.Accept();
      ReadHeadText(backend);
      backend.Send(answer);
    }
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply) << answer;
    EXPECT_EQ(reply->status, 502) << answer;
    const auto next = client.Call("GET", "/hello");
    ASSERT_TRUE(next) << answer << reply->Header("connection");
    EXPECT_EQ(next->body, "hello") << answer;
  }
  auto late = Connect();
  late.SendRequest("GET", "/p/x");
  const auto silent = listener_.Accept();
  EXPECT_EQ(late.ReadReply()->status, 504);
  backend_ = listener_.path() + ".not";
  EXPECT_EQ(late.Call("GET", "/p/x")->status, 502);
  EXPECT_EQ(late.Call("POST", "/p/x", "", "body")->status, 502);
  EXPECT_EQ(late.Call("GET", "/hello")->body, "hello");
}

TEST_F(ProxyTest, AnAnswerThatBreaksOffNeverLooksWhole) {
  Start();
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nz"}) {
    auto client = Connect();
    client.SendRequest("GET", "/p/x");
    {
      auto backend = listener_.Accept();
      ReadHeadText(backend);
      backend.Send(answer);
    }
    EXPECT_FALSE(client.ReadReply()) << answer;
  }
}

TEST_F(ProxyTest, KeptConnectionsServeRequestsThatMayBeRepeated) {
  options_.limits.backend_idle = std::chrono::hours(1);
  Start();
  auto client = Connect();
  constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  client.SendRequest("GET", "/p/1");
  std::optional<wire::WireClient> first(listener_.Accept());
  ReadHeadText(*first);
  first->Send(kOk);
  EXPECT_EQ(client.ReadReply()->body, "ok");
  client.SendRequest("GET", "/p/2");
  EXPECT_TRUE(ReadHeadText(*first).starts_with("GET /2 "));
  first->Send(kOk);
  EXPECT_EQ(client.ReadReply()->body, "ok");
  EXPECT_EQ(dialled_.load(), 1);
  client.SendRequest("PUT", "/p/3", "", "body");  // not on a connection that may just be closing
  auto second = listener_.Accept();
  ReadHeadText(second);
  EXPECT_EQ(second.ReadExactly(4), "body");
  second.Send(kOk);
  EXPECT_EQ(client.ReadReply()->body, "ok");
  // The newest is taken first; it closes with the request on its way, and the request is repeated.
  client.SendRequest("GET", "/p/4");
  EXPECT_TRUE(ReadHeadText(second).starts_with("GET /4 "));
  second.Close();
  auto third = listener_.Accept();
  EXPECT_TRUE(ReadHeadText(third).starts_with("GET /4 "));
  third.Send(kOk);
  EXPECT_EQ(client.ReadReply()->body, "ok");
  // One that has ended, or sent what nobody asked for, is not used.
  third.Send("junk");
  first.reset();
  client.SendRequest("GET", "/p/5");
  auto fourth = listener_.Accept();
  EXPECT_TRUE(ReadHeadText(fourth).starts_with("GET /5 "));
  fourth.Send(kOk);
  EXPECT_EQ(client.ReadReply()->body, "ok");
}

TEST_F(ProxyTest, AnAnswerMayComeBeforeTheWholeRequest) {
  Start();
  auto client = Connect();
  client.SendRequest("POST", "/p/x", "Content-Length: 1000000\r\n");
  client.Send("some");
  auto backend = listener_.Accept();
  ReadHeadText(backend);
  EXPECT_EQ(backend.ReadExactly(4), "some");
  backend.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_EQ(reply->body, "no!");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(ProxyTest, AClientThatGoesEndsTheBackendsConnection) {
  Start();
  std::optional<wire::WireClient> client(Connect());
  client->SendRequest("GET", "/p/x");
  auto backend = listener_.Accept();
  ReadHeadText(backend);
  backend.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  client->ReadHead();
  client->ReadChunk();
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(client->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  client.reset();
  EXPECT_TRUE(backend.AtEnd());
  std::optional<wire::WireClient> uploader(Connect());
  uploader->SendRequest("POST", "/p/x", "Content-Length: 100\r\n");
  uploader->Send("half");
  auto second = listener_.Accept();
  ReadHeadText(second);
  EXPECT_EQ(second.ReadExactly(4), "half");
  uploader.reset();
  EXPECT_TRUE(second.AtEnd());
}

TEST_F(ProxyTest, AClientThatHasClosedItsSideStillGetsItsAnswer) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/p/x");
  ::shutdown(client.fd(), SHUT_WR);
  auto backend = listener_.Accept();
  ReadHeadText(backend);
  backend.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.ReadHead()->status, 200);
  backend.Send("late");
  EXPECT_EQ(client.ReadExactly(4), "late");
}

TEST_F(ProxyTest, AHalfClosedClientIsNotWaitedForForEver) {
  options_.limits.write = std::chrono::milliseconds(100);
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/p/x");
  ::shutdown(client.fd(), SHUT_WR);
  auto backend = listener_.Accept();
  ReadHeadText(backend);
  EXPECT_TRUE(backend.AtEnd());
}

TEST_F(ProxyTest, WhatIsMalformedOrAmbiguousGoesNowhere) {
  Start();
  auto chunked = Connect();
  chunked.SendRequest("POST", "/p/x", "Transfer-Encoding: chunked\r\n");
  chunked.Send("zz\r\n");
  EXPECT_EQ(chunked.ReadReply()->status, 400);
  listener_.Accept();
  for (const std::string_view head :
       {"POST /p/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /p/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /p/x HTTP/1.1\r\nHost: x\r\nX: a\r\n Transfer-Encoding: chunked\r\n\r\n",
        "PUT /p/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: a\r\nTransfer-Encoding: b\r\n\r\n",
        "POST /p/x HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /p/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n"}) {
    auto client = Connect();
    client.Send(head);
    const auto reply = client.ReadReply();
    ASSERT_TRUE(reply) << head;
    EXPECT_EQ(reply->status, 400) << head;
  }
  for (const char* encoding : {"gzip, chunked", "chunked, identity", "xchunked"}) {
    auto client = Connect();
    client.SendRequest("POST", "/p/x", "Transfer-Encoding: " + std::string(encoding) + "\r\n");
    EXPECT_EQ(client.ReadReply()->status, 501) << encoding;
  }
  EXPECT_FALSE(listener_.Waits());
}

TEST_F(ProxyTest, NeitherDirectionCollectsWhatTheOtherSideDoesNotTake) {
  Start();
  constexpr std::size_t kSize = 64U << 20;
  const std::string length = "Content-Length: " + std::to_string(kSize) + "\r\n";
  auto client = Connect();
  client.SendRequest("POST", "/p/x", length);
  auto backend = listener_.Accept();
  ReadHeadText(backend);
  std::size_t sent = fakes::SendUntilFull(client.fd(), kSize);
  EXPECT_LT(sent, kSize / 4);
  std::jthread rest([&] { client.Send(std::string(kSize - sent, 'x')); });
  EXPECT_EQ(backend.ReadExactly(kSize)->size(), kSize);
  rest.join();
  backend.Send("HTTP/1.1 200 OK\r\n" + length + "\r\n");
  EXPECT_EQ(client.ReadHead()->status, 200);
  sent = fakes::SendUntilFull(backend.fd(), kSize);
  EXPECT_LT(sent, kSize / 4);
  std::jthread answer([&] { backend.Send(std::string(kSize - sent, 'x')); });
  EXPECT_EQ(client.ReadExactly(kSize)->size(), kSize);
}

TEST_F(ProxyTest, StoppingEndsWhatHasNoEnd) {
  Start();
  auto client = Connect();
  client.SendRequest("GET", "/p/x");
  auto backend = listener_.Accept();
  ReadHeadText(backend);
  backend.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  client.ReadHead();
  client.ReadChunk();
  const auto begin = std::chrono::steady_clock::now();
  server_->Stop(std::chrono::seconds(60));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_FALSE(client.ReadChunk());
}

// ---- a real server as the backend

class RealBackend : public ProxyTest {
 protected:
  RealBackend() {
    backend_ = dir_ / "real";
    ServerOptions options;
    options.listeners.push_back({.unix_path = backend_});
    Router router;
    router.Add({.method = "POST",
                .pattern = "/upload",
                .handler =
                    [](const Request& request) {
                      std::size_t total = 0;
                      while (const auto bytes = request.stream->Read()) {
                        if (bytes->empty()) break;
                        total += bytes->size();
                      }
                      return Response::Text(200, std::to_string(total));
                    },
                .where = Where::kThread,
                .body = BodyKind::kStream});
    router.Add({.method = "GET", .pattern = "/ws", .handler = [](const Request&) {
                  return Response::Upgrade("chat", [](const WebSocketPtr& socket) {
                    while (auto message = socket->Receive()) {
                      if (message->data == "bye") return socket->Close(4001, "taken");
                      socket->Send(std::move(*message));
                    }
                  });
                }});
    router.Add({.method = "GET", .pattern = "/busy", .handler = [](const Request&) {
                  return Response::Json(409, "{}");
                }});
    real_ = std::make_unique<Server>(std::move(options), std::move(router));
  }
  void SetUp() override { ASSERT_TRUE(real_->Start()); }

  fakes::TempDir dir_;
  std::unique_ptr<Server> real_;
};

TEST_F(RealBackend, UploadsOfEitherFramingArriveWhole) {
  Start();
  auto client = Connect();
  EXPECT_EQ(client.Call("POST", "/p/upload", "", std::string(5'000'000, 'x'))->body, "5000000");
  client.SendRequest("POST", "/p/upload", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n");
  EXPECT_EQ(client.ReadHead()->status, 100);
  for (int i = 0; i < 100; ++i) client.Send("2710\r\n" + std::string(10'000, 'x') + "\r\n");
  client.Send("0\r\n\r\n");
  EXPECT_EQ(client.ReadReply()->body, "1000000");
  EXPECT_EQ(client.Call("POST", "/p/upload", "Content-Length: 0\r\n")->body, "0");
}

TEST_F(RealBackend, WebSocketsAreTunnelledWithTheirSubprotocolAndCloseCode) {
  Start();
  auto client = Connect();
  const auto reply = client.UpgradeTo("/p/ws", "chat");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 101);
  EXPECT_EQ(reply->Header("sec-websocket-protocol"), "chat");
  EXPECT_EQ(reply->Header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const std::string large(1'000'000, 'w');
  for (const std::string& text : {std::string("hi"), large}) {
    client.SendFrame(kBinary, text);
    EXPECT_EQ(client.ReadFrame()->payload, text);
  }
  EXPECT_EQ(server_->counters().websockets.load(), 1);
  client.SendFrame(kBinary, "bye");
  const auto close = client.ReadFrame();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->opcode, kClose);
  EXPECT_EQ(close->payload, "\x0f\xa1taken");
  client.Close();
  EXPECT_TRUE(Eventually([&] { return server_->counters().websockets == 0; }));
  EXPECT_TRUE(Eventually([&] { return real_->counters().connections == 0; }));
}

TEST_F(RealBackend, ARefusedUpgradeIsAnOrdinaryAnswer) {
  Start();
  auto client = Connect();
  EXPECT_EQ(client.UpgradeTo("/p/busy")->status, 409);
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
}

}  // namespace
}  // namespace osbx::http

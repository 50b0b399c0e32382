// SPDX-License-Identifier: Apache-2.0
// The proxy to a sandbox (contract/lifecycle.md §11); the test stands in for its execd.
#include <filesystem>

#include "apiserver/opensandbox/proxy_path.h"
#include "base/contained.h"
#include "base/endpoint_token.h"
#include "fakes/raw_listener.h"
#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

using fakes::ReadHeadText;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nok";

TEST(ProxyPath, IsCutWithoutDecoding) {
  struct Case {
    const char* path;
    const char* prefix;  // "": no proxy path
    const char* rest;
  };
  for (const Case& c :
       {Case{"/v1/sandboxes/a/proxy/80", "/v1/sandboxes/a/proxy/80", ""},
        Case{"/sandboxes/a/proxy/80/", "/sandboxes/a/proxy/80", "/"},
        Case{"/sandboxes/a/proxy/80//x%2Fy/../z/", "/sandboxes/a/proxy/80", "//x%2Fy/../z/"},
        Case{"/sandboxes/a/proxy/", "", ""}, Case{"/sandboxes//proxy/80", "", ""},
        Case{"/sandboxes/a/b/proxy/80", "", ""}, Case{"/v1/v1/sandboxes", "", ""},
        Case{"/v1/sandboxes/a/proxyX/80", "", ""}, Case{"/v1", "", ""},
        Case{"//sandboxes/a/proxy/80", "", ""}, Case{"", "", ""}}) {
    const auto cut = opensandbox::ParseProxyPath(c.path);
    EXPECT_EQ(cut ? cut->prefix : "", c.prefix) << c.path;
    EXPECT_EQ(cut ? cut->rest : "", c.rest) << c.path;
  }
}

class SandboxProxyTest : public DialectTest {
 protected:
  void SetUp() override {
    dialect_options_.endpoint_token = [](std::string_view uid) {
      return EndpointToken(Secret("install"), uid);
    };
    dialect_options_.dial_execd = [this](const std::string& uid) {
      dialled_ = uid;
      const std::filesystem::path socket(listener_.path());
      return ConnectBeneath(socket.parent_path().string(), socket.filename().string());
    };
    dialect_options_.api_key = Secret("right");
    DialectTest::SetUp();
    path_ = Create("busybox");
    uid_ = path_.substr(path_.rfind('/') + 1);
  }
  std::string Token(std::string_view uid) const {
    return "X-EXECD-ACCESS-TOKEN: " + std::string(EndpointToken(Secret("install"), uid).Reveal()) +
           "\r\n";
  }
  std::string Code(std::string_view target, std::string_view headers) {
    const JsonReply reply = Get(target, headers);
    return std::to_string(reply.status) + " " + reply.body.value("code", "");
  }

  fakes::RawListener listener_;
  std::string path_;
  std::string uid_;
  std::string dialled_;
};

TEST_F(SandboxProxyTest, TheEndpointNamesTheTokenThatOpensIt) {
  const JsonReply endpoint = Ask("GET", path_ + "/endpoints/44772?use_server_proxy=true");
  ASSERT_EQ(endpoint.status, 200);
  EXPECT_EQ(endpoint.body["endpoint"], "x" + path_ + "/proxy/44772");
  const std::string header = "X-EXECD-ACCESS-TOKEN: " +
                             endpoint.body["headers"]["X-EXECD-ACCESS-TOKEN"].get<std::string>() +
                             "\r\n";
  auto client = Connect();
  client.SendRequest("GET", path_ + "/proxy/44772/ping?a=%20b", header);
  auto execd = listener_.Accept();
  EXPECT_TRUE(ReadHeadText(execd).starts_with("GET /ping?a=%20b HTTP/1.1\nHost: execd\n"));
  execd.Send(kOk);
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "ok");
  EXPECT_EQ(reply->Header("server"), "");
  EXPECT_EQ(reply->Header("cache-control"), "");
  EXPECT_NE(reply->Header("x-request-id"), "");
  EXPECT_EQ(dialled_, uid_);
}

TEST_F(SandboxProxyTest, NothingElseOpensIt) {
  const std::string target = path_ + "/proxy/44772/ping";
  const std::string refused = "401 MISSING_OR_INVALID_SECURE_ACCESS";
  EXPECT_EQ(Code(target, ""), refused);
  EXPECT_EQ(Code(target, "X-EXECD-ACCESS-TOKEN: \r\n"), refused);
  EXPECT_EQ(Code(target, Token("another")), refused);
  EXPECT_EQ(Code(target, "OPEN-SANDBOX-API-KEY: wrong\r\n"), refused);
  EXPECT_EQ(Code("/v1/sandboxes/another/proxy/44772/", Token(uid_)), refused);
  auto client = Connect();
  EXPECT_EQ(client.UpgradeTo(path_ + "/proxy/44772/pty/1/ws")->status, 401);
  // The token opens nothing but the proxy.
  EXPECT_EQ(Code(path_, Token(uid_)), "401 MISSING_API_KEY");
  EXPECT_EQ(Code("/v1/sandboxes", Token(uid_)), "401 MISSING_API_KEY");
  EXPECT_FALSE(listener_.Waits());
}

TEST_F(SandboxProxyTest, AnotherPortGoesThroughExecdWithoutTheCallersSecrets) {
  auto client = Connect();
  client.SendRequest("GET", path_ + "/proxy/8080//a%2Fb/",
                     "OPEN-SANDBOX-API-KEY: right\r\nAuthorization: Bearer right\r\n"
                     "Cookie: c=d\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
                     "X-API-Key: right\r\nX-Real-IP: 6.6.6.6\r\nX-App: 1\r\n"
                     "OpenSandbox-Access-Renew: skip\r\nX-EXECD-ACCESS-TOKEN: right\r\n");
  auto execd = listener_.Accept();
  EXPECT_EQ(ReadHeadText(execd),
            "GET /proxy/8080//a%2Fb/ HTTP/1.1\nHost: execd\nX-App: 1\nX-Forwarded-Proto: http\n"
            "X-Forwarded-Host: x\nX-Forwarded-For: 127.0.0.1\n" +
                Token(uid_).substr(0, Token(uid_).size() - 2) + "\n");
  execd.Send("HTTP/1.1 302 Found\r\nLocation: /login?x\r\nContent-Length: 0\r\n\r\n");
  const auto reply = client.ReadReply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->Header("location"), path_ + "/proxy/8080/login?x");
  EXPECT_EQ(reply->Header("content-length"), "0");
}

TEST_F(SandboxProxyTest, WhatCannotBeReachedSaysWhy) {
  const std::string target = path_ + "/proxy/44772/ping";
  EXPECT_EQ(Code(path_ + "/proxy/0/", Token(uid_)), "400 DOCKER::INVALID_PORT");
  EXPECT_EQ(Get(path_ + "/proxy/x/", Token(uid_)).status, 422);
  EXPECT_EQ(Code("/v1/sandboxes/gone/proxy/44772/", Token("gone")),
            "404 DOCKER::SANDBOX_NOT_FOUND");
  ASSERT_EQ(Ask("POST", path_ + "/pause").status, 202);
  EXPECT_EQ(Code(target, Token(uid_)), "409 DOCKER::SANDBOX_NOT_RUNNING");
  ASSERT_EQ(Ask("POST", path_ + "/resume").status, 202);
  std::filesystem::remove(listener_.path());
  EXPECT_EQ(Code(target, Token(uid_)), "502 BACKEND_CONNECTION_FAILED");
  ASSERT_EQ(Ask("DELETE", path_).status, 204);
  EXPECT_EQ(Code(target, Token(uid_)), "404 DOCKER::SANDBOX_NOT_FOUND");
}

TEST_F(SandboxProxyTest, BrowsersAskBeforehand) {
  const JsonReply preflight = Call("OPTIONS", path_ + "/proxy/8080/", "",
                                   "Origin: http://a\r\nAccess-Control-Request-Method: PUT\r\n");
  EXPECT_EQ(preflight.status, 200);
  EXPECT_FALSE(listener_.Waits());
}

}  // namespace
}  // namespace osbx::apiserver

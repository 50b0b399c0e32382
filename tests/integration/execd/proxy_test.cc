// SPDX-License-Identifier: Apache-2.0
// /proxy of the real osbx-execd, to servers on the same loopback, and uploads as they arrive.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "http/server.h"
#include "integration/execd/execd_process.h"

namespace osbx::execd_test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// Tells what it was asked, and echoes WebSocket messages.
class Backend {
 public:
  Backend() {
    http::Router router;
    for (const char* pattern : {"/", "/{rest...}"}) {
      router.Add({.method = "*", .pattern = pattern, .handler = [](const http::Request& request) {
                    json headers = json::object();
                    for (const auto& header : request.headers) {
                      headers[std::string(header.name)] = header.value;
                    }
                    const json told{{"method", request.method},
                                    {"target", request.target},
                                    {"body", request.body},
                                    {"headers", headers}};
                    return http::Response::Json(203, told.dump());
                  }});
    }
    router.Add({.method = "GET", .pattern = "/echo", .handler = [](const http::Request&) {
                  return http::Response::Upgrade("", [](const http::WebSocketPtr& socket) {
                    while (auto message = socket->Receive()) socket->Send(*std::move(message));
                  });
                }});
    http::ServerOptions options;
    options.listeners.push_back({});
    server_.emplace(std::move(options), std::move(router));
    EXPECT_TRUE(server_->Start());
  }
  std::string Prefix() const { return "/proxy/" + std::to_string(server_->Port()); }

 private:
  std::optional<http::Server> server_;
};

TEST(ExecdProxy, PassesRequestsToPortsWithoutTheToken) {
  const Backend backend;
  const ExecdProcess execd;
  const auto reply = execd->Call("PATCH", backend.Prefix() + "/a%2Fb//c?d=%20e", "bytes",
                                 "X-Forwarded-For: 10.1.1.1, 10.2.2.2\r\nX-Forwarded-Host: h\r\n"
                                 "X-Own: kept\r\n");
  EXPECT_EQ(reply.status, 203);
  const json told = json::parse(reply.body);
  EXPECT_EQ(told.at("method"), "PATCH");
  EXPECT_EQ(told.at("target"), "/a%2Fb//c?d=%20e");
  EXPECT_EQ(told.at("body"), "bytes");
  const json& headers = told.at("headers");
  EXPECT_EQ(headers.at("X-Own"), "kept");
  EXPECT_EQ(headers.at("X-Forwarded-For"), "10.1.1.1");
  EXPECT_EQ(headers.at("X-Forwarded-Proto"), "http");
  EXPECT_FALSE(headers.contains("X-Forwarded-Host"));
  EXPECT_THAT(headers.dump(), ::testing::Not(HasSubstr(ExecdApi::kToken)));
  EXPECT_EQ(json::parse(execd->Call("GET", backend.Prefix()).body).at("target"), "/");
  EXPECT_EQ(json::parse(execd->Call("GET", backend.Prefix() + "/?x").body).at("target"), "/?x");
}

TEST(ExecdProxy, PassesWebSocketsOn) {
  const Backend backend;
  const ExecdProcess execd;
  wire::WireClient client(execd->socket());
  const auto reply = client.UpgradeTo(backend.Prefix() + "/echo", "", ExecdApi::TokenHeader());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 101);
  client.SendFrame(1, "there and back");
  const auto frame = client.ReadFrame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload, "there and back");
}

TEST(ExecdProxy, LeadsToExecdItselfToo) {
  const ExecdProcess execd;
  EXPECT_EQ(execd->Call("GET", "/proxy/44772/ping").status, 200);
  EXPECT_EQ(execd->Call("GET", "/proxy/44772/files/info").body, "{}");
  EXPECT_EQ(execd->Call("GET", "/proxy/44772/proxy/44772/ping").status, 400);
}

TEST(ExecdProxy, SaysWhatIsWrong) {
  const ExecdProcess execd;
  for (const char* target : {"/proxy", "/proxy/", "/proxy/0/", "/proxy/65536/x", "/proxy/8x/"}) {
    EXPECT_EQ(execd->Call("GET", target).status, 400) << target;
  }
  const auto nobody = execd->Call("GET", "/proxy/1/");  // tcpmux: nobody listens there
  EXPECT_EQ(nobody.status, 502);
  EXPECT_EQ(nobody.body, "Bad Gateway\n");
  wire::WireClient stranger(execd->socket());
  EXPECT_EQ(stranger.Call("GET", "/proxy/1/")->status, 401);
}

std::string FormHead(const std::string& path) {
  return "--b\r\nContent-Disposition: form-data; name=\"metadata\"; "
         "filename=\"m\"\r\n\r\n{\"path\":\"" +
         path +
         "\"}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
}

bool SendUpload(wire::WireClient& client, std::size_t size) {
  return client.Send("POST /files/upload HTTP/1.1\r\nHost: x\r\n" + ExecdApi::TokenHeader() +
                     "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
                     std::to_string(size) + "\r\n\r\n");
}

TEST(ExecdUpload, OneThatBreaksOffLeavesTheOldFileAndNothingElse) {
  const ExecdProcess execd;
  const std::string folder = execd.dir() / "folder";
  std::filesystem::create_directory(folder);
  const std::string path = folder + "/file";
  WriteText(path, "old");
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(folder), {}); };
  {
    wire::WireClient client(execd->socket());
    ASSERT_TRUE(SendUpload(client, 1'000'000));
    ASSERT_TRUE(client.Send(FormHead(path) + std::string(300'000, 'n')));
    EXPECT_TRUE(fakes::Eventually([&] { return files() == 2; })) << "it is written as it comes";
    EXPECT_EQ(ReadText(path), "old");
  }
  EXPECT_TRUE(fakes::Eventually([&] { return files() == 1; }));
  EXPECT_EQ(ReadText(path), "old");
}

TEST(ExecdUpload, ALargeFileIsNeverHeldInMemory) {
  constexpr std::size_t kPieces = 96;
  constexpr std::size_t kPiece = 1 << 20;
  const ExecdProcess execd;
  const std::string path = execd.dir() / "large";
  const std::string head = FormHead(path);
  const std::string tail = "\r\n--b--\r\n";
  wire::WireClient client(execd->socket());
  ASSERT_TRUE(SendUpload(client, head.size() + kPieces * kPiece + tail.size()));
  ASSERT_TRUE(client.Send(head));
  const std::string piece(kPiece, 'x');
  for (std::size_t i = 0; i < kPieces; ++i) ASSERT_TRUE(client.Send(piece));
  EXPECT_LT(ResidentKb(execd.pid()), 32 << 10);
  ASSERT_TRUE(client.Send(tail));
  EXPECT_EQ(client.ReadReply().value_or(wire::Reply()).status, 200);
  EXPECT_EQ(std::filesystem::file_size(path), kPieces * kPiece);
}

}  // namespace
}  // namespace osbx::execd_test

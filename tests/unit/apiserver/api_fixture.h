// SPDX-License-Identifier: Apache-2.0
// A whole API server over a memory store on a free port, and a client that speaks JSON to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apiserver/api_server.h"
#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/wire_client.h"
#include "store/memory_store.h"

namespace osbx::apiserver {

struct JsonReply {
  int status = 0;
  Json body;
  wire::Reply raw;
};

inline constexpr std::string_view kSandboxes = "/apis/osbx.dev/v1/namespaces/default/sandboxes";
inline constexpr std::string_view kVolumes = "/apis/osbx.dev/v1/namespaces/default/volumes";
inline constexpr std::string_view kAcceptTable =
    "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;"
    "g=meta.k8s.io,application/json\r\n";

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() : registry_(store_, clock_) { options_.listeners.emplace_back(); }

  void SetUp() override { Start(); }
  void TearDown() override { server_.reset(); }
  void Start() {
    ASSERT_TRUE(registry_.EnsureNamespaces().has_value());
    server_ = std::make_unique<ApiServer>(store_, registry_, options_);
    const auto started = server_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().ToString();
  }
  wire::WireClient Connect() { return wire::WireClient(server_->Port()); }

  JsonReply Call(std::string_view method, std::string_view target, std::string_view body = "",
                 std::string_view headers = "") {
    auto client = Connect();
    const auto reply = client.Call(method, target, headers, body);
    if (!reply) return {};
    return {
        .status = reply->status, .body = Json::parse(reply->body, nullptr, false), .raw = *reply};
  }
  JsonReply Get(std::string_view target, std::string_view headers = "") {
    return Call("GET", target, "", headers);
  }
  JsonReply Patch(std::string_view target, std::string_view type, std::string_view body) {
    return Call("PATCH", target, body, "Content-Type: " + std::string(type) + "\r\n");
  }
  static std::string Sandbox(std::string_view name, std::string_view labels = "{}") {
    return R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox","metadata":{"name":")" +
           std::string(name) + R"(","labels":)" + std::string(labels) +
           R"(},"spec":{"image":"busybox"}})";
  }
  // Creates it and returns its resourceVersion.
  std::string Create(std::string_view name, std::string_view labels = "{}") {
    const JsonReply reply = Call("POST", kSandboxes, Sandbox(name, labels));
    EXPECT_EQ(reply.status, 201) << reply.raw.body;
    if (reply.status != 201) return "";
    return reply.body["metadata"]["resourceVersion"];
  }

  fakes::FakeClock clock_;
  store::MemoryStore store_;
  registry::Registry registry_;
  ApiServerOptions options_;
  std::unique_ptr<ApiServer> server_;
};

// One open watch.
class Watch {
 public:
  Watch(std::uint16_t port, std::string_view target, std::string_view headers = "")
      : client_(port) {
    client_.SendRequest("GET", target, headers);
    const auto head = client_.ReadHead();
    if (head) status = head->status;
  }
  // The next event; null at the end of the stream.
  Json Next() {
    std::size_t end = text_.find('\n');
    while (end == std::string::npos) {
      const auto chunk = client_.ReadChunk();
      if (!chunk || chunk->empty()) {
        ended_properly = chunk.has_value();
        return nullptr;
      }
      text_ += *chunk;
      end = text_.find('\n');
    }
    Json event = Json::parse(text_.substr(0, end), nullptr, false);
    text_.erase(0, end + 1);
    return event;
  }
  // "ADDED a"
  std::string NextName() {
    const Json event = Next();
    if (event.is_null()) return "end";
    return event["type"].get<std::string>() + " " +
           event["object"]["metadata"].value("name", std::string());
  }

  int status = 0;
  bool ended_properly = false;

 private:
  wire::WireClient client_;
  std::string text_;
};

}  // namespace osbx::apiserver

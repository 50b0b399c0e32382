// SPDX-License-Identifier: Apache-2.0
// /code of the real osbx-execd, beside a small stand-in for a Jupyter server.
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "http/server.h"
#include "integration/execd/execd_process.h"

namespace osbx::execd_test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Knows one kernel, which executes: "say X" (a line of output), "value X" (a result), "fail" and
// "wait" (until it is interrupted).
class FakeJupyter {
 public:
  FakeJupyter() {
    http::Router router;
    Add(router, "GET", "/base/api/kernelspecs", [](const http::Request&) {
      return http::Response::Json(200, R"({"kernelspecs":{"python3":{"spec":{"language":"python"}},
                                           "ours":{"spec":{"language":"Python"}}}})");
    });
    Add(router, "POST", "/base/api/sessions", [this](const http::Request& request) {
      const std::lock_guard lock(mutex_);
      created_.push_back(json::parse(request.body));
      const json reply{{"id", "session-" + std::to_string(created_.size())},
                       {"kernel", {{"id", "kernel/1"}}}};
      return http::Response::Json(201, reply.dump());
    });
    Add(router, "DELETE", "/base/api/sessions/{id}",
        [](const http::Request&) { return http::Response{.status = 204}; });
    Add(router, "POST", "/base/api/kernels/{id}/interrupt", [this](const http::Request& request) {
      EXPECT_EQ(http::ParamOf(request.params, "id"), "kernel/1");
      const std::lock_guard lock(mutex_);
      interrupted_ = true;
      changed_.notify_all();
      return http::Response{.status = 204};
    });
    Add(router, "GET", "/base/api/kernels/{id}/channels", [this](const http::Request&) {
      return http::Response::Upgrade("", [this](const http::WebSocketPtr& socket) {
        while (const auto message = socket->Receive()) Execute(*socket, json::parse(message->data));
      });
    });
    http::ServerOptions options;
    options.listeners.push_back({});
    server_.emplace(std::move(options), std::move(router));
    EXPECT_TRUE(server_->Start());
  }

  std::string Url() const {
    return "http://127.0.0.1:" + std::to_string(server_->Port()) + "/base/";
  }
  std::vector<json> Created() const {
    const std::lock_guard lock(mutex_);
    return created_;
  }
  bool Waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  static void Add(http::Router& router, const char* method, const char* pattern,
                  http::Handler handler) {
    router.Add({.method = method,
                .pattern = pattern,
                .handler =
                    [handler = std::move(handler)](const http::Request& request) {
                      if (request.HeaderOf("Authorization") == "token jupyters") {
                        return handler(request);
                      }
                      return http::Response::Text(403, "forbidden");
                    },
                .where = http::Where::kPool});
  }

  void Execute(http::WebSocket& socket, const json& request) {
    const std::string code = request.at("content").at("code");
    const auto send = [&](const char* type, const json& content) {
      socket.Send({json{{"header", {{"msg_type", type}}},
                        {"parent_header", {{"msg_id", request.at("header").at("msg_id")}}},
                        {"content", content}}
                       .dump(),
                   false});
    };
    send("status", {{"execution_state", "busy"}});
    send("execute_input", {{"execution_count", 7}});
    socket.Send({R"({"header":{"msg_type":"stream"},"parent_header":{"msg_id":"another's"},
                     "content":{"name":"stdout","text":"not ours"}})",
                 false});
    const json error{{"status", "error"}, {"ename", "E"}, {"evalue", "v"}, {"traceback", {"t"}}};
    bool failed = code == "fail";
    if (code.starts_with("say ")) {
      send("stream", {{"name", "stdout"}, {"text", code.substr(4) + "\n"}});
    }
    if (code.starts_with("value ")) {
      send("execute_result", {{"data", {{"text/plain", code.substr(6)}, {"text/html", "<b>"}}}});
    }
    if (code == "wait") {
      std::unique_lock lock(mutex_);
      waiting_ = true;
      failed = changed_.wait_for(lock, std::chrono::seconds(20), [this] { return interrupted_; });
    }
    if (failed) send("error", error);
    send("execute_reply", failed ? error : json{{"status", "ok"}});
    send("status", {{"execution_state", "idle"}});
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<json> created_;
  bool interrupted_ = false;
  bool waiting_ = false;
  std::optional<http::Server> server_;
};

std::vector<std::string> Types(const std::vector<json>& events) {
  std::vector<std::string> types;
  for (const json& event : events) {
    if (event.at("type") != "ping") types.push_back(event.at("type"));
  }
  return types;
}

class ExecdCode : public ::testing::Test {
 protected:
  FakeJupyter jupyter_;
  ExecdProcess execd_{true, {"-jupyter-host=" + jupyter_.Url(), "--jupyter-token", "jupyters"}};
};

TEST_F(ExecdCode, CodeRunsInTheLanguagesOwnContext) {
  const auto events =
      execd_->Stream("/code", {{"code", "say hello"}, {"context", {{"language", "python"}}}});
  EXPECT_THAT(Types(events), ElementsAre("init", "status", "execution_count", "stdout", "status",
                                         "execution_complete"));
  EXPECT_EQ(events.front().at("text"), "session-1");
  EXPECT_THAT(Texts(events, "stdout"), ElementsAre("hello\n"));
  EXPECT_THAT(Texts(events, "status"), ElementsAre("busy", "idle"));
  const auto value =
      execd_->Stream("/code", {{"code", "value 42"}, {"context", {{"language", "python"}}}});
  EXPECT_EQ(value.at(4).at("results"), json({{"text", "42"}, {"text/html", "<b>"}}));
  const auto failed =
      execd_->Stream("/code", {{"code", "fail"}, {"context", {{"id", "session-1"}}}});
  EXPECT_EQ(Outcome(failed), "v: t");
  ASSERT_EQ(jupyter_.Created().size(), 1U);
  EXPECT_EQ(jupyter_.Created()[0].at("kernel").at("name"), "ours");
}

TEST_F(ExecdCode, ContextsAreMadeListedAndDeleted) {
  const std::string cwd = execd_.dir() / "made/for/it";
  const auto made = execd_->Post("/code/context", {{"language", "python"}, {"cwd", cwd}});
  EXPECT_EQ(json::parse(made.body),
            json({{"id", "session-1"}, {"language", "python"}, {"cwd", cwd}}));
  EXPECT_THAT(jupyter_.Created().at(0).at("path"), HasSubstr(cwd + "/"));
  const json info{{"id", "session-1"}, {"language", "python"}};
  EXPECT_EQ(json::parse(execd_->Call("GET", "/code/contexts").body), json::array({info}));
  EXPECT_EQ(json::parse(execd_->Call("GET", "/code/contexts/session-1").body), info);
  EXPECT_EQ(execd_->Call("DELETE", "/code/contexts/session-1").status, 200);
  EXPECT_EQ(execd_->Call("DELETE", "/code/contexts/session-1").status, 404);
  EXPECT_EQ(execd_->Call("DELETE", "/code/contexts").status, 400);
  EXPECT_EQ(execd_->Call("DELETE", "/code/contexts?language=python").status, 200);
  EXPECT_EQ(execd_->Post("/code/context", {{"language", "java"}}).status, 500);
  const auto gone = execd_->Post("/code", {{"code", "x"}, {"context", {{"id", "session-1"}}}});
  EXPECT_EQ(gone.status, 500);
  EXPECT_THAT(gone.body, HasSubstr("context not found"));
}

TEST_F(ExecdCode, ABusyContextRefusesAndIsInterrupted) {
  execd_->Post("/code/context", {{"language", "python"}});
  const json body{{"code", "wait"}, {"context", {{"id", "session-1"}}}};
  std::vector<json> events;
  std::thread waiting([&] { events = execd_->Stream("/code", body); });
  EXPECT_TRUE(fakes::Eventually([&] { return jupyter_.Waiting(); }));
  const auto refused = execd_->Post("/code", {{"code", "say x"}, {"context", body.at("context")}});
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, HasSubstr("session is busy"));
  EXPECT_EQ(execd_->Call("DELETE", "/code?id=session-1").status, 200);
  waiting.join();
  EXPECT_EQ(Outcome(events), "v: t");
  EXPECT_EQ(execd_->Call("DELETE", "/code?id=unknown").status, 500);
}

TEST(ExecdCodeWithoutAServer, SaysSo) {
  const ExecdProcess execd;
  for (const auto& [path, body] : std::vector<std::pair<const char*, json>>{
           {"/code", {{"code", "1"}, {"context", {{"language", "python"}}}}},
           {"/code/context", {{"language", "python"}}}}) {
    const auto reply = execd->Post(path, body);
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, HasSubstr("RUNTIME_ERROR"));
    EXPECT_THAT(reply.body, HasSubstr("language runtime server not configured"));
  }
  EXPECT_EQ(execd->Call("GET", "/code/contexts").body, "[]");
  const auto shell = execd->Stream(
      "/code", {{"code", "echo from a shell"}, {"context", {{"language", "command"}}}});
  EXPECT_THAT(Texts(shell, "stdout"), ElementsAre("from a shell"));
  EXPECT_EQ(execd->Call("GET", "/v1/isolated/capabilities").status, 200);
  EXPECT_EQ(execd->Post("/v1/isolated/session", {}).status, 503);
}

}  // namespace
}  // namespace osbx::execd_test

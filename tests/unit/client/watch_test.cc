// SPDX-License-Identifier: Apache-2.0
// The client against an API server in this process: errors, warnings, deadlines, and watches that
// outlive the server.
#include "client/watch.h"

#include <thread>

#include "client/rest_client.h"
#include "fakes/matchers.h"
#include "unit/apiserver/api_fixture.h"

namespace osbx::client {
namespace {

using apiserver::ApiTest;
using apiserver::kSandboxes;
using fakes::Eventually;
using fakes::StatusIs;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ClientTest : public ApiTest {
 protected:
  RestClient Open(ClientOptions options = {}) {
    options.server = "http://127.0.0.1:" + std::to_string(server_->Port());
    auto client = RestClient::Open(std::move(options));
    EXPECT_TRUE(client.has_value());
    return *std::move(client);
  }
  // Stops the server and starts another at the same address.
  void Restart() {
    const std::uint16_t port = server_->Port();
    server_.reset();
    options_.listeners.front().port = port;
    Start();
  }
};

TEST_F(ClientTest, AFailedAnswerIsItsStatus) {
  RestClient client = Open();
  const auto missing = client.DoJson({.path = std::string(kSandboxes) + "/none"});
  ASSERT_THAT(missing, StatusIs(Code::kNotFound));
  EXPECT_EQ(missing.error().http_status(), 404);
  EXPECT_THAT(missing.error().message(), HasSubstr("\"none\" not found"));
}

TEST_F(ClientTest, AServerThatIsNotThereIsNamedWithTheCause) {
  auto client = RestClient::Open({.server = "http://127.0.0.1:1"});
  const auto answer = client->DoJson({.path = "/version"});
  ASSERT_THAT(answer, StatusIs(Code::kUnavailable));
  EXPECT_EQ(answer.error().message(),
            "cannot reach osbxd at http://127.0.0.1:1: Connection refused");
  EXPECT_THAT(RestClient::Open({.server = "localhost:80"}), StatusIs(Code::kInvalid));
}

TEST_F(ClientTest, WarningsOfTheServerArrive) {
  std::vector<std::string> warnings;
  ClientOptions options;
  options.on_warning = [&warnings](const std::string& text) { warnings.push_back(text); };
  RestClient client = Open(std::move(options));
  const std::string body =
      R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox","metadata":{"name":"a"},)"
      R"("spec":{"image":"busybox","frob":1}})";
  ASSERT_THAT(client.Do({.method = "POST",
                         .path = std::string(kSandboxes) + "?fieldValidation=Warn",
                         .body = body}),
              fakes::IsOk());
  EXPECT_THAT(warnings, ::testing::ElementsAre(R"(unknown field "spec.frob")"));
}

TEST_F(ClientTest, AStreamEndsAtItsDeadline) {
  RestClient client = Open();
  EXPECT_THAT(client.StreamLines(
                  {.path = std::string(kSandboxes) + "?watch=true", .timeout = milliseconds(50)},
                  [](std::string_view) { return true; }),
              StatusIs(Code::kDeadlineExceeded));
}

TEST_F(ClientTest, AWatchGoesOnAfterARestartOfTheServer) {
  Create("a");
  std::atomic<int> seen{0};
  std::vector<std::string> names;
  RestClient client = Open();
  std::jthread watching([&] {
    const Result<> watched = Watch(
        client, {.path = std::string(kSandboxes)}, [&](std::string_view type, const Json& object) {
          names.push_back(std::string(type) + " " + object["metadata"]["name"].get<std::string>());
          return ++seen < 3;
        });
    EXPECT_TRUE(watched.has_value()) << watched.error().ToString();
  });
  ASSERT_TRUE(Eventually([&] { return seen == 1; }));
  Restart();
  Create("b");
  ASSERT_TRUE(Eventually([&] { return seen == 2; }));
  Restart();
  Create("c");
  watching.join();
  EXPECT_THAT(names, ::testing::ElementsAre("ADDED a", "ADDED b", "ADDED c"));
}

TEST_F(ClientTest, AWatchEndsByItsDeadlineItsReaderOrItsToken) {
  RestClient client = Open();
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(50);
  const auto ignore = [](std::string_view, Json&) { return true; };
  EXPECT_THAT(Watch(client, {.path = std::string(kSandboxes), .deadline = deadline}, ignore),
              StatusIs(Code::kDeadlineExceeded));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(Watch(client, {.path = std::string(kSandboxes)}, ignore, stop.get_token()),
              fakes::IsOk());
}

TEST_F(ClientTest, AWatchOfAServerThatWasNeverThereFailsAtOnce) {
  auto client = RestClient::Open({.server = "http://127.0.0.1:1"});
  EXPECT_THAT(Watch(*client, {.path = "/x"}, [](std::string_view, Json&) { return true; }),
              StatusIs(Code::kUnavailable));
}

TEST_F(ClientTest, AWatchGivesUpOnALostServerAfterItsOutage) {
  Create("a");
  RestClient client = Open();
  const Result<> watched =
      Watch(client, {.path = std::string(kSandboxes), .outage = milliseconds(100)},
            [this](std::string_view, Json&) {
              server_->Stop(milliseconds(0));
              return true;
            });
  EXPECT_THAT(watched, StatusIs(Code::kUnavailable));
}

TEST_F(ClientTest, AWatchReportsARefusal) {
  RestClient client = Open();
  EXPECT_THAT(Watch(client, {.path = "/apis/osbx.dev/v1/none"},
                    [](std::string_view, Json&) { return true; }),
              StatusIs(Code::kNotFound));
}

}  // namespace
}  // namespace osbx::client

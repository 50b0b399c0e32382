// SPDX-License-Identifier: Apache-2.0
// Watches on the wire (contract/kubectl.md §5.2).
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "unit/apiserver/api_fixture.h"

namespace osbx::apiserver {
namespace {

using fakes::Eventually;

class WatchTest : public ApiTest {
 protected:
  Watch Open(std::string_view query, std::string_view headers = "") {
    return Watch(server_->Port(), std::string(kSandboxes) + "?watch=true" + std::string(query),
                 headers);
  }
  void Label(std::string_view name, std::string_view labels) {
    const JsonReply reply =
        Patch(std::string(kSandboxes) + "/" + std::string(name), "application/merge-patch+json",
              R"({"metadata":{"labels":)" + std::string(labels) + "}}");
    EXPECT_EQ(reply.status, 200) << reply.raw.body;
  }
  void Remove(std::string_view name) {
    Call("DELETE", std::string(kSandboxes) + "/" + std::string(name));
    Patch(std::string(kSandboxes) + "/" + std::string(name), "application/merge-patch+json",
          R"({"metadata":{"finalizers":null}})");
  }
};

TEST_F(WatchTest, BeginsWithWhatIsThereAndGoesOnLive) {
  Create("a");
  Watch watch = Open("");
  EXPECT_EQ(watch.status, 200);
  EXPECT_EQ(watch.NextName(), "ADDED a");
  Create("b");
  EXPECT_EQ(watch.NextName(), "ADDED b");
  Label("b", R"({"x":"y"})");
  const Json event = watch.Next();
  EXPECT_EQ(event["type"], "MODIFIED");
  EXPECT_EQ(event["object"]["metadata"]["resourceVersion"], std::to_string(store_.Current()));
}

TEST_F(WatchTest, ResumesAfterARevisionWithoutLossOrRepetition) {
  const std::string version = Create("a");
  Create("b");
  Label("a", R"({"x":"y"})");
  Watch watch = Open("&resourceVersion=" + version);
  EXPECT_EQ(watch.NextName(), "ADDED b");
  EXPECT_EQ(watch.NextName(), "MODIFIED a");
  Create("c");
  EXPECT_EQ(watch.NextName(), "ADDED c");
}

TEST_F(WatchTest, SelectionIsEnteredAndLeft) {
  Watch watch = Open("&labelSelector=w%3D1&resourceVersion=" + std::to_string(store_.Current()));
  Create("a", R"({"w":"1"})");
  Create("unseen");
  Label("a", R"({"other":"1"})");
  Label("a", R"({"w":"2"})");
  Label("a", R"({"w":"1"})");
  Remove("a");
  EXPECT_EQ(watch.NextName(), "ADDED a");
  EXPECT_EQ(watch.NextName(), "MODIFIED a");
  const Json left = watch.Next();
  EXPECT_EQ(left["type"], "DELETED");
  EXPECT_EQ(left["object"]["metadata"]["labels"]["w"], "1");
  EXPECT_EQ(watch.NextName(), "ADDED a");
  EXPECT_EQ(watch.NextName(), "MODIFIED a");  // deletionTimestamp
  EXPECT_EQ(watch.NextName(), "DELETED a");
}

TEST_F(WatchTest, InitialEventsEndWithTheMarkedBookmark) {
  Create("a");
  Watch watch =
      Open("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  EXPECT_EQ(watch.NextName(), "ADDED a");
  const Json bookmark = watch.Next();
  EXPECT_EQ(bookmark, (Json{{"type", "BOOKMARK"},
                            {"object",
                             {{"kind", "Sandbox"},
                              {"apiVersion", "osbx.dev/v1"},
                              {"metadata",
                               {{"resourceVersion", std::to_string(store_.Current())},
                                {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}}}}));
  Create("b");
  EXPECT_EQ(watch.NextName(), "ADDED b");
}

TEST_F(WatchTest, OptionsThatCannotBeHonouredAreRefused) {
  EXPECT_EQ(Open("&sendInitialEvents=true").status, 422);
  EXPECT_EQ(Open("&resourceVersionMatch=NotOlderThan").status, 422);
  EXPECT_EQ(Open("&continue=abc").status, 422);
  EXPECT_EQ(Open("&resourceVersion=abc").status, 400);
  EXPECT_EQ(Open("&labelSelector=%3D%3D").status, 400);
  EXPECT_EQ(Open("&timeoutSeconds=x").status, 400);
}

TEST_F(WatchTest, ATimeoutEndsTheStreamProperlyWithABookmark) {
  Create("a");
  Watch watch = Open("&resourceVersion=" + std::to_string(store_.Current()) +
                     "&timeoutSeconds=1&allowWatchBookmarks=true");
  const Json bookmark = watch.Next();
  EXPECT_EQ(bookmark["type"], "BOOKMARK");
  EXPECT_EQ(bookmark["object"]["metadata"]["resourceVersion"], std::to_string(store_.Current()));
  EXPECT_EQ(watch.Next(), nullptr);
  EXPECT_TRUE(watch.ended_properly);
}

TEST_F(WatchTest, ARevisionInTheFutureWaits) {
  Watch watch = Open("&timeoutSeconds=1&resourceVersion=" + std::to_string(store_.Current() + 1));
  Create("a");  // that revision itself
  Create("b");
  EXPECT_EQ(watch.NextName(), "ADDED b");
}

TEST_F(WatchTest, TablesCarryColumnsOnlyOnce) {
  Create("a");
  Watch watch = Open("", kAcceptTable);
  const Json first = watch.Next();
  EXPECT_EQ(first["object"]["kind"], "Table");
  EXPECT_FALSE(first["object"]["columnDefinitions"].empty());
  EXPECT_EQ(first["object"]["rows"][0]["cells"][0], "a");
  Create("b");
  const Json second = watch.Next();
  EXPECT_TRUE(second["object"]["columnDefinitions"].empty());
  EXPECT_EQ(second["object"]["rows"][0]["cells"][0], "b");
}

TEST_F(WatchTest, OtherKindsAndNamespacesAreNotSeen) {
  Watch watch = Open("&resourceVersion=" + std::to_string(store_.Current()));
  Call("POST", "/api/v1/namespaces/default/secrets", R"({"metadata":{"name":"s"}})");
  Call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"other"}})");
  EXPECT_EQ(Call("POST", "/apis/osbx.dev/v1/namespaces/other/sandboxes", Sandbox("x")).status, 201);
  Create("mine");
  EXPECT_EQ(watch.NextName(), "ADDED mine");
}

TEST_F(WatchTest, WatchesEndWithTheServer) {
  Watch watch = Open("&resourceVersion=" + std::to_string(store_.Current()));
  server_->Stop();
  EXPECT_EQ(watch.Next(), nullptr);
  EXPECT_TRUE(watch.ended_properly);
}

TEST_F(WatchTest, ManyWatchersSeeEveryEventOnceAndInOrder) {
  constexpr int kWatchers = 100;
  constexpr int kObjects = 50;
  std::vector<Watch> watches;
  const std::string from = "&resourceVersion=" + std::to_string(store_.Current());
  for (int i = 0; i < kWatchers; ++i) watches.push_back(Open(from));
  std::vector<std::thread> writers;
  for (int w = 0; w < 2; ++w) {
    writers.emplace_back([this, w] {
      for (int i = 0; i < kObjects; ++i) Create("o-" + std::to_string(w * kObjects + i));
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (Watch& watch : watches) {
    store::Revision last = 0;
    for (int i = 0; i < 2 * kObjects; ++i) {
      const Json event = watch.Next();
      ASSERT_EQ(event["type"], "ADDED");
      const auto revision =
          std::stoll(event["object"]["metadata"]["resourceVersion"].get<std::string>());
      ASSERT_GT(revision, last);
      last = revision;
    }
  }
}

class SlowWatchTest : public ApiTest {
 protected:
  SlowWatchTest() { options_.limits.stream_queue_bytes = 100'000; }
};

TEST_F(SlowWatchTest, AReaderThatFallsTooFarBehindIsDropped) {
  Create("a");
  auto client = Connect();
  const int small = 4096;
  ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  client.SendRequest("GET", std::string(kSandboxes) + "?watch=true");
  ASSERT_EQ(client.ReadHead()->status, 200);
  const registry::Ref ref{.kind = api::FindKindByPlural("sandboxes"), .ns = "default", .name = "a"};
  int i = 0;
  EXPECT_TRUE(Eventually([&] {
    const auto written = registry_.Modify(ref, [&i](Json& object) -> Result<> {
      object["metadata"]["annotations"]["i"] = std::to_string(++i) + std::string(50'000, 'x');
      return {};
    });
    return written.has_value() && server_->counters().slow_streams_dropped.load() == 1;
  }));
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(WatchTest, ACompactedRevisionIsToldToListAgain) {
  const std::string version = Create("a");
  // More changes than are kept.
  for (int i = 0; i < 20'000 && store_.Oldest() <= std::stoll(version); ++i) {
    const auto written = registry_.Modify(
        {.kind = api::FindKindByPlural("sandboxes"), .ns = "default", .name = "a"},
        [i](Json& object) -> Result<> {
          object["metadata"]["annotations"]["i"] = std::to_string(i) + std::string(20'000, 'x');
          return {};
        });
    ASSERT_TRUE(written.has_value()) << written.error().ToString();
  }
  ASSERT_GT(store_.Oldest(), std::stoll(version));
  Watch watch(server_->Port(), std::string(kSandboxes) + "?watch=true&resourceVersion=" + version);
  EXPECT_EQ(watch.status, 200);
  const Json event = watch.Next();
  EXPECT_EQ(event["type"], "ERROR");
  EXPECT_EQ(event["object"]["code"], 410);
  EXPECT_EQ(event["object"]["reason"], "Expired");
  EXPECT_EQ(watch.Next(), nullptr);
  EXPECT_TRUE(watch.ended_properly);
}

}  // namespace
}  // namespace osbx::apiserver

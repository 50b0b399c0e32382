// SPDX-License-Identifier: Apache-2.0
// Expiry: moved by access, and by hand at the very moment it comes.
#include <barrier>
#include <thread>

#include "base/rfc3339.h"
#include "ctrl/event_sink.h"
#include "reconcilers/all.h"
#include "reconcilers/ttl/ttl_reconciler.h"
#include "registry/json_access.h"
#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

using std::chrono::seconds;

class AccessTest : public DialectTest {
 protected:
  std::string CreateRenewing() {
    const JsonReply reply = Ask(
        "POST", "/v1/sandboxes",
        Body("busybox", R"(,"timeout":600,"extensions":{"access.renew.extend.seconds":"500"})"));
    EXPECT_EQ(reply.status, 202) << reply.raw.body;
    return reply.body["id"];
  }
  std::string Expiry(const std::string& id) {
    return Ask("GET", "/v1/sandboxes/" + id).body.value("expiresAt", std::string("none"));
  }
};

TEST_F(AccessTest, MovesTheExpiryAtMostOncePerInterval) {
  const std::string id = CreateRenewing();
  dialect_->NoteAccess(id);  // 600 s are left: more than access gives
  clock_.Advance(seconds(300));
  dialect_->NoteAccess(id);
  EXPECT_TRUE(fakes::Eventually([&] { return Expiry(id) == "2026-01-01T00:13:20Z"; }));
  clock_.Advance(seconds(59));
  dialect_->NoteAccess(id);  // within the minute
  clock_.Advance(seconds(1));
  dialect_->NoteAccess(id);
  EXPECT_TRUE(fakes::Eventually([&] { return Expiry(id) == "2026-01-01T00:14:20Z"; }));
}

TEST_F(AccessTest, RenewsNothingThatDoesNotAskForItOrDoesNotRun) {
  const std::string plain = Create("busybox").substr(14);
  const std::string paused = CreateRenewing();
  EXPECT_EQ(Ask("POST", "/v1/sandboxes/" + paused + "/pause").status, 202);
  const std::string renewing = CreateRenewing();
  clock_.Advance(seconds(300));
  for (const std::string& id : {plain, paused, std::string("none"), renewing}) {
    dialect_->NoteAccess(id);
  }
  EXPECT_TRUE(fakes::Eventually([&] { return Expiry(renewing) == "2026-01-01T00:13:20Z"; }));
  EXPECT_EQ(Expiry(paused), "2026-01-01T00:10:00Z");
  EXPECT_EQ(Expiry(plain), "none");
}

// Without controllers: what the race leaves is what is looked at.
class RaceTest : public ApiTest {
 protected:
  void SetUp() override {
    dialect_ =
        std::make_unique<opensandbox::Dialect>(store_, registry_, opensandbox::DialectOptions{});
    options_.extend = [this](http::Router& router) { dialect_->AddRoutes(router); };
    reconcilers::DeclareCache(cache_);
    ApiTest::SetUp();
    cache_.Start();
  }
  void TearDown() override {
    dialect_->Stop();
    ApiTest::TearDown();
  }
  store::ObjectPtr Expiring(int round) {
    Json object = Json::parse(Sandbox("race-" + std::to_string(round)));
    object["spec"]["timeoutSeconds"] = 60;
    const auto made =
        registry_.Create({api::FindKindByPlural("sandboxes"), "default", ""}, object, {});
    EXPECT_TRUE(made.has_value());
    return *made;
  }

  std::unique_ptr<opensandbox::Dialect> dialect_;
  ctrl::Cache cache_{store_};
  registry::Writer writer_{registry_};
  ctrl::EventRecorder events_{ctrl::RegistrySink(registry_), clock_};
  reconcilers::TtlReconciler ttl_{cache_, writer_, events_, clock_};
};

TEST_F(RaceTest, ARenewalThatWasAnsweredIsNeverFollowedByTheOldExpiry) {
  constexpr int kRounds = 2000;
  std::barrier start(2);
  std::barrier done(2);
  store::Key key;
  std::jthread expiry([&] {
    for (int round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      Ignore(ttl_.Reconcile(key), "a conflict: the renewal was first");
      done.arrive_and_wait();
    }
  });
  wire::WireClient client = Connect();
  int renewed = 0;
  for (int round = 0; round < kRounds; ++round) {
    const store::ObjectPtr object = Expiring(round);
    key = object->key;
    clock_.Advance(seconds(60));
    const std::string body = R"({"expiresAt":")" + FormatTime(clock_.Now() + seconds(60)) + R"("})";
    start.arrive_and_wait();
    const auto reply =
        client.Call("POST", "/v1/sandboxes/" + object->uid + "/renew-expiration", "", body);
    done.arrive_and_wait();
    ASSERT_TRUE(reply.has_value());
    const store::ObjectPtr left = store_.Find(key);
    ASSERT_NE(left, nullptr);
    const bool deleting = !registry::MetadataString(*left->body, "deletionTimestamp").empty();
    ASSERT_EQ(reply->status, deleting ? 404 : 200) << reply->body << " in round " << round;
    renewed += deleting ? 0 : 1;
    Ignore(ttl_.Reconcile(key), "nothing is due");
    ASSERT_EQ(!registry::MetadataString(*store_.Find(key)->body, "deletionTimestamp").empty(),
              deleting);
  }
  RecordProperty("renewed", renewed);
}

}  // namespace
}  // namespace osbx::apiserver

// SPDX-License-Identifier: Apache-2.0
// What every store must do, whatever it is made of. A new store adds one target struct below.
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "conformance/store/support.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"
#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace osbx::store {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::SizeIs;

constexpr std::size_t kAll = 1'000'000;

class MemoryTarget {
 public:
  void Open(Window window) { store_ = std::make_unique<MemoryStore>(window); }
  void Reopen() {}  // it has no other life
  Store& Get() { return *store_; }

 private:
  std::unique_ptr<MemoryStore> store_;
};

class SqliteTarget {
 public:
  void Open(Window window) {
    window_ = window;
    Reopen();
  }
  void Reopen() {
    store_.reset();
    auto opened = SqliteStore::Open({.path = dir_ / "store.db", .window = window_});
    ASSERT_THAT(opened, IsOk());
    store_ = *std::move(opened);
  }
  Store& Get() { return *store_; }

 private:
  fakes::TempDir dir_;
  Window window_;
  std::unique_ptr<SqliteStore> store_;
};

template <class Target>
class StoreSuite : public ::testing::Test {
 protected:
  void SetUp() override { target_.Open({}); }

  Store& S() { return target_.Get(); }
  ObjectPtr Must(Write write) {
    auto result = S().Commit({std::move(write)});
    EXPECT_THAT(result, IsOk());
    return result.has_value() ? result->at(0) : nullptr;
  }
  std::vector<std::string> ListLines(ListQuery query) { return Lines(S().List(query)); }
  std::vector<std::string> EventLines(Revision after, const std::string& kind = "sandboxes") {
    auto events = S().EventsAfter(kind, after, kAll);
    EXPECT_THAT(events, IsOk());
    return events.has_value() ? Lines(*events) : std::vector<std::string>{};
  }

  Target target_;
};

using Targets = ::testing::Types<MemoryTarget, SqliteTarget>;
TYPED_TEST_SUITE(StoreSuite, Targets, );

// The older of the kept events are not held as they were made.
TYPED_TEST(StoreSuite, EventsOfLongAgoAreAsTheyWereWhenTheyAreStillKept) {
  const Key key = Named("a");
  const Key gone = Named("gone");
  this->Must(Create(key, "0"));
  this->Must(Create(gone, "g"));
  this->Must(Delete(gone));
  constexpr int kUpdates = 1000;
  for (int i = 1; i <= kUpdates; ++i) this->Must(Update(key, std::to_string(i)));
  for (int life = 0; life < 2; ++life) {
    const auto events = this->S().EventsAfter("", 0, kAll);
    ASSERT_THAT(events, IsOk());
    ASSERT_EQ(events->size(), kUpdates + 3U);
    EXPECT_EQ(events->at(0)->type, EventType::kAdded);
    EXPECT_EQ(events->at(0)->previous, nullptr);
    EXPECT_EQ(events->at(2)->type, EventType::kDeleted);
    EXPECT_EQ(PayloadOf(*events->at(2)->previous), "g");
    for (int i = 1; i <= kUpdates; ++i) {
      const Event& event = *events->at(static_cast<std::size_t>(i + 2));
      ASSERT_EQ(event.revision, i + 3);
      ASSERT_EQ(event.object->revision, i + 3);
      ASSERT_EQ(event.object->created, 1);
      ASSERT_EQ(StampOf(*event.object), std::to_string(i + 3));
      ASSERT_EQ(PayloadOf(*event.object), std::to_string(i));
      ASSERT_EQ(Json::parse(*event.object->bytes), *event.object->body);
      ASSERT_EQ(PayloadOf(*event.previous), std::to_string(i - 1));
    }
    const auto then = this->S().ListAt({.kind = "sandboxes"}, 2);
    ASSERT_THAT(then, IsOk());
    EXPECT_THAT(Lines(*then), ElementsAre("default/a=0@1", "default/gone=g@2"));
    EXPECT_THAT(this->EventLines(kUpdates + 2), SizeIs(1));
    this->target_.Reopen();
  }
}

TYPED_TEST(StoreSuite, StartsEmptyAtRevisionZero) {
  EXPECT_EQ(this->S().Current(), 0);
  EXPECT_EQ(this->S().Oldest(), 0);
  EXPECT_THAT(this->S().Find(Named("a")), IsNull());
  EXPECT_THAT(this->ListLines({.kind = "sandboxes"}), IsEmpty());
  EXPECT_THAT(this->EventLines(0), IsEmpty());
}

TYPED_TEST(StoreSuite, StampsTheRevisionIntoBodyAndBytes) {
  const ObjectPtr made = this->Must(Create(Named("a"), "one"));
  EXPECT_EQ(made->revision, 1);
  EXPECT_EQ(made->created, 1);
  EXPECT_EQ(made->uid, "uid-a");
  EXPECT_EQ(StampOf(*made), "1");
  EXPECT_EQ(Json::parse(*made->bytes), *made->body);
  EXPECT_EQ(this->S().Find(Named("a")), made);

  const ObjectPtr changed = this->Must(Update(Named("a"), "two", 1));
  EXPECT_EQ(changed->revision, 2);
  EXPECT_EQ(changed->created, 1);
  EXPECT_EQ(StampOf(*changed), "2");
  EXPECT_EQ(StampOf(*made), "1") << "a published object must not change";
}

TYPED_TEST(StoreSuite, DoesNotTouchTheBodyOfTheCaller) {
  const Write write = Create(Named("a"), "one");
  this->Must(write);
  EXPECT_FALSE(write.body->at("metadata").contains("resourceVersion"));
}

TYPED_TEST(StoreSuite, RefusesWritesThatDoNotFitThePresentState) {
  this->Must(Create(Named("a"), "one"));
  Store& store = this->S();
  EXPECT_THAT(store.Commit({Create(Named("a"), "x")}), StatusIs(Code::kAlreadyExists));
  EXPECT_THAT(store.Commit({Update(Named("b"), "x")}), StatusIs(Code::kNotFound));
  EXPECT_THAT(store.Commit({Delete(Named("b"))}), StatusIs(Code::kNotFound));
  EXPECT_THAT(store.Commit({Update(Named("a"), "x", 7)}), StatusIs(Code::kConflict));
  EXPECT_THAT(store.Commit({Delete(Named("a"), 7)}), StatusIs(Code::kConflict));
  EXPECT_EQ(store.Current(), 1);
  EXPECT_THAT(this->ListLines({.kind = "sandboxes"}), ElementsAre("default/a=one@1"));
}

TYPED_TEST(StoreSuite, RefusesWhatIsNotAnObject) {
  Store& store = this->S();
  const Key key = Named("a");
  const auto with = [&key](Json body) {
    return Write{.key = key, .body = std::make_shared<const Json>(std::move(body))};
  };
  EXPECT_THAT(store.Commit({{.key = key}}), StatusIs(Code::kInvalid));
  EXPECT_THAT(store.Commit({with(Json::array())}), StatusIs(Code::kInvalid));
  EXPECT_THAT(store.Commit({with({{"spec", 1}})}), StatusIs(Code::kInvalid));
  EXPECT_THAT(store.Commit({with({{"metadata", 1}})}), StatusIs(Code::kInvalid));
  EXPECT_THAT(store.Commit({Create(key, "bad \xff text")}), StatusIs(Code::kInvalid));
  EXPECT_EQ(store.Current(), 0);
  this->Must(Create(key, "good"));
}

TYPED_TEST(StoreSuite, KeepsTextWithEveryCharacter) {
  const std::string text = std::string("nul \0 quote \" ", 14) + "\u20ac \U0001f600 \n";
  this->Must(Create(Named("a"), text));
  this->target_.Reopen();
  EXPECT_EQ(PayloadOf(*this->S().Find(Named("a"))), text);
}

TYPED_TEST(StoreSuite, UnconditionalWritesNeedNoRevision) {
  this->Must(Create(Named("a"), "one"));
  this->Must(Update(Named("a"), "two"));
  this->Must(Delete(Named("a")));
  EXPECT_THAT(this->S().Find(Named("a")), IsNull());
  EXPECT_EQ(this->S().Current(), 3);
}

TYPED_TEST(StoreSuite, DeletionCarriesTheLastStateWithItsOwnRevision) {
  this->Must(Create(Named("a"), "one"));
  const ObjectPtr plain = this->Must(Delete(Named("a")));
  EXPECT_EQ(plain->revision, 2);
  EXPECT_EQ(StampOf(*plain), "2");
  EXPECT_EQ(PayloadOf(*plain), "one");

  this->Must(Create(Named("a"), "two"));
  Write write = Delete(Named("a"));
  write.body = Body(Named("a"), "last words");
  const ObjectPtr stated = this->Must(write);
  EXPECT_EQ(PayloadOf(*stated), "last words");
  EXPECT_EQ(StampOf(*stated), "4");
  EXPECT_THAT(this->EventLines(2),
              ElementsAre("3 ADDED default/a=two", "4 DELETED default/a=last words (was two)"));
}

TYPED_TEST(StoreSuite, CommitsAllWritesOrNone) {
  Store& store = this->S();
  this->Must(Create(Named("old"), "one"));
  EXPECT_THAT(
      store.Commit({Create(Named("a"), "x"), Delete(Named("old")), Create(Named("a"), "twice")}),
      StatusIs(Code::kAlreadyExists));
  EXPECT_EQ(store.Current(), 1);
  EXPECT_THAT(this->ListLines({.kind = "sandboxes"}), ElementsAre("default/old=one@1"));
  EXPECT_THAT(this->EventLines(1), IsEmpty());

  EXPECT_THAT(store.Commit({Create(Named("a"), "x"), Delete(Named("old"))}), IsOk());
  this->target_.Reopen();
  EXPECT_THAT(this->ListLines({.kind = "sandboxes"}), ElementsAre("default/a=x@2"));
  EXPECT_EQ(this->S().Current(), 3);
}

TYPED_TEST(StoreSuite, LaterWritesOfACommitSeeTheEarlierOnes) {
  const auto done = this->S().Commit({Create(Named("a"), "one"), Update(Named("a"), "two", 1),
                                      Delete(Named("a"), 2), Create(Named("a"), "three")});
  ASSERT_THAT(done, IsOk());
  EXPECT_THAT(Lines(*done), ElementsAre("default/a=one@1", "default/a=two@2", "default/a=two@3",
                                        "default/a=three@4"));
  EXPECT_THAT(this->ListLines({.kind = "sandboxes"}), ElementsAre("default/a=three@4"));
  EXPECT_EQ(this->S().Find(Named("a"))->created, 4);
}

TYPED_TEST(StoreSuite, NothingToWriteIsNoRevision) {
  EXPECT_THAT(this->S().Commit({}), IsOk());
  EXPECT_EQ(this->S().Current(), 0);
}

TYPED_TEST(StoreSuite, ListsByNamespaceThenName) {
  for (const auto& [ns, name] : {std::pair{"b", "1"}, {"a", "2"}, {"a-b", "0"}, {"a", "1"}}) {
    this->Must(Create(Named(name, ns), "x"));
  }
  this->Must(Create(Named("n", "", "nodes"), "x"));
  EXPECT_THAT(this->ListLines({.kind = "sandboxes"}),
              ElementsAre("a/1=x@4", "a/2=x@2", "a-b/0=x@3", "b/1=x@1"));
  EXPECT_THAT(this->ListLines({.kind = "sandboxes", .ns = "a"}), ElementsAre("a/1=x@4", "a/2=x@2"));
  EXPECT_THAT(this->ListLines({.kind = "nodes"}), ElementsAre("/n=x@5"));
  EXPECT_THAT(this->ListLines({.kind = "volumes"}), IsEmpty());
  EXPECT_EQ(this->S().List({.kind = "volumes"}).revision, 5);
}

TYPED_TEST(StoreSuite, ListsByLabels) {
  this->Must(Create(Named("a"), "x", {{"app", "web"}, {"tier", "1"}}));
  this->Must(Create(Named("b"), "x", {{"app", "web"}, {"tier", "2"}}));
  this->Must(Create(Named("c", "other"), "x", {{"app", "web"}}));
  this->Must(Create(Named("d"), "x"));
  const auto list = [this](const std::string& ns,
                           std::vector<std::pair<std::string, std::string>> labels) {
    return this->ListLines({.kind = "sandboxes", .ns = ns, .labels = std::move(labels)});
  };
  EXPECT_THAT(list("", {{"app", "web"}}),
              ElementsAre("default/a=x@1", "default/b=x@2", "other/c=x@3"));
  EXPECT_THAT(list("default", {{"app", "web"}}), ElementsAre("default/a=x@1", "default/b=x@2"));
  EXPECT_THAT(list("other", {{"app", "web"}}), ElementsAre("other/c=x@3"));
  EXPECT_THAT(list("", {{"app", "web"}, {"tier", "2"}}), ElementsAre("default/b=x@2"));
  EXPECT_THAT(list("", {{"app", "web"}, {"tier", "3"}}), IsEmpty());

  this->Must(Update(Named("a"), "y", {}, {{"app", "db"}}));
  this->Must(Update(Named("b"), "y", {}, {{"app", "web"}, {"tier", "2"}}));
  this->Must(Delete(Named("c", "other")));
  EXPECT_THAT(list("", {{"app", "web"}}), ElementsAre("default/b=y@6"));
  EXPECT_THAT(list("", {{"tier", "1"}}), IsEmpty());
  this->target_.Reopen();
  EXPECT_THAT(list("", {{"app", "db"}}), ElementsAre("default/a=y@5"));
}

TYPED_TEST(StoreSuite, EventsOfAKindInOrder) {
  this->Must(Create(Named("a"), "one"));
  this->Must(Create(Named("v", "default", "volumes"), "vol"));
  this->Must(Update(Named("a"), "two"));
  this->Must(Delete(Named("a")));
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(this->EventLines(0),
                ElementsAre("1 ADDED default/a=one", "3 MODIFIED default/a=two (was one)",
                            "4 DELETED default/a=two (was two)"));
    EXPECT_THAT(this->EventLines(1), SizeIs(2));
    EXPECT_THAT(this->EventLines(3), SizeIs(1));
    EXPECT_THAT(this->EventLines(0, "volumes"), ElementsAre("2 ADDED default/v=vol"));
    EXPECT_THAT(this->EventLines(0, ""), SizeIs(4));
    EXPECT_THAT(this->EventLines(4), IsEmpty());
    EXPECT_THAT(this->EventLines(99), IsEmpty());
    EXPECT_THAT(*this->S().EventsAfter("", 1, 2), SizeIs(2));
    this->target_.Reopen();
  }
}

TYPED_TEST(StoreSuite, ListAtUndoesWhatCameLater) {
  this->Must(Create(Named("a"), "one", {{"l", "1"}}));      // 1
  this->Must(Create(Named("b"), "one"));                    // 2
  this->Must(Update(Named("a"), "two", {}, {{"l", "2"}}));  // 3
  this->Must(Delete(Named("b")));                           // 4
  this->Must(Create(Named("c", "other"), "one"));           // 5
  this->Must(Create(Named("b"), "again"));                  // 6
  const auto at = [this](Revision revision, ListQuery query = {.kind = "sandboxes"}) {
    const auto snapshot = this->S().ListAt(query, revision);
    EXPECT_THAT(snapshot, IsOk());
    EXPECT_EQ(snapshot->revision, revision);
    return Lines(*snapshot);
  };
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(at(0), IsEmpty());
    EXPECT_THAT(at(1), ElementsAre("default/a=one@1"));
    EXPECT_THAT(at(2), ElementsAre("default/a=one@1", "default/b=one@2"));
    EXPECT_THAT(at(3), ElementsAre("default/a=two@3", "default/b=one@2"));
    EXPECT_THAT(at(4), ElementsAre("default/a=two@3"));
    EXPECT_THAT(at(5), ElementsAre("default/a=two@3", "other/c=one@5"));
    EXPECT_THAT(at(6), ElementsAre("default/a=two@3", "default/b=again@6", "other/c=one@5"));
    EXPECT_THAT(at(5, {.kind = "sandboxes", .ns = "other"}), ElementsAre("other/c=one@5"));
    EXPECT_THAT(at(2, {.kind = "sandboxes", .labels = {{"l", "1"}}}),
                ElementsAre("default/a=one@1"));
    EXPECT_THAT(at(2, {.kind = "sandboxes", .labels = {{"l", "2"}}}), IsEmpty());
    EXPECT_THAT(at(3, {.kind = "nothing"}), IsEmpty());
    this->target_.Reopen();
  }
  EXPECT_THAT(this->S().ListAt({.kind = "sandboxes"}, 7), StatusIs(Code::kInvalid));
}

TYPED_TEST(StoreSuite, ForgetsEventsBeyondTheWindowAndSaysSo) {
  this->target_.Open({.max_events = 3});
  this->Must(Create(Named("a"), "one"));
  for (int i = 2; i <= 6; ++i) this->Must(Update(Named("a"), std::to_string(i)));
  for (int life = 0; life < 2; ++life) {
    Store& store = this->S();
    EXPECT_EQ(store.Oldest(), 3);
    EXPECT_THAT(store.EventsAfter("sandboxes", 2, kAll), StatusIs(Code::kExpired));
    EXPECT_THAT(store.EventsAfter("volumes", 2, kAll), StatusIs(Code::kExpired));
    EXPECT_THAT(store.ListAt({.kind = "sandboxes"}, 2), StatusIs(Code::kExpired));
    EXPECT_THAT(this->EventLines(3), SizeIs(3));
    EXPECT_THAT(Lines(*store.ListAt({.kind = "sandboxes"}, 3)), ElementsAre("default/a=3@3"));
    this->target_.Reopen();
  }
}

TYPED_TEST(StoreSuite, BoundsTheWindowByBytesToo) {
  this->target_.Open({.max_events = 1000, .max_bytes = 10'000});
  this->Must(Create(Named("a"), "small"));
  for (int i = 0; i < 20; ++i) this->Must(Update(Named("a"), std::string(1'000, 'x')));
  EXPECT_EQ(this->S().Current(), 21);
  EXPECT_GE(this->S().Oldest(), 11);
  EXPECT_LE(this->S().Oldest(), 13);
}

TYPED_TEST(StoreSuite, RevisionsGoOnAfterAllEventsAreForgotten) {
  this->target_.Open({.max_events = 1});
  this->Must(Create(Named("a"), "one"));
  this->Must(Create(Named("b"), "one"));
  this->Must(Delete(Named("a")));
  this->Must(Delete(Named("b")));
  this->target_.Reopen();
  EXPECT_EQ(this->S().Current(), 4);
  EXPECT_EQ(this->Must(Create(Named("a"), "two"))->revision, 5);
}

TYPED_TEST(StoreSuite, TellsSubscribersBeforeCommitReturns) {
  std::vector<EventPtr> seen;
  ObjectPtr readable;
  Subscription subscription = this->S().Subscribe([&](const std::vector<EventPtr>& events) {
    seen.insert(seen.end(), events.begin(), events.end());
    readable = this->S().Find(events.back()->object->key);
  });
  const ObjectPtr made = this->Must(Create(Named("a"), "one"));
  EXPECT_THAT(Lines(seen), ElementsAre("1 ADDED default/a=one"));
  EXPECT_EQ(readable, made);
  EXPECT_THAT(this->S().Commit({Create(Named("a"), "x")}), StatusIs(Code::kAlreadyExists));
  EXPECT_THAT(seen, SizeIs(1)) << "what was refused did not happen";
  subscription.Cancel();
  this->Must(Update(Named("a"), "two"));
  EXPECT_THAT(seen, SizeIs(1));
}

TYPED_TEST(StoreSuite, SubscriptionMayOutliveTheStore) {
  Subscription subscription = this->S().Subscribe([](const std::vector<EventPtr>&) {});
  this->target_.Open({});
  subscription.Cancel();
}

// Writers fight over few keys with expected revisions while readers and a subscriber look on.
TYPED_TEST(StoreSuite, I8_ConcurrentWritersLoseNothingAndWatchersSeeEveryRevisionOnce) {
  constexpr int kWriters = 6;
  constexpr int kIncrements = 40;
  constexpr int kKeys = 3;
  Store& store = this->S();
  std::vector<Revision> watched;
  const Subscription subscription = store.Subscribe([&](const std::vector<EventPtr>& events) {
    for (const EventPtr& event : events) watched.push_back(event->revision);
  });
  for (int k = 0; k < kKeys; ++k) this->Must(Create(Named(std::to_string(k)), "0"));

  std::atomic<int> conflicts = 0;
  std::atomic<bool> wrong = false;
  const auto increment = [&](int writer) {
    std::minstd_rand random(static_cast<unsigned>(writer + 1));
    for (int done = 0; done < kIncrements;) {
      const Key key = Named(std::to_string(random() % kKeys));
      const ObjectPtr now = store.Find(key);
      const auto result = store.Commit(
          {Update(key, std::to_string(std::stoi(PayloadOf(*now)) + 1), now->revision)});
      if (result) {
        ++done;
        if (store.Find(key)->revision < result->at(0)->revision) wrong = true;  // reads its writes
      } else if (result.error().code() == Code::kConflict) {
        ++conflicts;
      } else {
        wrong = true;
        return;
      }
    }
  };
  std::vector<std::jthread> threads;
  std::jthread reader([&](const std::stop_token& stop) {
    Revision last = 0;
    while (!stop.stop_requested()) {
      const Snapshot now = store.List({.kind = "sandboxes"});
      if (now.revision < last || now.objects.size() != kKeys) wrong = true;
      last = now.revision;
      const auto then = store.ListAt({.kind = "sandboxes"}, last);
      if (!then || Lines(*then) != Lines(now)) wrong = true;
    }
  });
  for (int writer = 0; writer < kWriters; ++writer) threads.emplace_back(increment, writer);
  threads.clear();
  reader.request_stop();
  reader.join();

  EXPECT_FALSE(wrong);
  int sum = 0;
  for (const ObjectPtr& object : store.List({.kind = "sandboxes"}).objects) {
    sum += std::stoi(PayloadOf(*object));
  }
  EXPECT_EQ(sum, kWriters * kIncrements);
  ASSERT_THAT(watched, SizeIs(kKeys + kWriters * kIncrements));
  for (std::size_t i = 0; i < watched.size(); ++i) {
    ASSERT_EQ(watched[i], static_cast<Revision>(i + 1));
  }
}

// Random writes against a plain model, with a small window and many reopenings: objects, events and
// snapshots of every revision still kept must agree.
TYPED_TEST(StoreSuite, RandomWalkAgreesWithAModel) {
  this->target_.Open({.max_events = 12});
  std::minstd_rand random(42);
  std::vector<StringMap> history(1);  // by revision: name -> payload
  for (int step = 0; step < 400; ++step) {
    std::vector<Write> writes;
    std::vector<StringMap> states;
    StringMap state = history.back();
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      const std::string name(1, static_cast<char>('a' + random() % 5));
      const std::string payload = std::to_string(random() % 1000);
      if (!state.contains(name)) {
        writes.push_back(Create(Named(name), payload, {{"first", payload.substr(0, 1)}}));
        state[name] = payload;
      } else if (random() % 3 == 0) {
        writes.push_back(Delete(Named(name)));
        state.erase(name);
      } else {
        writes.push_back(Update(Named(name), payload, {}, {{"first", payload.substr(0, 1)}}));
        state[name] = payload;
      }
      states.push_back(state);
    }
    ASSERT_THAT(this->S().Commit(std::move(writes)), IsOk());
    history.insert(history.end(), states.begin(), states.end());
    if (random() % 20 == 0) this->target_.Reopen();

    const Store& store = this->S();
    const auto current = static_cast<Revision>(history.size()) - 1;
    ASSERT_EQ(store.Current(), current);
    ASSERT_EQ(store.Oldest(), std::max<Revision>(0, current - 12));
    for (Revision revision = store.Oldest(); revision <= current; ++revision) {
      const auto then = store.ListAt({.kind = "sandboxes"}, revision);
      ASSERT_THAT(then, IsOk());
      StringMap found;
      for (const ObjectPtr& object : then->objects) found[object->key.name] = PayloadOf(*object);
      ASSERT_EQ(found, history[static_cast<std::size_t>(revision)]) << "at " << revision;
    }
    const auto labelled = store.List({.kind = "sandboxes", .labels = {{"first", "7"}}});
    std::size_t expected = 0;
    for (const auto& [name, payload] : state) expected += payload.starts_with('7') ? 1U : 0U;
    ASSERT_THAT(labelled.objects, SizeIs(expected));
  }
}

}  // namespace
}  // namespace osbx::store

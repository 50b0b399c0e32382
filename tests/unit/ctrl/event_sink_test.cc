// SPDX-License-Identifier: Apache-2.0
#include "ctrl/event_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fakes/fake_clock.h"
#include "fakes/matchers.h"
#include "store/memory_store.h"

namespace osbx::ctrl {
namespace {

using ::testing::SizeIs;

// The recorder's events pass admission, are counted up in place, and are removed again.
TEST(EventSinkTest, EventsGoThroughTheRegistry) {
  fakes::FakeClock clock;
  store::MemoryStore store;
  registry::Registry registry(store, clock);
  ASSERT_THAT(registry.EnsureNamespaces(), fakes::IsOk());
  const ObjectReference sandbox{.api_version = "osbx.dev/v1",
                                .kind = "Sandbox",
                                .ns = "default",
                                .name = "a",
                                .uid = "4d0e1bd2-8c5f-4b0e-9b55-6a1c1d1f0c11"};
  const auto events = [&store] { return store.List({.kind = "events"}).objects; };
  {
    EventRecorder recorder(RegistrySink(registry), clock);
    recorder.Record(sandbox, EventLevel::kNormal, "Started", "the container was started");
    ASSERT_TRUE(recorder.Flush());
    ASSERT_THAT(events(), SizeIs(1));
    const Json& event = *events().at(0)->body;
    EXPECT_FALSE(event.at("metadata").at("uid").get<std::string>().empty());
    EXPECT_EQ(event.at("message"), "the container was started");
  }
  EventRecorder recorder(RegistrySink(registry), clock, {.max_age = std::chrono::seconds(1)});
  recorder.Record(sandbox, EventLevel::kNormal, "Started", "the container was started");
  ASSERT_TRUE(recorder.Flush());
  ASSERT_THAT(events(), SizeIs(1));
  EXPECT_EQ(events().at(0)->body->at("count"), 2);
  clock.Advance(std::chrono::seconds(5));
  recorder.Record(sandbox, EventLevel::kWarning, "Stopped", "the container was stopped");
  ASSERT_TRUE(recorder.Flush());
  ASSERT_THAT(events(), SizeIs(1)) << "the first one is too old";
  EXPECT_EQ(events().at(0)->body->at("reason"), "Stopped");
}

}  // namespace
}  // namespace osbx::ctrl

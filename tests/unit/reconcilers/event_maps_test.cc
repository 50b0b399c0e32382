// SPDX-License-Identifier: Apache-2.0
// What a change concerns, against changes as the store tells them, odd ones among them.
#include "reconcilers/event_maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace osbx::reconcilers {
namespace {

using store::EventType;
using store::Key;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

store::ObjectPtr Object(const char* text) {
  return std::make_shared<const store::Object>(
      store::Object{.key = {.kind = "sandboxes", .ns = "ns", .name = "a"},
                    .body = std::make_shared<const Json>(Json::parse(text))});
}

store::Event Change(EventType type, const char* before, const char* after) {
  return {.type = type,
          .object = Object(after),
          .previous = before == nullptr ? nullptr : Object(before)};
}

Key Mount(const char* name) {
  return {.kind = "mounts", .ns = "", .name = name};
}

constexpr const char* kNone = R"({})";
constexpr const char* kTwo = R"({"status":{"volumes":[{"mount":"m1"},{"mount":"m2"},{}]}})";
constexpr const char* kOne = R"({"status":{"volumes":[{"mount":"m2","state":"Ready"}]}})";

TEST(EventMapsTest, MountsAreConcernedWhenTheirUsersChange) {
  EXPECT_THAT(MountsNamedOrLeft(Change(EventType::kAdded, nullptr, kTwo)),
              ElementsAre(Mount("m1"), Mount("m2")));
  EXPECT_THAT(MountsNamedOrLeft(Change(EventType::kModified, kNone, kOne)),
              ElementsAre(Mount("m2")));
  EXPECT_THAT(MountsNamedOrLeft(Change(EventType::kModified, kTwo, kOne)),
              ElementsAre(Mount("m1")));
  EXPECT_THAT(MountsNamedOrLeft(Change(EventType::kModified, kTwo, kTwo)), IsEmpty());
  EXPECT_THAT(MountsNamedOrLeft(Change(EventType::kDeleted, kOne, kOne)), ElementsAre(Mount("m2")))
      << "what is gone uses nothing";
}

TEST(EventMapsTest, VolumesAndSnapshotsHearOfComingAndGoing) {
  constexpr const char* kSandbox =
      R"({"spec":{"snapshotRef":{"name":"s"},"volumes":[{"volumeRef":{"name":"v"}},{"host":{}}]}})";
  for (const EventType type : {EventType::kAdded, EventType::kDeleted}) {
    const store::Event event = Change(type, nullptr, kSandbox);
    EXPECT_THAT(VolumesReferred(event), ElementsAre(Key{"volumes", "ns", "v"}));
    EXPECT_THAT(SnapshotsReferred(event), ElementsAre(Key{"snapshots", "ns", "s"}));
  }
  const store::Event modified = Change(EventType::kModified, kSandbox, kSandbox);
  EXPECT_THAT(VolumesReferred(modified), IsEmpty());
  EXPECT_THAT(SnapshotsReferred(modified), IsEmpty());
}

TEST(EventMapsTest, ANodeIsClosedAndOpened) {
  constexpr const char* kClosed = R"({"spec":{"unschedulable":true}})";
  EXPECT_TRUE(UnschedulableChanged(Change(EventType::kModified, kNone, kClosed)));
  EXPECT_TRUE(UnschedulableChanged(Change(EventType::kModified, kClosed, kNone)));
  EXPECT_TRUE(UnschedulableChanged(Change(EventType::kAdded, nullptr, kClosed)));
  EXPECT_FALSE(UnschedulableChanged(Change(EventType::kModified, kClosed, kClosed)));
}

TEST(EventMapsTest, FieldsOfAnotherTypeReferToNothing) {
  for (const char* odd :
       {"[]", R"({"status":7,"spec":"x"})", R"({"status":{"volumes":{"a":1}}})",
        R"({"status":{"volumes":["m", {"mount":3}]},"spec":{"snapshotRef":[]}})"}) {
    const store::Event event = Change(EventType::kAdded, nullptr, odd);
    EXPECT_THAT(MountsNamedOrLeft(event), IsEmpty()) << odd;
    EXPECT_THAT(VolumesReferred(event), IsEmpty()) << odd;
    EXPECT_THAT(SnapshotsReferred(event), IsEmpty()) << odd;
    EXPECT_FALSE(UnschedulableChanged(event)) << odd;
  }
}

}  // namespace
}  // namespace osbx::reconcilers

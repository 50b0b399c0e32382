// SPDX-License-Identifier: Apache-2.0
// Any sequence of writes by several managers keeps ownership consistent with the object: what is
// owned exists, a plain change has one owner, apply is idempotent, and no write without a change
// moves the revision.
#include <random>

#include "registry/managed_fields.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;

class RandomWalk : public World {
 protected:
  int Pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  std::string Manager() { return std::string("m") + static_cast<char>('0' + Pick(4)); }
  std::string Value() { return std::to_string(Pick(3)); }

  Json RandomBody() {
    Json body = Sandbox("a", {{"image", "x"}});
    for (const char* key : {"a", "b", "c"}) {
      if (Pick(2) == 0) body["metadata"]["labels"][key] = Value();
      if (Pick(2) == 0) body["spec"]["metadata"][key] = Value();
    }
    if (Pick(2) == 0) body["spec"]["timeoutSeconds"] = Pick(3) + 1;
    if (Pick(3) == 0) body["metadata"]["finalizers"] = {"x.dev/" + Value()};
    return body;
  }

  Json RandomPatch() {
    switch (Pick(4)) {
      case 0:
        return {{"metadata", {{"labels", {{"a", Value()}, {"b", nullptr}}}}}};
      case 1:
        return {{"spec", {{"metadata", nullptr}}}};
      case 2:
        return {{"spec", {{"timeoutSeconds", Pick(3) + 1}, {"metadata", {{"c", Value()}}}}}};
      default:
        return {{"metadata", {{"labels", nullptr}}}};
    }
  }

  // Every owned path is there, and each plain value has at most one plain owner.
  void CheckOwnership() {
    const Json object = Stored("sandboxes/a");
    const api::Kind& kind = Kind("sandboxes");
    const auto managed = DecodeManaged(object["metadata"].contains("managedFields")
                                           ? &object["metadata"]["managedFields"]
                                           : nullptr);
    ASSERT_THAT(managed, IsOk());
    FieldSet present;
    FieldSet none;
    for (const bool status : {false, true}) {
      CompareObjects({.kind = &kind, .status = status}, nullptr, object, present, none);
    }
    FieldSet plain;
    for (const ManagedEntry& entry : *managed) {
      EXPECT_TRUE(entry.fields.Without(present).Empty())
          << entry.manager << " owns what is not there: "
          << testing::PrintToString(entry.fields.Without(present).Paths()) << "\n"
          << object.dump(1);
      if (entry.apply) continue;
      EXPECT_TRUE(plain.Common(entry.fields).Empty()) << object.dump(1);
      plain.Add(entry.fields);
    }
  }

  std::mt19937 random_{20260101};
};

TEST_F(RandomWalk, OwnershipStaysConsistent) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a", {{"image", "x"}}), "m0"), IsOk());
  for (int step = 0; step < 400 && !HasFailure(); ++step) {
    SCOPED_TRACE(step);
    clock_.Advance(std::chrono::seconds(1));
    switch (Pick(5)) {
      case 0:
      case 1: {
        const Json body = RandomBody();
        const std::string manager = Manager();
        const auto forced = Apply("sandboxes/a", body, manager, true);
        ASSERT_THAT(forced, IsOk());
        // A list item that somebody else holds stays; all that was applied is there.
        if (body["spec"].contains("metadata")) {
          for (const auto& [key, value] : body["spec"]["metadata"].items()) {
            EXPECT_EQ(Stored("sandboxes/a")["spec"]["metadata"][key], value);
          }
        }
        const store::Revision before = store_.Current();
        const auto again = Apply("sandboxes/a", body, manager);
        ASSERT_THAT(again, IsOk()) << "an apply just done has no conflicts";
        EXPECT_EQ(again->effect, Effect::kUnchanged);
        EXPECT_EQ(store_.Current(), before);
        break;
      }
      case 2:
        Ignore(Apply("sandboxes/a", RandomBody(), Manager()), "may be a conflict");
        break;
      case 3: {
        ASSERT_THAT(Merge("sandboxes/a", RandomPatch(), Manager()), IsOk());
        break;
      }
      default: {
        Json put = Stored("sandboxes/a");
        put["metadata"]["labels"] = {{"p", Value()}};
        ASSERT_THAT(registry_.Update(At("sandboxes/a"), put, As(Manager())), IsOk());
        const store::Revision before = store_.Current();
        ASSERT_THAT(registry_.Update(At("sandboxes/a"), Stored("sandboxes/a"), As(Manager())),
                    IsOk());
        EXPECT_EQ(store_.Current(), before) << "a PUT of what was read is no write";
        break;
      }
    }
    CheckOwnership();
  }
}

}  // namespace
}  // namespace osbx::registry

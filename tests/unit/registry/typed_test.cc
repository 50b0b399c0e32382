// SPDX-License-Identifier: Apache-2.0
#include "registry/typed.h"

#include <thread>

#include "api/v1/mount.h"
#include "api/v1/sandbox.h"
#include "registry/finalizers.h"
#include "world.h"

namespace osbx::registry {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

class WriterTest : public World {
 protected:
  api::v1::Sandbox Read(std::string_view path) {
    auto sandbox = api::v1::Sandbox::FromJson(Stored(path));
    EXPECT_THAT(sandbox, IsOk());
    return sandbox ? *sandbox : api::v1::Sandbox{};
  }
  Writer writer_{registry_};
};

TEST_F(WriterTest, WritesAStatusOnlyWhenItDiffersAndOnlyOverWhatItRead) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  const api::v1::Sandbox read = Read("sandboxes/a");
  api::v1::Sandbox changed = read;
  changed.status.phase = "Running";
  changed.spec.image = "ignored";
  ASSERT_THAT(writer_.UpdateStatus(changed), IsOk());
  EXPECT_EQ(Read("sandboxes/a").status.phase, "Running");
  EXPECT_EQ(Read("sandboxes/a").spec.image, "ubuntu");
  EXPECT_THAT(writer_.UpdateStatus(read), StatusIs(Code::kConflict));
  const store::Revision before = store_.Current();
  const auto same = writer_.UpdateStatus(Read("sandboxes/a"));
  ASSERT_THAT(same, IsOk());
  EXPECT_EQ(same->effect, Effect::kUnchanged);
  EXPECT_EQ(store_.Current(), before);
}

TEST_F(WriterTest, DroppingTheLastFinalizerOfADeletedObjectRemovesIt) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  const api::v1::Sandbox read = Read("sandboxes/a");
  ASSERT_THAT(writer_.Delete(read), IsOk());
  ASSERT_THAT(writer_.DropFinalizer(read, kContainerFinalizer), IsOk());
  EXPECT_TRUE(Stored("sandboxes/a").is_null());
  EXPECT_THAT(writer_.DropFinalizer(read, kContainerFinalizer), IsOk()) << "gone already";
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  EXPECT_THAT(writer_.DropFinalizer(read, kContainerFinalizer), IsOk()) << "another object";
  EXPECT_TRUE(Read("sandboxes/a").metadata.HasFinalizer(kContainerFinalizer));
  EXPECT_THAT(writer_.Delete(read), StatusIs(Code::kConflict)) << "another object";
}

TEST_F(WriterTest, CreatesDerivedKinds) {
  api::v1::Mount mount;
  mount.metadata.name = "m";
  mount.spec.backend = "ossfs";
  mount.spec.version = "2.0";
  mount.spec.endpoint = "https://e";
  mount.spec.bucket = "bucket";
  mount.spec.credential_fingerprint = "f";
  ASSERT_THAT(writer_.Create(mount), IsOk());
  EXPECT_THAT(writer_.Create(mount), StatusIs(Code::kAlreadyExists));
  EXPECT_EQ(Stored("mounts/m")["metadata"]["finalizers"], R"(["osbx.dev/mount"])"_json_text);
}

// Many threads change one object: no change is lost, none fails.
TEST_F(WriterTest, ConcurrentPatchesAllArrive) {
  ASSERT_THAT(Post("sandboxes", Sandbox("a")), IsOk());
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      RequestInfo info;
      info.manager = "t" + std::to_string(t);
      for (int i = 0; i < kEach; ++i) {
        const std::string key = "k" + std::to_string(t) + "-" + std::to_string(i);
        EXPECT_THAT(registry_.Patch(At("sandboxes/a"), PatchType::kMerge, Subresource::kNone,
                                    {{"metadata", {{"labels", {{key, "x"}}}}}}, info),
                    IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Stored("sandboxes/a")["metadata"]["labels"].size(),
            static_cast<std::size_t>(kThreads * kEach));
}

}  // namespace
}  // namespace osbx::registry

// SPDX-License-Identifier: Apache-2.0
// Images, networks and volumes.
#include <algorithm>

#include <gmock/gmock.h>

#include "conformance/docker/target.h"

namespace osbx::docker {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

TEST_P(DockerSuite, AnImageThatIsThere) {
  const auto image = client_->InspectImage("busybox");
  ASSERT_THAT(image, IsOk());
  EXPECT_THAT(image->tags, ::testing::Contains("busybox:latest"));
  EXPECT_EQ(image->os, "linux");
  EXPECT_FALSE(image->architecture.empty());
  EXPECT_THAT(image->cmd, ::testing::ElementsAre("sh"));
  EXPECT_THAT(client_->InspectImage(image->id), IsOk());  // by id too
}

TEST_P(DockerSuite, AnImageThatIsNot) {
  EXPECT_THAT(client_->InspectImage("osbx-none"), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->InspectImage("127.0.0.1:1/osbx/none:v1"), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->RemoveImage("osbx-none"), StatusIs(Code::kNotFound));
}

TEST_P(DockerSuite, AnImageInUseIsKept) {
  CreateAndStart(Spec("a", Forever()));
  EXPECT_THAT(client_->RemoveImage("busybox"), StatusIs(Code::kConflict));
}

TEST_P(DockerSuite, ACommitIsAnImageOfItsOwn) {
  ContainerSpec made = Spec("a", Shell("echo kept > /kept; sleep 100000"));
  made.labels["osbx.dev/uid"] = "u1";
  const std::string id = CreateAndStart(made);
  const CommitSpec spec{
      .repository = "osbx-test-commit",
      .tag = run_,
      .changes = {"ENTRYPOINT []", "LABEL osbx.dev/uid=\"\" osbx.dev/snapshot=\"s1\""}};
  const auto committed = client_->CommitContainer(id, spec);
  ASSERT_THAT(committed, IsOk());
  const std::string reference = spec.repository + ":" + spec.tag;
  const auto image = client_->InspectImage(reference);
  ASSERT_THAT(image, IsOk());
  EXPECT_EQ(image->id, *committed);
  EXPECT_THAT(image->entrypoint, ::testing::IsEmpty());
  EXPECT_EQ(image->cmd, made.cmd.value());
  EXPECT_EQ(image->labels.at("osbx.dev/uid"), "") << "the container's label is overridden";
  EXPECT_EQ(image->labels.at("osbx.dev/snapshot"), "s1");
  EXPECT_GT(image->size_bytes, 0);
  EXPECT_THAT(client_->PauseContainer(id), IsOk());
  const CommitSpec frozen{.repository = spec.repository, .tag = run_ + "-paused"};
  EXPECT_THAT(client_->CommitContainer(id, frozen), IsOk());
  EXPECT_THAT(client_->UnpauseContainer(id), IsOk());
  EXPECT_THAT(client_->RemoveImage(frozen.repository + ":" + frozen.tag), IsOk());
  EXPECT_THAT(client_->CommitContainer("osbx-none", spec), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->RemoveImage(reference), IsOk()) << "its container is of another image";
  EXPECT_THAT(client_->InspectImage(reference), StatusIs(Code::kNotFound));
}

TEST_P(DockerSuite, APullOfABadReferenceIsInvalid) {
  EXPECT_THAT(client_->PullImage("UPPER/case"), StatusIs(Code::kInvalid));
}

TEST_P(DockerSuite, VolumesComeAndGo) {
  const VolumeSpec spec{.name = Name("v"), .labels = {{kRunLabel, run_}}};
  const auto created = client_->CreateVolume(spec);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->name, spec.name);
  EXPECT_EQ(created->driver, "local");
  EXPECT_FALSE(created->mountpoint.empty());
  EXPECT_THAT(client_->CreateVolume(spec), IsOk());  // the same again
  const auto found = client_->InspectVolume(spec.name);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->labels, spec.labels);
  const auto list = client_->ListVolumes({{"label", {std::string(kRunLabel) + "=" + run_}}});
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->size(), 1U);
  EXPECT_THAT(client_->RemoveVolume(spec.name), IsOk());
  EXPECT_THAT(client_->RemoveVolume(spec.name), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->RemoveVolume(spec.name, /*force=*/true), IsOk());
  EXPECT_THAT(client_->InspectVolume(spec.name), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->CreateVolume({.name = "a/b"}), StatusIs(Code::kInvalid));
}

TEST_P(DockerSuite, NetworksComeAndGo) {
  const NetworkSpec spec{.name = Name("n"), .internal = true, .labels = {{kRunLabel, run_}}};
  const auto id = client_->CreateNetwork(spec);
  ASSERT_THAT(id, IsOk());
  EXPECT_THAT(client_->CreateNetwork(spec), StatusIs(Code::kAlreadyExists));
  const auto found = client_->InspectNetwork(spec.name);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->id, *id);
  EXPECT_EQ(found->driver, "bridge");
  EXPECT_TRUE(found->internal);
  EXPECT_FALSE(found->subnet.empty());
  EXPECT_EQ(found->labels, spec.labels);
  EXPECT_THAT(client_->InspectNetwork(*id), IsOk());
  const auto all = client_->ListNetworks();
  ASSERT_THAT(all, IsOk());
  for (const std::string name : {"bridge", "host", "none", spec.name.c_str()}) {
    EXPECT_TRUE(std::any_of(all->begin(), all->end(), [&](const NetworkInfo& network) {
      return network.name == name;
    })) << name;
  }
  EXPECT_THAT(client_->RemoveNetwork(spec.name), IsOk());
  EXPECT_THAT(client_->RemoveNetwork(spec.name), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->InspectNetwork(spec.name), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->RemoveNetwork("bridge"), StatusIs(Code::kPermissionDenied));
}

}  // namespace
}  // namespace osbx::docker

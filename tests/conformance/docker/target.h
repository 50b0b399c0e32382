// SPDX-License-Identifier: Apache-2.0
// What the Docker suite runs against: the fake engine always, and a real one where the environment
// names it (OSBX_TEST_DOCKER_HOST=unix:///…). The real one keeps the fake honest.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "drivers/docker/client.h"
#include "fakes/fake_docker/fake_docker.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx::docker {

enum class Target { kFake, kReal };
inline constexpr char kHostVariable[] = "OSBX_TEST_DOCKER_HOST";
inline constexpr char kRunLabel[] = "osbx.dev/test-run";

// One client and a name space of its own; removes every container, volume and network it made.
class DockerSuite : public ::testing::TestWithParam<Target> {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::string Name(std::string_view suffix) const;  // unique to this test
  // A busybox with no network that carries the run's label.
  ContainerSpec Spec(std::string_view suffix, std::vector<std::string> cmd) const;
  std::string Create(const ContainerSpec& spec);
  std::string CreateAndStart(const ContainerSpec& spec);
  bool OnFake() const { return fake_ != nullptr; }

  std::unique_ptr<fakes::FakeDocker> fake_;
  fakes::TempDir dir_;
  std::string run_;
  std::unique_ptr<Client> client_;
};

inline std::vector<std::string> Forever() {
  return {"sleep", "100000"};
}
inline std::vector<std::string> Shell(std::string script) {
  return {"sh", "-c", std::move(script)};
}

}  // namespace osbx::docker

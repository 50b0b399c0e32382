// SPDX-License-Identifier: Apache-2.0
// The client against an engine that misbehaves: what each failure is called, what is repeated and
// what is not, and that a sick engine costs little.
#include <algorithm>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/docker/client.h"
#include "drivers/docker/transport.h"
#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_docker/fake_docker.h"
#include "fakes/matchers.h"
#include "fakes/temp_dir.h"

namespace osbx::docker {
namespace {

using fakes::Effect;
using fakes::Eventually;
using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kShort = milliseconds(100);

class ClientFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    ClientOptions options;
    options.host = docker_.Host();
    options.timeout = seconds(30);
    options.breaker = {.failures = 3, .first_pause = seconds(1), .longest_pause = seconds(8)};
    auto client = Client::Open(options, clock_);
    ASSERT_THAT(client, IsOk());
    client_ = *std::move(client);
  }
  static ContainerSpec Spec(const std::string& name) {
    ContainerSpec spec;
    spec.name = name;
    spec.image = "busybox";
    spec.cmd = {"sleep", "1000"};
    return spec;
  }

  fakes::FakeDocker docker_;
  fakes::FakeClock clock_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientFaults, AStatusOfTheEngineBecomesACodeAndIsKept) {
  struct Case {
    int status;
    Code code;
  };
  const std::string id = docker_.AddContainer("box-a", {}, false);
  for (const Case& row :
       {Case{400, Code::kInvalid}, Case{403, Code::kPermissionDenied}, Case{404, Code::kNotFound},
        Case{409, Code::kConflict}, Case{500, Code::kInternal}, Case{503, Code::kUnavailable}}) {
    docker_.FailNext("POST /containers/*/start", row.status);
    const auto result = client_->StartContainer(id);
    ASSERT_THAT(result, StatusIs(row.code)) << row.status;
    EXPECT_EQ(result.error().http_status(), row.status);
  }
  EXPECT_EQ(docker_.StatusOf(id), "created");
  EXPECT_THAT(client_->StartContainer(id), IsOk());
  EXPECT_EQ(client_->State(), BreakerState::kClosed);  // it answered each time
}

TEST_F(ClientFaults, NobodyThereIsUnavailable) {
  docker_.SetDown(true);
  EXPECT_THAT(client_->Ping(), StatusIs(Code::kUnavailable));
  EXPECT_THAT(client_->CreateContainer(Spec("box-a")), StatusIs(Code::kUnavailable));
  docker_.SetDown(false);
  EXPECT_THAT(client_->Ping(), IsOk());
  EXPECT_THAT(client_->CreateContainer(Spec("box-a")), IsOk());
}

TEST_F(ClientFaults, ATimeOutLeavesTheOutcomeUnknown) {
  ASSERT_THAT(client_->Info(), IsOk());
  docker_.Hang("POST /containers/create", Effect::kDone);
  EXPECT_THAT(client_->CreateContainer(Spec("box-a"), {.timeout = kShort, .stop = {}}),
              StatusIs(Code::kDeadlineExceeded));
  EXPECT_EQ(docker_.Containers(), 1U);  // it was made: look before repeating
  EXPECT_THAT(client_->CreateContainer(Spec("box-a")), StatusIs(Code::kAlreadyExists));
}

TEST_F(ClientFaults, ALostConnectionLeavesTheOutcomeOfAChangeUnknown) {
  ASSERT_THAT(client_->Info(), IsOk());
  docker_.DropConnection("POST /containers/create", Effect::kDone);
  EXPECT_THAT(client_->CreateContainer(Spec("box-a")), StatusIs(Code::kDeadlineExceeded));
  docker_.DropConnection("POST /containers/create", Effect::kNone);
  EXPECT_THAT(client_->CreateContainer(Spec("box-b")), StatusIs(Code::kDeadlineExceeded));
  EXPECT_EQ(docker_.Containers(), 1U);
  EXPECT_EQ(docker_.Requests("POST /containers/create"), 2);  // never repeated by itself
}

TEST_F(ClientFaults, ADeadKeptConnectionIsReplacedForAReadAndNotUsedForAChange) {
  ASSERT_THAT(client_->Info(), IsOk());
  docker_.SetDown(true);
  docker_.SetDown(false);
  EXPECT_THAT(client_->Info(), IsOk());
  docker_.SetDown(true);
  docker_.SetDown(false);
  EXPECT_THAT(client_->CreateContainer(Spec("box-a")), IsOk());
  EXPECT_EQ(docker_.Requests("POST /containers/create"), 1);
}

TEST_F(ClientFaults, AStopTokenEndsACall) {
  docker_.Hang("GET /containers/*/json");
  std::stop_source stop;
  Result<ContainerInfo> result;
  std::jthread caller([&] {
    result = client_->InspectContainer("a", {.timeout = seconds(60), .stop = stop.get_token()});
  });
  ASSERT_TRUE(Eventually([&] { return docker_.Hanging() == 1; }));
  stop.request_stop();
  caller.join();
  EXPECT_THAT(result, StatusIs(Code::kCancelled));
  EXPECT_THAT(client_->InspectContainer("a", {.timeout = seconds(60), .stop = stop.get_token()}),
              StatusIs(Code::kCancelled));
}

TEST_F(ClientFaults, ASlowAnswerInTimeIsAnAnswer) {
  docker_.Delay("GET /info", milliseconds(50), 1);
  EXPECT_THAT(client_->Info(), IsOk());
}

TEST_F(ClientFaults, I10_AHangingEngineIsNotWaitedForAgainAndAgain) {
  ASSERT_THAT(client_->Info(), IsOk());
  docker_.Hang("GET /info", Effect::kNone, 100);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(client_->Info({.timeout = kShort, .stop = {}}), StatusIs(Code::kDeadlineExceeded));
  }
  EXPECT_EQ(client_->State(), BreakerState::kOpen);
  const int asked = docker_.Requests("GET /info");
  for (int i = 0; i < 50; ++i) EXPECT_THAT(client_->Info(), StatusIs(Code::kUnavailable));
  EXPECT_EQ(docker_.Requests("GET /info"), asked);  // failed fast
  clock_.Advance(seconds(1));
  EXPECT_THAT(client_->Info({.timeout = kShort, .stop = {}}), StatusIs(Code::kDeadlineExceeded));
  EXPECT_EQ(docker_.Requests("GET /info"), asked + 1);  // one probe
  EXPECT_THAT(client_->Info(), StatusIs(Code::kUnavailable));
  docker_.ClearFaults();
  EXPECT_THAT(client_->Info(), StatusIs(Code::kUnavailable));
  EXPECT_THAT(client_->Ping(), IsOk());  // passes by, and closes it
  EXPECT_THAT(client_->Info(), IsOk());
}

TEST_F(ClientFaults, PullsFetchAnImageAndReportProgress) {
  docker_.AddPullable("python:3.11");
  std::vector<PullProgress> seen;
  PullOptions options;
  options.platform = "linux/arm64";
  options.on_progress = [&seen](const PullProgress& progress) { seen.push_back(progress); };
  EXPECT_THAT(client_->InspectImage("python:3.11"), StatusIs(Code::kNotFound));
  ASSERT_THAT(client_->PullImage("python:3.11", options), IsOk());
  const auto image = client_->InspectImage("python:3.11");
  ASSERT_THAT(image, IsOk());
  EXPECT_EQ(image->architecture, "arm64");
  EXPECT_TRUE(std::any_of(seen.begin(), seen.end(), [](const PullProgress& progress) {
    return progress.current_bytes == 10 && progress.total_bytes == 20;
  }));
}

TEST_F(ClientFaults, FailedPullsAreToldApart) {
  docker_.AddDenied("secret:latest");
  docker_.AddPrivate("private:latest", "user", "right");
  EXPECT_THAT(client_->PullImage("secret"), StatusIs(Code::kPermissionDenied));
  EXPECT_THAT(client_->PullImage("nothing"), StatusIs(Code::kNotFound));
  EXPECT_THAT(client_->PullImage("private"), StatusIs(Code::kPermissionDenied));  // in-band
  PullOptions wrong;
  wrong.auth.username = "user";
  wrong.auth.password = Secret("wrong-password");
  const auto refused = client_->PullImage("private", wrong);
  ASSERT_THAT(refused, StatusIs(Code::kPermissionDenied));
  EXPECT_EQ(refused.error().message().find("wrong-password"), std::string::npos);
  PullOptions right;
  right.auth.username = "user";
  right.auth.password = Secret("right");
  EXPECT_THAT(client_->PullImage("private", right), IsOk());
  docker_.FailNext("POST /images/create", 500, 1, "dial tcp: lookup registry: no such host");
  EXPECT_THAT(client_->PullImage("private", right), StatusIs(Code::kUnavailable));
}

TEST_F(ClientFaults, ManyPullsOfOneImageAreOne) {
  docker_.AddPullable("big:latest");
  docker_.Delay("POST /images/create", milliseconds(300), 1);
  std::vector<std::jthread> callers;
  std::atomic<int> succeeded{0};
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] { succeeded += client_->PullImage("big").has_value() ? 1 : 0; });
  }
  callers.clear();
  EXPECT_EQ(succeeded, 8);
  EXPECT_LT(docker_.Requests("POST /images/create"), 8);
}

TEST_F(ClientFaults, TenThousandContainersAreListedInOneCall) {
  for (int i = 0; i < 10'000; ++i) {
    docker_.AddContainer("c" + std::to_string(i), {{"osbx.dev/uid", std::to_string(i)}});
  }
  const auto list =
      client_->ListContainers({.all = true, .filters = {{"label", {"osbx.dev/uid"}}}});
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->size(), 10'000U);
  const auto one =
      client_->ListContainers({.all = true, .filters = {{"label", {"osbx.dev/uid=77"}}}});
  ASSERT_THAT(one, IsOk());
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ((*one)[0].name, "c77");
}

TEST_F(ClientFaults, ANameThatIsNoPathSegmentIsNotSent) {
  ASSERT_THAT(client_->Info(), IsOk());
  for (const std::string name : {"", ".", ".."}) {
    EXPECT_THAT(client_->InspectContainer(name), StatusIs(Code::kInvalid)) << name;
    EXPECT_THAT(client_->RemoveContainer(name), StatusIs(Code::kInvalid)) << name;
    EXPECT_THAT(client_->RemoveVolume(name), StatusIs(Code::kInvalid)) << name;
    EXPECT_THAT(client_->StartExec(name, false), StatusIs(Code::kInvalid)) << name;
  }
  EXPECT_THAT(client_->InspectContainer("a/../b"), StatusIs(Code::kNotFound));  // only a bad name
}

TEST_F(ClientFaults, ManyThreadsUseOneClient) {
  std::vector<std::jthread> workers;
  std::atomic<int> done{0};
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([this, i, &done] {
      for (int k = 0; k < 20; ++k) {
        const std::string name = "w" + std::to_string(i) + "-" + std::to_string(k);
        const auto id = client_->CreateContainer(Spec(name));
        if (id && client_->StartContainer(*id) && client_->InspectContainer(name) &&
            client_->RemoveContainer(*id, {.force = true, .volumes = false})) {
          ++done;
        }
      }
    });
  }
  workers.clear();
  EXPECT_EQ(done, 160);
  EXPECT_EQ(docker_.Containers(), 0U);
}

TEST_F(ClientFaults, WhatHappensBehindItsBackIsSeen) {
  const std::string id = docker_.AddContainer("box-a", {});
  ASSERT_TRUE(docker_.ExitContainer("box-a", 9, /*oom=*/true));
  const auto info = client_->InspectContainer(id);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->state.exit_code, 9);
  EXPECT_TRUE(info->state.oom_killed);
  ASSERT_TRUE(docker_.RemoveContainer(id));
  EXPECT_THAT(client_->InspectContainer(id), StatusIs(Code::kNotFound));
}

TEST(ClientHost, IsAUnixPathOrATcpAddress) {
  const auto unix_host = ParseHost("unix:///run/docker.sock");
  ASSERT_THAT(unix_host, IsOk());
  EXPECT_EQ(unix_host->unix_path, "/run/docker.sock");
  const auto tcp = ParseHost("tcp://127.0.0.1:2376/");
  ASSERT_THAT(tcp, IsOk());
  EXPECT_EQ(tcp->host, "127.0.0.1");
  EXPECT_EQ(tcp->port, "2376");
  const auto plain = ParseHost("tcp://engine");
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->port, "2375");
  for (const std::string host :
       {"", "docker", "http://x", "unix://", "unix://relative", "tcp://", "tcp://:1", "tcp://h:0",
        "tcp://h:x", "tcp://h:70000", "tcp://u@h:1", "ssh://h"}) {
    EXPECT_THAT(ParseHost(host), StatusIs(Code::kInvalid)) << host;
  }
  EXPECT_THAT(ParseHost("unix:///" + std::string(200, 'x')), StatusIs(Code::kInvalid));
}

TEST(ClientHost, AMissingSocketIsUnavailable) {
  const fakes::TempDir dir;
  fakes::FakeClock clock;
  ClientOptions options;
  options.host = "unix://" + (dir / "none.sock");
  auto client = Client::Open(options, clock);
  ASSERT_THAT(client, IsOk());
  EXPECT_THAT((*client)->Ping(), StatusIs(Code::kUnavailable));
  EXPECT_THAT((*client)->StartExec("x", false), StatusIs(Code::kUnavailable));
}

}  // namespace
}  // namespace osbx::docker

// SPDX-License-Identifier: Apache-2.0
// /metrics of a running server with every collector of the daemon: the text is of the format, the
// families are there from the first scrape, and the numbers move with what they count.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/v1/mount.h"
#include "api/v1/sandbox.h"
#include "apiserver/api_server.h"
#include "fakes/eventually.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_docker/fake_docker.h"
#include "fakes/matchers.h"
#include "fakes/prometheus_text.h"
#include "fakes/temp_dir.h"
#include "fakes/wire_client.h"
#include "metrics/process.h"
#include "telemetry/collectors.h"
#include "telemetry/ready_times.h"

namespace osbx::telemetry {
namespace {

using fakes::IsOk;
using fakes::Scrape;
using ::testing::IsEmpty;

constexpr std::string_view kSandboxes = "/apis/osbx.dev/v1/namespaces/default/sandboxes";

class ScrapeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::SqliteStore::Open({.path = dir_ / "osbx.db"});
    ASSERT_THAT(opened, IsOk());
    store_ = *std::move(opened);
    registry_ = std::make_unique<registry::Registry>(*store_, clock_);
    ASSERT_THAT(registry_->EnsureNamespaces(), IsOk());
    cache_ = std::make_unique<ctrl::Cache>(*store_);
    cache_->AddKind<api::v1::Sandbox>();
    cache_->AddKind<api::v1::Mount>();
    cache_->Start();
    auto client = docker::Client::Open({.host = engine_.Host()}, clock_);
    ASSERT_THAT(client, IsOk());
    docker_ = *std::move(client);
    manager_ = std::make_unique<ctrl::Manager>(*store_, clock_);
    manager_->Add({.name = "sandbox",
                   .kind = "sandboxes",
                   .reconcile = [](const store::Key& key) -> Result<ctrl::Outcome> {
                     if (key.name == "bad") return Error(Code::kUnavailable, "not now");
                     return ctrl::Outcome{};
                   }});
    events_ = std::make_unique<ctrl::EventRecorder>(ctrl::EventSink{}, clock_);
    ready_ = std::make_unique<ReadyTimes>(*store_, clock_);
    apiserver::ApiServerOptions options;
    options.listeners.emplace_back();
    options.collectors = {OfControllers(*manager_),
                          OfExecutors([] {
                            return std::vector<ExecutorLoad>{{"sandbox", 2}, {"mount", 0}};
                          }),
                          OfObjects(*cache_),
                          OfReadyTimes(*ready_),
                          OfDocker(*docker_),
                          OfStore(*store_),
                          OfEvents(*events_),
                          metrics::MakeProcessCollector("1.2.3")};
    server_ = std::make_unique<apiserver::ApiServer>(*store_, *registry_, options);
    ASSERT_THAT(server_->Start(), IsOk());
    manager_->Start();
  }
  void TearDown() override {
    server_.reset();
    manager_->Stop();
  }

  int Call(std::string_view method, const std::string& target, std::string_view body,
           std::string_view type = "application/json") {
    wire::WireClient client(server_->Port());
    const auto reply =
        client.Call(method, target, "Content-Type: " + std::string(type) + "\r\n", body);
    return reply ? reply->status : 0;
  }
  void Create(const std::string& name) {
    EXPECT_EQ(Call("POST", std::string(kSandboxes),
                   R"({"apiVersion":"osbx.dev/v1","kind":"Sandbox","metadata":{"name":")" + name +
                       R"("},"spec":{"image":"busybox"}})"),
              201);
  }
  void SetReady(const std::string& name, const std::string& status) {
    EXPECT_EQ(
        Call("PATCH", std::string(kSandboxes) + "/" + name + "/status",
             R"({"status":{"phase":"Running","conditions":[{"type":"Ready","status":")" + status +
                 R"(","reason":"Up","message":"",)"
                 R"("lastTransitionTime":"2026-01-01T00:00:00Z"}]}})",
             "application/merge-patch+json"),
        200);
  }
  Scrape Read() {
    wire::WireClient client(server_->Port());
    const auto reply = client.Call("GET", "/metrics");
    EXPECT_TRUE(reply && reply->status == 200);
    if (!reply) return {};
    EXPECT_EQ(reply->Header("content-type"), "text/plain; version=0.0.4");
    return fakes::ParsePrometheusText(reply->body);
  }

  fakes::TempDir dir_;
  fakes::FakeClock clock_;
  fakes::FakeDocker engine_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<ctrl::Cache> cache_;
  std::unique_ptr<docker::Client> docker_;
  std::unique_ptr<ctrl::Manager> manager_;
  std::unique_ptr<ctrl::EventRecorder> events_;
  std::unique_ptr<ReadyTimes> ready_;
  std::unique_ptr<apiserver::ApiServer> server_;
};

TEST_F(ScrapeTest, EveryFamilyIsThereFromTheStart) {
  const Scrape scrape = Read();
  EXPECT_THAT(scrape.faults, IsEmpty());
  const std::map<std::string, std::string> wanted = {
      {"osbx_reconcile_total", "counter"},
      {"osbx_reconcile_seconds", "histogram"},
      {"osbx_queue_depth", "gauge"},
      {"osbx_queue_delayed", "gauge"},
      {"osbx_ops_inflight", "gauge"},
      {"osbx_mounts", "gauge"},
      {"osbx_sandboxes", "gauge"},
      {"osbx_sandbox_ready_seconds", "histogram"},
      {"osbx_docker_calls_total", "counter"},
      {"osbx_docker_call_seconds", "histogram"},
      {"osbx_docker_breaker", "gauge"},
      {"osbx_store_commits_total", "counter"},
      {"osbx_store_batch_size", "histogram"},
      {"osbx_store_transaction_seconds", "histogram"},
      {"osbx_store_database_bytes", "gauge"},
      {"osbx_store_wal_bytes", "gauge"},
      {"osbx_store_window_events", "gauge"},
      {"osbx_store_window_bytes", "gauge"},
      {"osbx_events_dropped_total", "counter"},
      {"process_cpu_seconds_total", "counter"},
      {"process_resident_memory_bytes", "gauge"},
      {"process_open_fds", "gauge"},
      {"process_start_time_seconds", "gauge"},
      {"osbx_build_info", "gauge"},
      {"osbx_http_requests_total", "counter"},
  };
  for (const auto& [name, type] : wanted) {
    const auto found = scrape.types.find(name);
    ASSERT_NE(found, scrape.types.end()) << name;
    EXPECT_EQ(found->second, type) << name;
  }
  EXPECT_EQ(scrape.At(R"(osbx_reconcile_total{controller="sandbox",result="exception"})"), 0);
  EXPECT_EQ(scrape.At(R"(osbx_docker_calls_total{operation="container_start",result="held"})"), 0);
  EXPECT_EQ(scrape.At(R"(osbx_mounts{backend="ossfs-1.0",state="Mounted"})"), 0);
  EXPECT_EQ(scrape.At(R"(osbx_sandboxes{phase="Failed"})"), 0);
  EXPECT_EQ(scrape.At("osbx_sandbox_ready_seconds_count"), 0);
}

TEST_F(ScrapeTest, ControllersAndObjectsAreCounted) {
  Create("good");
  Create("bad");
  ASSERT_TRUE(manager_->Drain());
  const Scrape scrape = Read();
  EXPECT_THAT(scrape.faults, IsEmpty());
  EXPECT_EQ(scrape.At(R"(osbx_reconcile_total{controller="sandbox",result="success"})"), 1);
  EXPECT_EQ(scrape.At(R"(osbx_reconcile_total{controller="sandbox",result="error"})"), 1);
  EXPECT_EQ(scrape.At(R"(osbx_reconcile_seconds_count{controller="sandbox"})"), 2);
  EXPECT_EQ(scrape.At(R"(osbx_sandboxes{phase="Pending"})"), 2) << "no status is pending";
  EXPECT_EQ(scrape.At(R"(osbx_ops_inflight{executor="sandbox"})"), 2);
}

TEST_F(ScrapeTest, ReadyTimeIsMeasuredOnceFromTheCreation) {
  Create("a");
  clock_.Advance(std::chrono::seconds(2));
  SetReady("a", "True");
  SetReady("a", "False");
  clock_.Advance(std::chrono::seconds(100));
  SetReady("a", "True");
  const Scrape scrape = Read();
  EXPECT_EQ(scrape.At("osbx_sandbox_ready_seconds_count"), 1);
  EXPECT_EQ(scrape.At("osbx_sandbox_ready_seconds_sum"), 2);
  EXPECT_EQ(scrape.At(R"(osbx_sandbox_ready_seconds_bucket{le="1"})"), 0);
  EXPECT_EQ(scrape.At(R"(osbx_sandbox_ready_seconds_bucket{le="2.5"})"), 1);
}

TEST_F(ScrapeTest, DockerCallsAreCountedByHowTheyEnd) {
  ASSERT_THAT(docker_->ListContainers(), IsOk());
  EXPECT_THAT(docker_->InspectContainer("nobody"), fakes::StatusIs(Code::kNotFound));
  engine_.FailNext("GET /info", 500);
  EXPECT_FALSE(docker_->Info().has_value());
  engine_.SetDown(true);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(docker_->ListContainers().has_value());
  EXPECT_FALSE(docker_->ListContainers().has_value()) << "the breaker is open";
  const Scrape scrape = Read();
  EXPECT_THAT(scrape.faults, IsEmpty());
  const auto calls = [&scrape](const std::string& operation, const std::string& result) {
    return scrape.At("osbx_docker_calls_total{operation=\"" + operation + "\",result=\"" + result +
                     "\"}");
  };
  EXPECT_EQ(calls("container_list", "ok"), 1);
  EXPECT_EQ(calls("container_inspect", "refused"), 1);
  EXPECT_EQ(calls("info", "failed"), 1);
  EXPECT_EQ(calls("container_list", "unreached"), 3);
  EXPECT_EQ(calls("container_list", "held"), 1);
  EXPECT_EQ(calls("other", "ok"), 0);
  EXPECT_EQ(scrape.At(R"(osbx_docker_breaker{state="open"})"), 1);
  EXPECT_EQ(scrape.At(R"(osbx_docker_breaker{state="closed"})"), 0);
}

TEST_F(ScrapeTest, TheStoreCountsCommitsAndItsFiles) {
  const double before = Read().At(R"(osbx_store_commits_total{result="ok"})");
  Create("a");
  const store::Key missing{.kind = "sandboxes", .ns = "default", .name = "nobody"};
  EXPECT_THAT(store_->Commit({{.op = store::Write::Op::kDelete, .key = missing}}),
              fakes::StatusIs(Code::kNotFound));
  const Scrape scrape = Read();
  EXPECT_GT(scrape.At(R"(osbx_store_commits_total{result="ok"})"), before);
  EXPECT_EQ(scrape.At(R"(osbx_store_commits_total{result="refused"})"), 1);
  EXPECT_EQ(scrape.At(R"(osbx_store_commits_total{result="failed"})"), 0);
  EXPECT_GT(scrape.At("osbx_store_database_bytes") + scrape.At("osbx_store_wal_bytes"), 0);
  EXPECT_GT(scrape.At("osbx_store_window_events"), 0);
  EXPECT_GT(scrape.At("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(scrape.At("process_open_fds"), 3);
}

TEST(PrometheusText, TheReaderIsStrict) {
  const auto faults = [](std::string_view text) {
    return fakes::ParsePrometheusText(text).faults.size();
  };
  EXPECT_EQ(faults("# HELP a A.\n# TYPE a counter\na{x=\"1\"} 2\n"), 0U);
  EXPECT_EQ(faults("a 1\n"), 1U) << "no family";
  EXPECT_EQ(faults("# HELP a A.\n# TYPE a counter\na 1\na 2\n"), 1U) << "twice";
  EXPECT_EQ(faults("# HELP a A.\n# TYPE a counter\na{x=1} 2\n"), 1U) << "no quotes";
  EXPECT_EQ(faults("# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\n"
                   "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n"),
            1U)
      << "not cumulative";
}

}  // namespace
}  // namespace osbx::telemetry

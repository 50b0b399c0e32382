// SPDX-License-Identifier: Apache-2.0
// Durable single-object writes per second with 1, 8 and 64 clients, and reads, lists and a cold
// start of 10,000 objects of 2 KiB. The disk that is measured is that of the given directory:
//   store_bench [DIR]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/bench.h"
#include "store/sqlite_store.h"

namespace {

using namespace osbx::bench;  // NOLINT(google-build-using-namespace): a program of one file
using osbx::Json;
using osbx::store::Key;
using osbx::store::SqliteStore;
using osbx::store::Write;

constexpr int kObjects = 10'000;
constexpr auto kPeriod = std::chrono::seconds(3);

double SecondsSince(Steady::time_point begin) {
  return MillisecondsSince(begin) / 1e3;
}

Key KeyOf(int i) {
  return {.kind = "sandboxes", .ns = "default", .name = "sandbox-" + std::to_string(i)};
}

Write MakeWrite(Write::Op op, const Key& key) {
  Json env = Json::array();
  for (int i = 0; i < 16; ++i) {
    env.push_back({{"name", "VARIABLE_" + std::to_string(i)}, {"value", std::string(60, 'v')}});
  }
  Json body = {{"apiVersion", "osbx.dev/v1"},
               {"kind", "Sandbox"},
               {"metadata", {{"name", key.name}, {"uid", key.name}, {"labels", {{"app", "x"}}}}},
               {"spec", {{"image", "ubuntu"}, {"env", std::move(env)}}}};
  return {.op = op, .key = key, .body = std::make_shared<const Json>(std::move(body))};
}

std::unique_ptr<SqliteStore> Open(const std::string& path) {
  return Must(SqliteStore::Open({.path = path}), path);
}

void MeasureWrites(SqliteStore& store, int clients) {
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(clients));
  const auto begin = Steady::now();
  InParallel(clients, [&](int client) {
    std::vector<double>& mine = latencies[static_cast<std::size_t>(client)];
    for (int i = client; Steady::now() - begin < kPeriod; i = (i + clients) % kObjects) {
      const auto start = Steady::now();
      Must(store.Commit({MakeWrite(Write::Op::kUpdate, KeyOf(i))}), "commit");
      mine.push_back(MillisecondsSince(start));
    }
  });
  const double took = SecondsSince(begin);
  std::vector<double> all;
  for (const auto& mine : latencies) all.insert(all.end(), mine.begin(), mine.end());
  Report("writes_" + std::to_string(clients), static_cast<double>(all.size()) / took,
         "p50 " + Text(Quantile(all, 0.5), 2) + " ms, p99 " + Text(Quantile(all, 0.99), 2) + " ms");
}

void MeasureReads(const SqliteStore& store) {
  constexpr int kFinds = 1'000'000;
  constexpr int kLists = 200;
  auto begin = Steady::now();
  std::size_t bytes = 0;
  for (int i = 0; i < kFinds; ++i) bytes += store.Find(KeyOf(i % kObjects))->bytes->size();
  std::printf("find                    %8.0f /s   (%zu bytes each)\n", kFinds / SecondsSince(begin),
              bytes / kFinds);
  begin = Steady::now();
  std::size_t listed = 0;
  for (int i = 0; i < kLists; ++i) listed += store.List({.kind = "sandboxes"}).objects.size();
  std::printf("list of %5zu            %8.0f /s\n", listed / kLists, kLists / SecondsSince(begin));
}

void Measure(const std::filesystem::path& work) {
  std::string directory = (work / "store-bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) Fail("cannot make " + directory);
  const std::string path = directory + "/osbx.db";
  {
    const auto store = Open(path);
    const auto begin = Steady::now();
    for (int i = 0; i < kObjects; i += 100) {
      std::vector<Write> writes;
      for (int j = i; j < i + 100; ++j) writes.push_back(MakeWrite(Write::Op::kCreate, KeyOf(j)));
      Must(store->Commit(std::move(writes)), "commit");
    }
    std::printf("create, 100 per commit  %8.0f /s\n", kObjects / SecondsSince(begin));
    for (const int clients : {1, 8, 64}) MeasureWrites(*store, clients);
    MeasureReads(*store);
  }
  const auto begin = Steady::now();
  const auto store = Open(path);
  std::printf("open with %d objects and %lld kept events   %.0f ms\n", kObjects,
              static_cast<long long>(store->Current() - store->Oldest()),
              SecondsSince(begin) * 1e3);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

}  // namespace

int main(int argc, char** argv) {
  return Main(argc, argv, Measure);
}

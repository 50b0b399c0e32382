// SPDX-License-Identifier: Apache-2.0
// What osbx adds to the engine: the time from an apply to Ready, side by side with `create` and
// `start` of the very same container through the Engine API, in turns, so that what else the
// machine does meets both. Needs the stack of hack/dev.
#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>

#include <nlohmann/json.hpp>

#include "bench/bench.h"
#include "bench/engine_twin.h"
#include "bench/stack_client.h"

namespace {

using namespace osbx;         // NOLINT(google-build-using-namespace): a program of one file
using namespace osbx::bench;  // NOLINT(google-build-using-namespace)

constexpr int kPairs = 24;
constexpr int kMountRounds = 10;
constexpr int kRounds = 4;
constexpr int kAtOnce = 20;

std::string Pair(double osbx, double other, const std::string& other_name) {
  return Text(osbx, 0) + " ms, " + other_name + " " + Text(other, 0) + " ms";
}

// One sandbox at a time against its twin.
void MeasureApply(StackClient& stack, EngineTwin& twin) {
  std::vector<double> sandboxes;
  std::vector<double> twins;
  for (int i = 0; i < kPairs; ++i) {
    const bool first = i % 2 == 0;
    if (!first) twins.push_back(twin.Run());
    sandboxes.push_back(stack.ApplyAndWait({stack.Sandbox("apply-" + std::to_string(i))}));
    stack.DeleteAll();
    if (first) twins.push_back(twin.Run());
  }
  const double ours = Median(sandboxes);
  const double theirs = Median(twins);
  Report("apply_ratio", ours / theirs, Pair(ours, theirs, "create + start"));
}

// With three mounts that another sandbox holds, against none.
void MeasureMounted(StackClient& stack) {
  stack.ApplyAndWait({stack.Sandbox("keeper", {"k1", "k2", "k3"})});
  std::vector<double> with;
  std::vector<double> without;
  for (int i = 0; i < kPairs; ++i) {
    const auto one = [&](bool mounts) {
      const Json sandbox = mounts ? stack.Sandbox("with-" + std::to_string(i), {"k1", "k2", "k3"})
                                  : stack.Sandbox("without-" + std::to_string(i));
      (mounts ? with : without).push_back(stack.ApplyAndWait({sandbox}));
      stack.Delete(sandbox);
    };
    one(i % 2 == 0);
    one(i % 2 != 0);
  }
  stack.DeleteAll();
  Report("mounted_extra_ms", Median(with) - Median(without),
         Pair(Median(with), Median(without), "without"));
}

// With three mounts that nobody has yet: they are to be made side by side.
void MeasureMounting(StackClient& stack) {
  std::vector<double> added;
  std::vector<double> slowest;
  std::vector<double> sums;
  for (int i = 0; i < kMountRounds; ++i) {
    const double without = stack.ApplyAndWait({stack.Sandbox("plain-" + std::to_string(i))});
    const std::string n = std::to_string(i);
    const double total =
        stack.ApplyAndWait({stack.Sandbox("mounting-" + n, {"a" + n, "b" + n, "c" + n})});
    const std::vector<double> mounts = stack.MountTimes();
    added.push_back(total - without);
    slowest.push_back(Quantile(mounts, 1));
    double sum = 0;
    for (const double time : mounts) sum += time;
    sums.push_back(sum);
    stack.DeleteAll();
  }
  Report("mounting_ratio", Median(added) / Median(slowest),
         "+" + Text(Median(added), 0) + " ms, slowest " + Text(Median(slowest), 0) + " ms, sum " +
             Text(Median(sums), 0) + " ms");
}

void MeasureAtOnce(StackClient& stack, EngineTwin& twin) {
  std::vector<double> sandboxes;
  std::vector<double> twins;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Json> all;
    for (int i = 0; i < kAtOnce; ++i) {
      all.push_back(stack.Sandbox("once-" + std::to_string(round) + "-" + std::to_string(i)));
    }
    const auto ours = [&] {
      sandboxes.push_back(stack.ApplyAndWait(all));
      stack.DeleteAll();
    };
    if (round % 2 == 0) ours();
    twins.push_back(twin.RunParallel(kAtOnce));
    if (round % 2 != 0) ours();
  }
  Report("at_once_ratio", Median(sandboxes) / Median(twins),
         Pair(Median(sandboxes), Median(twins), "create + start"));
}

void Measure(const std::filesystem::path& work) {
  StackClient stack;
  const Json model = stack.Sandbox("model");
  stack.ApplyAndWait({model});
  {
    EngineTwin twin(stack.ContainerOf(model), work / "twins");
    stack.DeleteAll();
    MeasureApply(stack, twin);
    MeasureAtOnce(stack, twin);
  }
  MeasureMounted(stack);
  MeasureMounting(stack);
}

}  // namespace

int main(int argc, char** argv) {
  return Main(argc, argv, Measure);
}

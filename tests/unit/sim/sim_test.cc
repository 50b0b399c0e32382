// SPDX-License-Identifier: Apache-2.0
// The real controllers, store and registry through a fixed number of random walks. A failing one
// prints its seed: OSBX_SEED=N runs that walk alone, the same steps again, with its trace;
// OSBX_SEEDS=N runs the first N.
#include <cstdlib>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

#include "walk.h"

namespace osbx::sim {
namespace {

constexpr std::uint64_t kSeeds = 6;
constexpr int kSteps = 250;

std::uint64_t Environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += "  " + line + "\n";
  return out;
}

TEST(Simulation, ConvergesWhateverHappens) {
  const std::uint64_t only = Environment("OSBX_SEED", 0);
  const std::uint64_t first = only == 0 ? 1 : only;
  const std::uint64_t last = only == 0 ? Environment("OSBX_SEEDS", kSeeds) : only;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const Walked walked = Walk(seed, kSteps);
    EXPECT_TRUE(walked.violations.empty())
        << "OSBX_SEED=" << seed << " after " << walked.trace.size() << " steps:\n"
        << Lines(walked.violations);
    if (only != 0) std::cout << "trace:\n" << Lines(walked.trace) << walked.counts << "\n";
  }
}

TEST(Simulation, TheSameSeedIsTheSameWalk) {
  const Walked once = Walk(7, kSteps);
  const Walked again = Walk(7, kSteps);
  EXPECT_EQ(once.trace, again.trace);
  EXPECT_EQ(once.violations, again.violations);
}

}  // namespace
}  // namespace osbx::sim

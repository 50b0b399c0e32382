// SPDX-License-Identifier: Apache-2.0
// A random walk through what users, hosts, engines and crashes do to osbxd, and then peace until
// everything rests. The seed decides everything: the same seed is the same walk, step by step.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "checks.h"
#include "world.h"

namespace osbx::sim {

struct Walked {
  std::vector<std::string> trace;       // one line per step
  std::vector<std::string> violations;  // with the number of the step
  // What happened, for people: the fake engine's last event may come after the last look.
  std::string counts;
};

Walked Walk(std::uint64_t seed, int steps);

}  // namespace osbx::sim

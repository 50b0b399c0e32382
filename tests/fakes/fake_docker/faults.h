// SPDX-License-Identifier: Apache-2.0
// Faults by route and the counters of requests. Thread-safe.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fakes/fake_docker/fake_docker.h"

namespace osbx::fakes::docker {

struct Fault {
  enum class Kind { kFail, kDrop, kDelay, kHang };
  Kind kind = Kind::kFail;
  int status = 500;
  std::string message;
  Effect effect = Effect::kNone;
  std::chrono::milliseconds delay{0};
};

class Faults {
 public:
  void Add(const std::string& route, Fault fault, int times);
  void Clear();
  // Counts the request and takes the faults that apply to it: at most one besides delays.
  std::vector<Fault> Take(const std::string& method, const std::vector<std::string>& segments);
  int Count(const std::string& route) const;

 private:
  struct Rule {
    std::string method;
    std::vector<std::string> segments;
    Fault fault;
    int left = 0;
  };
  struct Seen {
    std::string method;
    std::vector<std::string> segments;
  };
  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::vector<Seen> seen_;
};

}  // namespace osbx::fakes::docker

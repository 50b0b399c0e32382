// SPDX-License-Identifier: Apache-2.0
// Counts the calls to the engine by what was asked and how it ended. Names come from two fixed
// lists, so a path can never become a label. Lock-free, thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/histogram.h"

namespace osbx::docker {

enum class Method;

// Upper bounds in seconds: an inspect takes about 1 ms, a create with its start 100 to 300 ms, and
// a call without a grace of its own is given up after 10 s.
inline constexpr std::array<double, 9> kCallBounds = {0.001, 0.005, 0.01, 0.05, 0.1,
                                                      0.25,  0.5,   1,    10};

inline constexpr std::array<std::string_view, 7> kCallResults = {
    "ok",         // 2xx and 304
    "refused",    // 4xx
    "failed",     // 5xx
    "unreached",  // no connection, or it was lost
    "timeout",    // no answer in time
    "cancelled",  // by us
    "held",       // not made: the breaker is open
};

struct CallStats {
  std::string_view operation = {};  // "container_start"
  std::array<std::uint64_t, kCallResults.size()> results = {};
  HistogramSnapshot seconds = {};
};

class CallCounters {
 public:
  CallCounters();
  // `path` is absolute, without the version prefix; `error` null: it was answered with success. A
  // stream's duration says nothing about the engine and is not observed.
  void Count(Method method, std::string_view path, const Error* error, Duration took, bool stream);
  // A call that was not made.
  void CountHeld(Method method, std::string_view path);
  std::vector<CallStats> Read() const;  // every operation, in a fixed order

 private:
  struct Row {
    std::array<std::atomic<std::uint64_t>, kCallResults.size()> results = {};
    Histogram seconds{kCallBounds};
  };
  std::vector<Row> rows_;
};

// "container_start" of POST /containers/abc/start?x=y; "other" when the table does not know it.
std::string_view OperationOf(Method method, std::string_view path);

}  // namespace osbx::docker

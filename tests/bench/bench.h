// SPDX-License-Identifier: Apache-2.0
// What the benchmarks share: how a result is reported, statistics, and what a process has cost. A
// benchmark is a program `<name>_bench WORK_DIR`: a line "result ID VALUE NOTE…" on stdout is one
// number of targets.tsv, everything else is for the reader. Single-threaded unless it says more.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace osbx::bench {

using Steady = std::chrono::steady_clock;

// Prints "result ID VALUE NOTE".
void Report(const std::string& id, double value, const std::string& note = "");
std::string Text(double value, int digits = 1);

double MillisecondsSince(Steady::time_point begin);

// `share` 0.5 is the median. Of no values: 0.
double Quantile(std::vector<double> values, double share);
double Median(const std::vector<double>& values);

// CPU time of this process, of the calling thread, and of another process (user and system).
double ProcessCpuSeconds();
double ThreadCpuSeconds();
double CpuSecondsOf(pid_t pid);
// Resident memory; anonymous alone is what the program itself has allocated.
struct Memory {
  double resident_mb = 0;
  double anonymous_mb = 0;
};
Memory MemoryOf(pid_t pid);

// The value, or a message on stderr and exit status 1: a benchmark has nothing to repair.
[[noreturn]] void Fail(const std::string& what);
template <class T>
T Must(Result<T> result, const std::string& what) {
  if (!result) Fail(what + ": " + result.error().ToString());
  return *std::move(result);
}
void Must(const Result<>& result, const std::string& what);

// A variable of the environment that hack/bench sets.
std::string Environment(const char* name);

}  // namespace osbx::bench

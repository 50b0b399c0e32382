// SPDX-License-Identifier: Apache-2.0
// What the benchmarks share: how a result is reported, statistics, and what a process has cost. A
// benchmark is a program `<name>_bench WORK_DIR`: a line "result ID VALUE NOTE…" on stdout is one
// number of targets.tsv, everything else is for the reader. Whatever fails throws Failure, so that
// what was started is ended on the way out; Main catches it, once. Single-threaded unless it says
// more.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <stdexcept>
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

class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The value, or a Failure: a benchmark has nothing to repair.
[[noreturn]] void Fail(const std::string& what);
template <class T>
T Must(Result<T> result, const std::string& what) {
  if (!result) Fail(what + ": " + result.error().ToString());
  return *std::move(result);
}
void Must(const Result<>& result, const std::string& what);

// The body of every main: runs `measure` with WORK_DIR (default: here). The exit status; a failure
// is said on stderr.
int Main(int argc, char** argv, const std::function<void(const std::filesystem::path&)>& measure);

// Runs body(0) … body(count - 1), each on a thread of its own, and waits for all. Throws what the
// first that failed has thrown.
void InParallel(int count, const std::function<void(int)>& body);

// A variable of the environment that hack/bench sets.
std::string Environment(const char* name);

}  // namespace osbx::bench

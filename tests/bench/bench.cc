// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <sstream>
#include <thread>

namespace osbx::bench {
namespace {

double Cpu(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void Report(const std::string& id, double value, const std::string& note) {
  std::printf("result %s %.4g %s\n", id.c_str(), value, note.c_str());
  std::fflush(stdout);
}

std::string Text(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

double MillisecondsSince(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const double at = share * static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(std::lround(at))];
}

double Median(const std::vector<double>& values) {
  return Quantile(values, 0.5);
}

double ProcessCpuSeconds() {
  return Cpu(RUSAGE_SELF);
}
double ThreadCpuSeconds() {
  return Cpu(RUSAGE_THREAD);
}

double CpuSecondsOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  // The name in parentheses may hold spaces; utime and stime are the 12th and 13th after it.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Memory MemoryOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  Memory memory;
  std::string line;
  while (std::getline(file, line)) {
    const auto value = [&line](const char* name) {
      return line.starts_with(name) ? std::atof(line.c_str() + line.find(':') + 1) / 1024 : 0;
    };
    memory.resident_mb += value("VmRSS:");
    memory.anonymous_mb += value("RssAnon:");
  }
  return memory;
}

void Fail(const std::string& what) {
  throw Failure(what);
}

int Main(int argc, char** argv, const std::function<void(const std::filesystem::path&)>& measure) {
  try {
    measure(argc > 1 ? argv[1] : ".");
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    return 1;
  }
}

void InParallel(int count, const std::function<void(int)>& body) {
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        try {
          body(i);
        } catch (...) {
          failures[static_cast<std::size_t>(i)] = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

void Must(const Result<>& result, const std::string& what) {
  if (!result) Fail(what + ": " + result.error().ToString());
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') Fail(std::string(name) + " is not set: run hack/bench");
  return value;
}

}  // namespace osbx::bench

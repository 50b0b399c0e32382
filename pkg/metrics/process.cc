// SPDX-License-Identifier: Apache-2.0
#include "metrics/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "metrics/family.h"

namespace osbx::metrics {
namespace {

// From /proc/self/stat (proc(5)); the numbers of its fields count from 1.
struct ProcessStat {
  double cpu_seconds = 0;     // fields 14 and 15
  double threads = 0;         // 20
  double since_boot = 0;      // 22, in seconds
  double virtual_bytes = 0;   // 23
  double resident_bytes = 0;  // 24
};

std::optional<ProcessStat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // Field 2 is the name of the program in parentheses and may hold anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  std::string skipped;
  rest >> skipped;  // field 3 is a letter
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  ProcessStat stat;
  double value = 0;
  for (int field = 4; field <= 24 && rest >> value; ++field) {
    if (field == 14 || field == 15) stat.cpu_seconds += value / ticks;
    if (field == 20) stat.threads = value;
    if (field == 22) stat.since_boot = value / ticks;
    if (field == 23) stat.virtual_bytes = value;
    if (field == 24) stat.resident_bytes = value * page;
  }
  if (!rest) return std::nullopt;
  return stat;
}

std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

std::optional<double> OpenDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  int count = -1;                                     // the one that looks is not counted
  while (const dirent* entry = readdir(directory)) {  // NOLINT(concurrency-mt-unsafe): own stream
    if (entry->d_name[0] != '.') ++count;
  }
  closedir(directory);
  return count;
}

class ProcessCollector final : public prometheus::Collectable {
 public:
  explicit ProcessCollector(std::string version)
      : version_(std::move(version)), boot_time_(BootTime()) {}

  Families Collect() const override {
    Families out;
    if (const auto stat = ReadStat()) {
      out.push_back(OneCounter("process_cpu_seconds_total", "User and system CPU time spent.",
                               stat->cpu_seconds));
      out.push_back(
          OneGauge("process_resident_memory_bytes", "Resident memory.", stat->resident_bytes));
      out.push_back(
          OneGauge("process_virtual_memory_bytes", "Virtual memory.", stat->virtual_bytes));
      out.push_back(OneGauge("process_threads", "Threads.", stat->threads));
      if (boot_time_) {
        out.push_back(OneGauge("process_start_time_seconds", "Start, in seconds since the epoch.",
                               *boot_time_ + stat->since_boot));
      }
    }
    if (const auto open = OpenDescriptors()) {
      out.push_back(OneGauge("process_open_fds", "Open file descriptors.", *open));
    }
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      out.push_back(OneGauge("process_max_fds", "Allowed file descriptors.", limit.rlim_cur));
    }
    out.push_back(Gauges("osbx_build_info", "Always 1; the labels tell the build.",
                         {Gauge(1, {{"version", version_}, {"compiler", __VERSION__}})}));
    return out;
  }

 private:
  const std::string version_;
  const std::optional<double> boot_time_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> MakeProcessCollector(const std::string& version) {
  return std::make_shared<ProcessCollector>(version);
}

}  // namespace osbx::metrics

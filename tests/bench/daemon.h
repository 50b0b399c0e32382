// SPDX-License-Identifier: Apache-2.0
// The real osbxd as a child process over a fake engine, with all its state in one directory. One
// thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/subprocess.h"
#include "bench/bench.h"

namespace osbx::bench {

class Daemon {
 public:
  // `directory` is made; at most 60 characters, for the sockets in it.
  Daemon(std::string directory, const std::string& docker_host);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void Start();  // returns at once
  void Stop();   // as an operator does; waits

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  pid_t Pid() const { return child_->Pid(); }

  // GET of an API path; null while osbxd does not answer yet.
  Json Get(const std::string& path) const;
  // Asks often until `reached` holds of the answer. Milliseconds since `begin`.
  double WaitUntil(const std::string& path, const std::function<bool(const Json&)>& reached,
                   Steady::time_point begin) const;
  // Until a gauge of /metrics, named with its labels, has this value.
  void WaitForMetric(const std::string& series, double value, Steady::time_point begin) const;

 private:
  // `look` often, until it says that it is enough.
  static void Await(const std::string& what, Steady::time_point begin,
                    const std::function<bool()>& look);

  std::string directory_;
  std::string program_;
  std::unique_ptr<Child> child_;
};

}  // namespace osbx::bench

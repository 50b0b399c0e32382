// SPDX-License-Identifier: Apache-2.0
// Drives the osbxd of a hack/dev stack as a user would, and times what a watcher sees. Knows its
// address from the variables of `hack/dev env`. The calls belong to one thread; two more follow the
// sandboxes and the mounts.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/json.h"
#include "bench/bench.h"
#include "client/rest_client.h"

namespace osbx::bench {

class StackClient {
 public:
  StackClient();
  ~StackClient();
  StackClient(const StackClient&) = delete;
  StackClient& operator=(const StackClient&) = delete;

  // A sandbox that sleeps, with one OSSFS volume for each prefix.
  Json Sandbox(const std::string& name, const std::vector<std::string>& prefixes = {}) const;

  // Milliseconds from before the apply (one request for all) until every one was seen Ready.
  double ApplyAndWait(const std::vector<Json>& sandboxes);
  // Of the mounts made since the last call: milliseconds from its object to "Mounted".
  std::vector<double> MountTimes();
  std::string ContainerOf(const Json& sandbox);

  // Returns when it, or all sandboxes and mounts, are gone.
  void Delete(const Json& sandbox);
  void DeleteAll();

 private:
  struct MountSeen {
    Steady::time_point begin;
    double took = -1;
  };

  client::RestClient Open() const;
  void Apply(const std::vector<Json>& objects);
  void Watch(const std::string& path, const std::stop_token& stop);
  void Note(const std::string& type, const Json& object);
  void WaitUntil(const std::function<bool()>& reached, const std::string& what);

  std::mutex mutex_;  // guards the five below
  std::condition_variable changed_;
  std::set<std::string> sandboxes_;
  std::map<std::string, Steady::time_point> ready_;
  std::map<std::string, MountSeen> mounts_;
  std::set<std::string> live_mounts_;
  std::string watch_failure_;  // a watcher has ended: nothing more will be seen

  client::RestClient client_;
  std::vector<std::jthread> watchers_;
};

}  // namespace osbx::bench

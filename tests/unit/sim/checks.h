// SPDX-License-Identifier: Apache-2.0
// What must hold in a simulation: after every step (I2, I4, I12), and once everything has come to
// rest (converged, nothing leaked). Violations are collected, not asserted, so that a run can be
// compared with its replay.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "world.h"

namespace osbx::sim {

class Checks {
 public:
  explicit Checks(World& world);

  // The walk says what it did to a sandbox's container or to a mount: what follows is no fault.
  void Harmed(const std::string& uid);
  void Dropped(const std::string& target) { dropped_.insert(target); }

  void AfterStep();
  void AtRest();

  const std::vector<std::string>& violations() const { return violations_; }
  // So that a walk that never gets anywhere is seen.
  int starts() const { return starts_; }
  int unmounts() const { return unmounts_; }

 private:
  void HearEngine();
  void CheckStart(const std::string& container_id);
  void CheckHealthy();
  void CheckSandbox(const api::v1::Sandbox& sandbox);
  void CheckContainers();
  void CheckMounts();
  void Violated(std::string what) { violations_.push_back(std::move(what)); }

  World& world_;
  int starts_ = 0;
  int unmounts_ = 0;
  std::uint64_t next_event_ = 0;
  std::map<std::string, std::string> healthy_;  // uid -> container
  std::set<std::string> harmed_;                // uids, until their container starts again
  std::set<std::string> dropped_;               // targets
  std::vector<std::string> violations_;
};

}  // namespace osbx::sim

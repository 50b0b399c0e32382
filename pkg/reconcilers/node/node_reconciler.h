// SPDX-License-Identifier: Apache-2.0
// Describes this host: the engine, /dev/fuse, the ossfs programs, size. Looks
// every ten seconds and when the engine comes or goes. One worker.
#pragma once

#include <string>
#include <vector>

#include "api/v1/node.h"
#include "base/clock.h"
#include "ctrl/cache.h"
#include "ctrl/controller.h"
#include "drivers/docker/client.h"
#include "drivers/mount/programs.h"
#include "reconcilers/engine/container_table.h"
#include "registry/typed.h"

namespace osbx::reconcilers {

struct NodeFacts {
  bool engine_known = false;
  std::string engine_error;
  docker::VersionInfo engine;
  mount::Programs programs;
  std::int32_t sandboxes = 0;
  api::v1::NodeInfo info;
  std::map<std::string, std::string> capacity;
  std::string boot_id;
  Time now{};
};
// The machine as /proc and uname(2) describe it.
NodeFacts DescribeMachine(const std::string& version);
std::string ReadBootId();

api::v1::NodeStatus PlanNode(const api::v1::Node& node, const NodeFacts& facts);

struct NodeReconcilerDeps {
  ctrl::Cache& cache;
  registry::Writer& writer;
  ContainerTable& containers;
  docker::Client& docker;
  Clock& clock;
  std::string node_name;
  std::string version;                   // of osbxd
  std::vector<std::string> search_path;  // of ossfs and ossfs2
};

class NodeReconciler {
 public:
  explicit NodeReconciler(NodeReconcilerDeps deps) : d_(std::move(deps)) {}
  Result<ctrl::Outcome> Reconcile(const store::Key& key);
  // Makes the Node object when it is missing; called once at start.
  Result<> EnsureNode();

 private:
  NodeReconcilerDeps d_;
};

}  // namespace osbx::reconcilers

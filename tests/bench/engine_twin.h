// SPDX-License-Identifier: Apache-2.0
// What a sandbox's container costs without osbx: `create` and `start` of a container with the very
// options of an existing one, straight through the Engine API. One thread.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "drivers/docker/transport.h"

namespace osbx::bench {

class EngineTwin {
 public:
  // `id`: the container to copy, on the engine at $DOCKER_HOST. `slot_root`: a directory for the
  // twins' slots. Both are needed by the constructor's caller only as long as it runs.
  EngineTwin(const std::string& id, std::string slot_root);
  ~EngineTwin();
  EngineTwin(const EngineTwin&) = delete;
  EngineTwin& operator=(const EngineTwin&) = delete;

  // Milliseconds from before the first create until the (last) start has answered. What is needed
  // before is made before, and everything is removed again, outside of that time.
  double Run() { return RunParallel(1); }
  double RunParallel(int count);

 private:
  std::string Prepare(int number);  // the body of its create
  std::string CreateAndStart(const std::string& body);
  void Remove(const std::string& id);
  docker::Response Call(docker::Method method, const std::string& path, std::string body = "");

  std::unique_ptr<docker::Transport> engine_;
  std::string slot_root_;
  JsonPtr model_;  // the body of a create; the slot's path is replaced
};

}  // namespace osbx::bench

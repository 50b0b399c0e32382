// SPDX-License-Identifier: Apache-2.0
// What a node serves beside its controllers: logs of a sandbox, commands in it, its consumption,
// and a look at the whole host. The API server calls it through apiserver::NodeStreams and knows no
// driver. Thread-safe; calls block.
#pragma once

#include <string>

#include "apiserver/node_streams.h"
#include "ctrl/cache.h"
#include "drivers/docker/client.h"
#include "drivers/mount/mounter.h"

namespace osbx::agent {

struct AgentDeps {
  ctrl::Cache& cache;
  docker::Client& docker;
  mount::Mounter& mounter;
  std::string node_name;
  std::string slot_root;
};

class Agent final : public apiserver::NodeStreams {
 public:
  explicit Agent(AgentDeps deps) : d_(std::move(deps)) {}

  Result<> CanLog(const store::Key& sandbox, const apiserver::LogOptions& options) override;
  Result<> Logs(const store::Key& sandbox, const apiserver::LogOptions& options,
                const apiserver::LogSink& sink) override;
  Result<int> Exec(const store::Key& sandbox, const apiserver::ExecOptions& options,
                   apiserver::ExecDuplex& duplex) override;
  Result<Json> Stats(const store::Key& sandbox) override;
  Result<Json> Doctor(bool fix) override;

 private:
  // The container of a sandbox; kFailedPrecondition with the phase when it has none.
  Result<std::string> ContainerOf(const store::Key& sandbox) const;

  AgentDeps d_;
};

}  // namespace osbx::agent

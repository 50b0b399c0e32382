// SPDX-License-Identifier: Apache-2.0
// The daemon: store, registry, API server, controllers and node agent, started bottom up and
// stopped in reverse. Wiring only.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"

namespace osbx {

class Daemon {
 public:
  // Brings everything up; the error names what could not be had (store in use, port in use, a
  // directory, a setting). A Docker engine that does not answer is no error: it is waited for.
  static Result<std::unique_ptr<Daemon>> Start(const config::Config& config);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Listeners, sources, queues, operations, store; within a few seconds, and without touching a
  // sandbox.
  void Stop();

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace osbx

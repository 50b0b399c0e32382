// SPDX-License-Identifier: Apache-2.0
// Access to a sandbox renews it (contract/lifecycle.md §11): its expiry moves to at least
// spec.renewOnAccessSeconds from now, at most once per interval for each sandbox, so that a busy
// endpoint is no stream of writes. Thread-safe; one mutex, one thread that writes.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "apiserver/opensandbox/object_table.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "registry/registry.h"

namespace osbx::apiserver::opensandbox {

class AccessRenewer {
 public:
  // Registry and table outlive it.
  AccessRenewer(registry::Registry& registry, const ObjectTable& sandboxes,
                std::chrono::seconds interval);

  // Somebody has used an endpoint of that sandbox. Never blocks: the write comes later.
  void Note(std::string_view uid);
  void Stop() { writer_.Stop(); }

 private:
  void Forget(MonoTime now);
  void Renew(const store::ObjectPtr& sandbox);

  registry::Registry& registry_;
  const ObjectTable& sandboxes_;
  const Duration interval_;
  std::mutex mutex_;                                // guards last_
  std::unordered_map<std::string, MonoTime> last_;  // by uid; older than the interval: no matter
  ThreadPool writer_;
};

}  // namespace osbx::apiserver::opensandbox

// SPDX-License-Identifier: Apache-2.0
// The terminal sessions by their ids. Thread-safe: the table has a mutex, the sessions belong to
// the loop.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "execd/context.h"
#include "execd/pty.h"

namespace osbx::execd {

class Ptys {
 public:
  static constexpr std::size_t kMost = 64;  // each keeps up to ReplayRing::kMost bytes

  explicit Ptys(const Context& context) : context_(context) {}

  // A session that nobody has started yet. kExhausted when there are too many that still run.
  Result<std::string> Create(Launch launch);
  std::shared_ptr<Pty> Find(std::string_view id) const;  // null: unknown
  bool Delete(std::string_view id);                      // false: unknown

 private:
  const Context& context_;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<Pty>> ptys_;  // oldest first
};

}  // namespace osbx::execd

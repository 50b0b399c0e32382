// SPDX-License-Identifier: Apache-2.0
// Jupyter's kernel messages as one execution sees them, and the events they become
// (contract/execd.md §5). Pure, but for the events' clock.
#pragma once

#include <string>
#include <string_view>

namespace osbx::execd {

// The request that starts `code` in a kernel.
std::string ExecuteRequest(std::string_view message_id, std::string_view session,
                           std::string_view code);

// Follows one execution from its messages to its end.
class Execution {
 public:
  explicit Execution(std::string message_id) : message_id_(std::move(message_id)) {}

  // The events that `message` brings about, which may be none. Messages of other executions and
  // what is no message at all change nothing.
  std::string Take(std::string_view message);
  // The kernel is idle again and has replied: nothing follows.
  bool Done() const { return idle_ && replied_; }
  // The event of what went wrong, which is to be the last one; "" when nothing has.
  const std::string& Failure() const { return failure_; }

 private:
  const std::string message_id_;
  bool idle_ = false;
  bool replied_ = false;
  std::string failure_;
};

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// The bounded queue between the session that receives a body and the handler that reads it. The
// session's side is used on the io thread, Read by the handler's. Thread-safe; `wake` is called
// with the lock held and must only post.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "http/body.h"

namespace osbx::http {

class BodyState final : public BodyReader {
 public:
  explicit BodyState(std::function<void()> wake) : wake_(std::move(wake)) {}

  Result<std::string> Read() override;

  // ---- the session's side ----
  // Whether more is wanted: not before the first Read, nor while enough waits to be read.
  bool Wanted() const;
  void Deliver(std::string bytes);
  void End();
  // Reads fail from now on, once what has arrived is read.
  void Fail(Error error);

 private:
  static constexpr std::size_t kReadAhead = 256U << 10;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::function<void()> wake_;
  std::string queue_;
  std::optional<Error> failure_;
  bool ended_ = false;
  bool started_ = false;
};

}  // namespace osbx::http

// SPDX-License-Identifier: Apache-2.0
// A regular expression that runs in linear time and constant stack whatever the text is, so that
// input cannot stall the daemon. RE2 syntax, which is also that of Kubernetes' patterns.
// Immutable after construction; thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace osbx::api {

class Pattern {
 public:
  static Result<std::shared_ptr<const Pattern>> Compile(std::string_view expression);

  // Whether the expression matches anywhere in `text` (anchors are part of the expression).
  bool Matches(std::string_view text) const;

  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

 private:
  struct Engine;  // keeps re2.h out of headers
  explicit Pattern(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace osbx::api

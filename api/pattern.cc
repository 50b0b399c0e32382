// SPDX-License-Identifier: Apache-2.0
#include "api/pattern.h"

#include <string>
#include <utility>

#include <re2/re2.h>

namespace osbx::api {
namespace {

RE2::Options QuietOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

re2::StringPiece PieceOf(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

struct Pattern::Engine {
  explicit Engine(std::string_view expression) : re2(PieceOf(expression), QuietOptions()) {}
  RE2 re2;
};

Pattern::Pattern(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

Pattern::~Pattern() = default;

Result<std::shared_ptr<const Pattern>> Pattern::Compile(std::string_view expression) {
  auto engine = std::make_unique<Engine>(expression);
  if (!engine->re2.ok()) {
    return Error(Code::kInvalid, "pattern " + std::string(expression) + ": " + engine->re2.error());
  }
  return std::shared_ptr<const Pattern>(new Pattern(std::move(engine)));
}

bool Pattern::Matches(std::string_view text) const {
  return RE2::PartialMatch(PieceOf(text), engine_->re2);
}

}  // namespace osbx::api

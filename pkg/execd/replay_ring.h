// SPDX-License-Identifier: Apache-2.0
// The last bytes of an endless output, found again by their offset from its beginning. Memory grows
// with what is written, up to a bound. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace osbx::execd {

class ReplayRing {
 public:
  static constexpr std::size_t kMost = 1U << 20;  // contract/execd.md §8

  explicit ReplayRing(std::size_t most = kMost) : most_(most) {}

  void Append(std::string_view bytes);
  // The offset after the last byte ever written.
  std::uint64_t End() const { return end_; }
  // What is kept from `offset` on; all of it when that has been dropped in part.
  std::string From(std::uint64_t offset) const;

 private:
  std::size_t most_;
  std::string bytes_;
  std::size_t oldest_ = 0;  // its place in bytes_, once that is full
  std::uint64_t end_ = 0;
};

}  // namespace osbx::execd

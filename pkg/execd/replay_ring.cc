// SPDX-License-Identifier: Apache-2.0
#include "execd/replay_ring.h"

#include <algorithm>

namespace osbx::execd {

void ReplayRing::Append(std::string_view bytes) {
  end_ += bytes.size();
  if (bytes.size() > most_) bytes.remove_prefix(bytes.size() - most_);
  const std::size_t fits = std::min(bytes.size(), most_ - bytes_.size());
  bytes_ += bytes.substr(0, fits);
  bytes.remove_prefix(fits);
  while (!bytes.empty()) {  // at most twice: up to the end of the buffer, then from its start
    const std::size_t piece = std::min(bytes.size(), most_ - oldest_);
    bytes_.replace(oldest_, piece, bytes.substr(0, piece));
    oldest_ = (oldest_ + piece) % most_;
    bytes.remove_prefix(piece);
  }
}

std::string ReplayRing::From(std::uint64_t offset) const {
  const std::uint64_t first = end_ - bytes_.size();
  if (offset >= end_) return {};
  const std::size_t skip = offset <= first ? 0 : static_cast<std::size_t>(offset - first);
  const std::string_view all = bytes_;
  const std::string_view older = all.substr(oldest_);
  const std::string_view newer = all.substr(0, oldest_);
  if (skip >= older.size()) return std::string(newer.substr(skip - older.size()));
  return std::string(older.substr(skip)).append(newer);
}

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <cstring>

namespace osbx {

bool Secret::operator==(const Secret& other) const {
  if (value_.size() != other.value_.size()) return false;
  // Every byte is looked at, wherever the first difference is.
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < value_.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (value_[i] ^ other.value_[i]));
  }
  return difference == 0;
}

void Secret::Wipe() noexcept {
  explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

}  // namespace osbx

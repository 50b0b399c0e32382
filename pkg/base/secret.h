// SPDX-License-Identifier: Apache-2.0
// A string that cannot be logged, printed or put into JSON by accident, and is zeroed when it goes
// (I5). Reveal() is the one way out; its callers are few and easy to find. Copyable; not
// thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace osbx {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value) : value_(value) {}
  Secret(const Secret&) = default;
  // A copy, so that the other can be wiped.
  // NOLINTNEXTLINE(performance-move-constructor-init)
  Secret(Secret&& other) noexcept : value_(other.value_) { other.Wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe();
      value_ = other.value_;
      other.Wipe();
    }
    return *this;
  }
  ~Secret() { Wipe(); }

  bool Empty() const { return value_.empty(); }
  std::string_view Reveal() const { return value_; }
  bool operator==(const Secret& other) const;  // constant time in the content

 private:
  void Wipe() noexcept;
  std::string value_;
};

}  // namespace osbx

// SPDX-License-Identifier: Apache-2.0
// The terminal in raw mode for an interactive command; restored by the destructor, also after a
// signal that ends the program.
#pragma once

#include <termios.h>

namespace osbx::ctl {

class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  bool changed_ = false;
  termios before_{};
};

struct TerminalSize {
  int width = 80;
  int height = 24;
  bool operator==(const TerminalSize&) const = default;
};
TerminalSize SizeOfTerminal();

}  // namespace osbx::ctl

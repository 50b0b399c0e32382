// SPDX-License-Identifier: Apache-2.0
// What a terminal needs and a pipe must not get: colours, a line that says what is waited for, raw
// mode.
#pragma once

#include <termios.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace osbx::ctl {

bool OutputIsTerminal();
// Colours go to terminals only, and not when $NO_COLOR is set or $TERM is dumb.
bool ColourOnOutput();
bool ColourOnError();

enum class Colour { kBold, kDim, kRed, kGreen, kYellow, kCyan };
std::string Paint(Colour colour, std::string_view text);
// Words for good, bad and passing states ("Running", "Failed", "Pending", …) in their colour;
// anything else unchanged.
std::string PaintState(std::string_view word);

// Control characters become blanks: what a sandbox names or reports cannot steer the terminal.
std::string Printable(std::string_view text);

struct TerminalSize {
  int width = 80;
  int height = 24;
  bool operator==(const TerminalSize&) const = default;
};
TerminalSize SizeOfTerminal(int fd);

// One line on standard error that says what is waited for and since when; gone when destroyed.
// Without a terminal it does nothing. Say may be called from any thread.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void Say(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;  // null: no terminal
  std::jthread ticker_;
};

// Standard input in raw mode; restored by the destructor, and by a signal that ends the program.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  bool changed_ = false;
};

}  // namespace osbx::ctl

// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace osbx::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::seconds(1);
// Short waits need no explanation, and a line that flashes up is worse than none.
constexpr auto kSilence = std::chrono::milliseconds(500);

bool ColourOn(int fd) {
  if (isatty(fd) == 0) return false;
  const char* refused = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): only read
  const char* term = std::getenv("TERM");         // NOLINT(concurrency-mt-unsafe): only read
  return (refused == nullptr || *refused == '\0') && term != nullptr &&
         std::string_view(term) != "dumb";
}

const char* CodeOf(Colour colour) {
  switch (colour) {
    case Colour::kBold:
      return "1";
    case Colour::kDim:
      return "2";
    case Colour::kRed:
      return "31";
    case Colour::kGreen:
      return "32";
    case Colour::kYellow:
      return "33";
    case Colour::kCyan:
      break;
  }
  return "36";
}

// For the signal handler, which can reach nothing else.
termios terminal_before;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void RestoreAndDie(int signal_number) {
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

constexpr std::array kDeadlySignals{SIGTERM, SIGHUP, SIGINT, SIGQUIT};

}  // namespace

bool OutputIsTerminal() {
  return isatty(STDOUT_FILENO) != 0;
}
bool ColourOnOutput() {
  return ColourOn(STDOUT_FILENO);
}
bool ColourOnError() {
  return ColourOn(STDERR_FILENO);
}

std::string Paint(Colour colour, std::string_view text) {
  return "\x1b[" + std::string(CodeOf(colour)) + "m" + std::string(text) + "\x1b[0m";
}

std::string PaintState(std::string_view word) {
  struct Row {
    std::string_view word;
    Colour colour;
  };
  static constexpr std::array kRows{
      Row{"Running", Colour::kGreen},     Row{"Ready", Colour::kGreen},
      Row{"True", Colour::kGreen},        Row{"Mounted", Colour::kGreen},
      Row{"Active", Colour::kGreen},      Row{"Succeeded", Colour::kGreen},
      Row{"Failed", Colour::kRed},        Row{"False", Colour::kRed},
      Row{"Warning", Colour::kRed},       Row{"Unknown", Colour::kRed},
      Row{"Pending", Colour::kYellow},    Row{"Mounting", Colour::kYellow},
      Row{"Unmounting", Colour::kYellow}, Row{"Terminating", Colour::kYellow},
      Row{"Paused", Colour::kYellow},
  };
  const auto* found = std::ranges::find(kRows, word, &Row::word);
  return found == kRows.end() ? std::string(word) : Paint(found->colour, word);
}

std::string Printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

TerminalSize SizeOfTerminal(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {.width = size.ws_col, .height = size.ws_row};
}

struct Progress::State {
  const Clock::time_point begin = Clock::now();
  std::mutex mutex;
  std::condition_variable_any changed;
  std::string text;
  bool drawn = false;

  void Draw() {
    const auto waited = Clock::now() - begin;
    if (text.empty() || waited < kSilence) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
    std::string line = "waiting for " + text;
    const std::string tail = " (" + std::to_string(seconds) + "s)";
    const auto width = static_cast<std::size_t>(std::max(SizeOfTerminal(STDERR_FILENO).width, 20));
    if (line.size() + tail.size() >= width) line.resize(width - tail.size() - 4), line += "...";
    std::fprintf(stderr, "\r\x1b[K%s%s", line.c_str(), tail.c_str());
    drawn = true;
  }
};

Progress::Progress() {
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): only read
  if (isatty(STDERR_FILENO) == 0 || term == nullptr || std::string_view(term) == "dumb") return;
  state_ = std::make_unique<State>();
  ticker_ = std::jthread([state = state_.get()](const std::stop_token& stop) {
    std::unique_lock lock(state->mutex);
    std::string drawn;
    while (!stop.stop_requested()) {
      state->Draw();
      drawn = state->text;
      const auto pause = state->drawn ? kTick : kSilence;
      state->changed.wait_for(lock, stop, pause, [&] { return state->text != drawn; });
    }
  });
}

Progress::~Progress() {
  if (!state_) return;
  ticker_.request_stop();
  ticker_.join();
  if (state_->drawn) std::fputs("\r\x1b[K", stderr);
}

void Progress::Say(std::string_view text) {
  if (!state_) return;
  const std::scoped_lock lock(state_->mutex);
  state_->text = Printable(text);
  state_->changed.notify_all();
}

RawTerminal::RawTerminal() {
  if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &terminal_before) != 0) return;
  termios raw = terminal_before;
  cfmakeraw(&raw);
  struct sigaction action {};
  action.sa_handler = RestoreAndDie;
  for (const int signal_number : kDeadlySignals) sigaction(signal_number, &action, nullptr);
  changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

RawTerminal::~RawTerminal() {
  if (changed_) tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
  for (const int signal_number : kDeadlySignals) signal(signal_number, SIG_DFL);
}

}  // namespace osbx::ctl

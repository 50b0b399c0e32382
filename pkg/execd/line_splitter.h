// SPDX-License-Identifier: Apache-2.0
// Cuts a command's output into lines (contract/execd.md §2.1): "\n", "\r\n" and "\r" end one, also
// when "\r\n" is split over two reads. A line longer than kLongestLine is cut between two
// characters, so that output without line ends costs bounded memory. One user at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace osbx::execd {

enum class LineEnds {
  kStrip,      // without its end; an empty line becomes "\n"
  kStripSkip,  // the same, and empty lines are left out (bash sessions)
  kKeep,       // with its end, as it was written
};

class LineSplitter {
 public:
  static constexpr std::size_t kLongestLine = 256U << 10;

  explicit LineSplitter(LineEnds ends = LineEnds::kStrip) : ends_(ends) {}

  using Sink = std::function<void(std::string_view)>;
  void Feed(std::string_view bytes, const Sink& sink);
  // The unterminated rest.
  void Finish(const Sink& sink);

 private:
  void Emit(std::string_view end, const Sink& sink);

  LineEnds ends_;
  std::string line_;
  bool after_cr_ = false;  // a "\r" has ended the line before; a "\n" now belongs to it
};

// How many of the first `limit` bytes may be cut off without cutting a UTF-8 character.
std::size_t CutBetweenCharacters(std::string_view text, std::size_t limit);

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
#include "execd/line_splitter.h"

#include <algorithm>
#include <utility>

namespace osbx::execd {

namespace {

constexpr std::size_t kLongestCharacter = 4;

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::size_t CutBetweenCharacters(std::string_view text, std::size_t limit) {
  if (limit >= text.size()) return text.size();
  for (std::size_t back = 0; back < std::min(limit, kLongestCharacter); ++back) {
    if (!IsContinuation(text[limit - back])) return limit - back;
  }
  return limit;  // not UTF-8 at all
}

void LineSplitter::Emit(std::string_view end, const Sink& sink) {
  if (ends_ == LineEnds::kKeep) {
    line_ += end;
  } else if (line_.empty()) {
    if (ends_ == LineEnds::kStripSkip) return;
    line_ = "\n";
  }
  sink(line_);
  line_.clear();
  if (line_.capacity() > kLongestLine / 16) line_ = std::string();
}

void LineSplitter::Feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      if (ends_ == LineEnds::kKeep) sink("\n");
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    line_ += part;
    bytes.remove_prefix(part.size());
    while (line_.size() > kLongestLine) {
      const std::size_t cut = CutBetweenCharacters(line_, kLongestLine);
      sink(std::string_view(line_).substr(0, cut));
      line_.erase(0, cut);
    }
    if (end == std::string_view::npos) return;
    after_cr_ = bytes.front() == '\r';
    Emit(bytes.substr(0, 1), sink);  // at once: a progress bar ends its lines with "\r"
    bytes.remove_prefix(1);
  }
}

void LineSplitter::Finish(const Sink& sink) {
  if (line_.empty()) return;
  sink(line_);
  line_.clear();
}

}  // namespace osbx::execd

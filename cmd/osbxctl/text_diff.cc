// SPDX-License-Identifier: Apache-2.0
#include "text_diff.h"

#include <algorithm>
#include <vector>

#include "terminal.h"

namespace osbx::ctl {
namespace {

constexpr std::size_t kContext = 3;

using Lines = std::vector<std::string_view>;

Lines Split(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

struct Step {
  char sign;  // ' ', '-' or '+'
  std::size_t before;
  std::size_t after;
};

// The shortest edit by Myers' greedy algorithm: `trace` keeps the furthest reach of each diagonal,
// per number of edits, to walk back along.
std::vector<std::vector<std::ptrdiff_t>> Trace(const Lines& a, const Lines& b) {
  const auto n = static_cast<std::ptrdiff_t>(a.size());
  const auto m = static_cast<std::ptrdiff_t>(b.size());
  const std::ptrdiff_t most = n + m;
  std::vector<std::ptrdiff_t> reach(static_cast<std::size_t>(2 * most + 2), 0);
  const auto at = [&](std::ptrdiff_t k) -> std::ptrdiff_t& {
    return reach[static_cast<std::size_t>(k + most)];
  };
  std::vector<std::vector<std::ptrdiff_t>> trace;
  for (std::ptrdiff_t d = 0; d <= most; ++d) {
    trace.push_back(reach);
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      std::ptrdiff_t x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      while (x < n && x - k < m &&
             a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)])
        ++x;
      at(k) = x;
      if (x >= n && x - k >= m) return trace;
    }
  }
  return trace;
}

std::vector<Step> Edit(const Lines& a, const Lines& b) {
  const auto trace = Trace(a, b);
  auto x = static_cast<std::ptrdiff_t>(a.size());
  auto y = static_cast<std::ptrdiff_t>(b.size());
  const std::ptrdiff_t most = x + y;
  std::vector<Step> steps;
  for (auto d = static_cast<std::ptrdiff_t>(trace.size()) - 1; d >= 0; --d) {
    const auto& reach = trace[static_cast<std::size_t>(d)];
    const auto at = [&](std::ptrdiff_t k) { return reach[static_cast<std::size_t>(k + most)]; };
    const std::ptrdiff_t k = x - y;
    const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
    const std::ptrdiff_t from_x = d == 0 ? 0 : at(down ? k + 1 : k - 1);
    const std::ptrdiff_t from_y = d == 0 ? 0 : from_x - (down ? k + 1 : k - 1);
    while (x > from_x && y > from_y) {
      --x, --y;
      steps.push_back({' ', static_cast<std::size_t>(x), static_cast<std::size_t>(y)});
    }
    if (d == 0) break;
    x = from_x;
    y = from_y;
    steps.push_back({down ? '+' : '-', static_cast<std::size_t>(x), static_cast<std::size_t>(y)});
  }
  std::ranges::reverse(steps);
  return steps;
}

std::string Range(std::size_t begin, std::size_t count) {
  // An empty range is written with the line before it.
  return std::to_string(count == 0 ? begin : begin + 1) +
         (count == 1 ? "" : "," + std::to_string(count));
}

}  // namespace

std::string UnifiedDiff(std::string_view before, std::string_view after, const DiffNames& names) {
  if (before == after) return "";
  const Lines a = Split(before);
  const Lines b = Split(after);
  const std::vector<Step> steps = Edit(a, b);
  std::string out = "--- " + names.before + "\n+++ " + names.after + "\n";
  const auto changed = [](const Step& step) { return step.sign != ' '; };
  auto next = std::find_if(steps.begin(), steps.end(), changed);
  while (next != steps.end()) {
    const auto lead = std::min<std::ptrdiff_t>(next - steps.begin(), kContext);
    const auto begin = next - lead;
    auto end = next;  // behind the last change of the hunk
    while (next != steps.end() && next - end <= static_cast<std::ptrdiff_t>(2 * kContext)) {
      end = next + 1;
      next = std::find_if(end, steps.end(), changed);
    }
    end += std::min<std::ptrdiff_t>(steps.end() - end, kContext);
    const auto removed = std::count_if(begin, end, [](const Step& s) { return s.sign != '+'; });
    const auto added = std::count_if(begin, end, [](const Step& s) { return s.sign != '-'; });
    out += "@@ -" + Range(begin->before, static_cast<std::size_t>(removed)) + " +" +
           Range(begin->after, static_cast<std::size_t>(added)) + " @@\n";
    for (auto step = begin; step != end; ++step)
      out += step->sign + std::string(step->sign == '+' ? b[step->after] : a[step->before]) + "\n";
  }
  return out;
}

std::string PaintDiff(std::string_view diff) {
  std::string out;
  for (const std::string_view line : Split(diff)) {
    if (line.starts_with("---") || line.starts_with("+++")) {
      out += Paint(Colour::kBold, line);
    } else if (line.starts_with("@@")) {
      out += Paint(Colour::kCyan, line);
    } else if (line.starts_with('-')) {
      out += Paint(Colour::kRed, line);
    } else if (line.starts_with('+')) {
      out += Paint(Colour::kGreen, line);
    } else {
      out += line;
    }
    out += "\n";
  }
  return out;
}

}  // namespace osbx::ctl

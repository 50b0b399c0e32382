// SPDX-License-Identifier: Apache-2.0
#include "execd/glob.h"

#include <cstddef>
#include <string>

namespace osbx::execd {
namespace {

constexpr int kMostSteps = 100'000;  // beyond this a pattern is built to burn time: no match
constexpr std::size_t kLongestPattern = 4096;  // as a path; bounds the depth of the recursion

// The length of "[…]" at the start of `pattern`; npos: not closed.
std::size_t ClassLength(std::string_view pattern) {
  std::size_t i = 1;
  if (i < pattern.size() && (pattern[i] == '^' || pattern[i] == '!')) ++i;
  for (bool first = true; i < pattern.size(); ++i, first = false) {
    if (pattern[i] == ']' && !first) return i + 1;
    if (pattern[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

// The length of the piece at the start of `pattern` that a brace, a comma or a class in it does not
// end: an escape, a class, or one character. npos: not whole.
std::size_t UnitLength(std::string_view pattern) {
  if (pattern.front() == '[') return ClassLength(pattern);
  if (pattern.front() != '\\') return 1;
  return pattern.size() > 1 ? 2 : std::string_view::npos;
}

// The length of "{…}" at the start of `pattern`; npos: not closed.
std::size_t BraceLength(std::string_view pattern) {
  int depth = 0;
  for (std::size_t i = 0; i < pattern.size();) {
    if (pattern[i] == '{') ++depth;
    if (pattern[i] == '}' && --depth == 0) return i + 1;
    const std::size_t length = UnitLength(pattern.substr(i));
    if (length == std::string_view::npos) return length;
    i += length;
  }
  return std::string_view::npos;
}

// `body` is what "[" and "]" enclose.
bool InClass(std::string_view body, char c) {
  const bool negated = body.starts_with('^') || body.starts_with('!');
  if (negated) body.remove_prefix(1);
  bool found = false;
  const auto take = [&body] {
    if (body.front() == '\\' && body.size() > 1) body.remove_prefix(1);
    const auto value = static_cast<unsigned char>(body.front());
    body.remove_prefix(1);
    return value;
  };
  const auto wanted = static_cast<unsigned char>(c);
  while (!body.empty()) {
    const unsigned char low = take();
    unsigned char high = low;
    if (body.size() > 1 && body.front() == '-') {
      body.remove_prefix(1);
      high = take();
    }
    found = found || (wanted >= low && wanted <= high);
  }
  return found != negated;
}

class Matcher {
 public:
  bool Match(std::string_view pattern, std::string_view text) {
    while (!pattern.empty()) {
      if (++steps_ > kMostSteps) return false;
      const char c = pattern.front();
      if (c == '*') return MatchStar(pattern, text);
      if (c == '{') return MatchBraces(pattern, text);
      if (text.empty() || !TakeOne(pattern, text.front())) return false;
      text.remove_prefix(1);
    }
    return text.empty();
  }

 private:
  // Removes what stands for one character from the pattern; whether it stands for `c`.
  static bool TakeOne(std::string_view& pattern, char c) {
    if (pattern.front() == '[') {
      const std::size_t length = ClassLength(pattern);
      const std::string_view members = pattern.substr(1, length - 2);
      pattern.remove_prefix(length);
      return c != '/' && InClass(members, c);
    }
    if (pattern.front() == '?') {
      pattern.remove_prefix(1);
      return c != '/';
    }
    if (pattern.front() == '\\') pattern.remove_prefix(1);
    const bool same = pattern.front() == c;
    pattern.remove_prefix(1);
    return same;
  }

  bool MatchStar(std::string_view pattern, std::string_view text) {
    const bool any = pattern.starts_with("**");
    while (pattern.starts_with('*')) pattern.remove_prefix(1);
    // "**/" is also no directory at all.
    if (any && pattern.starts_with('/') && Match(pattern.substr(1), text)) return true;
    for (std::size_t i = 0;; ++i) {
      if (Match(pattern, text.substr(i))) return true;
      if (i == text.size() || (text[i] == '/' && !any) || steps_ > kMostSteps) return false;
    }
  }

  bool MatchBraces(std::string_view pattern, std::string_view text) {
    const std::size_t length = BraceLength(pattern);
    const std::string_view body = pattern.substr(1, length - 2);
    const std::string_view rest = pattern.substr(length);
    std::size_t start = 0;
    int depth = 0;
    for (std::size_t i = 0; i <= body.size();) {
      const bool end = i == body.size();
      if (end || (body[i] == ',' && depth == 0)) {
        const std::string choice = std::string(body.substr(start, i - start)).append(rest);
        if (Match(choice, text)) return true;
        start = i + 1;
        if (end || steps_ > kMostSteps) return false;
      }
      if (body[i] == '{') ++depth;
      if (body[i] == '}') --depth;
      i += UnitLength(body.substr(i));
    }
    return false;
  }

  int steps_ = 0;
};

}  // namespace

bool ValidGlob(std::string_view pattern) {
  if (pattern.size() > kLongestPattern) return false;
  while (!pattern.empty()) {
    if (pattern.front() == '{' && BraceLength(pattern) == std::string_view::npos) return false;
    const std::size_t length = UnitLength(pattern);  // what is inside braces is looked at too
    if (length == std::string_view::npos) return false;
    pattern.remove_prefix(length);
  }
  return true;
}

bool GlobMatches(std::string_view pattern, std::string_view path) {
  return Matcher().Match(pattern, path);
}

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
#include "execd/environment.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/atomic_file.h"

namespace osbx::execd {
namespace {

constexpr std::size_t kMostEnvFile = 1U << 20;

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsName(char c) {
  return IsNameStart(c) || (c >= '0' && c <= '9');
}

// The variable that `text` (after its "$") starts with, which is then removed from it. Empty: none.
std::string_view TakeName(std::string_view& text) {
  const bool braced = text.starts_with('{');
  const std::string_view from = text.substr(braced ? 1 : 0);
  std::size_t end = 0;
  while (end < from.size() && (end == 0 ? IsNameStart(from[end]) : IsName(from[end]))) ++end;
  if (end == 0 || (braced && (end >= from.size() || from[end] != '}'))) return {};
  text.remove_prefix(end + (braced ? 2 : 0));
  return from.substr(0, end);
}

// As ExpandVariables; an undefined name is "" when `missing` is null, else stored there.
std::string Expand(std::string_view text, const EnvMap& env, std::string* missing) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    const std::string_view name = TakeName(text);
    if (name.empty()) {
      out += '$';
      continue;
    }
    const auto found = env.find(name);
    if (found != env.end()) {
      out += found->second;
    } else if (missing != nullptr) {
      *missing = name;
    }
  }
  return out;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// The quoted value that `text` starts with (after the quote), which is then removed from it with
// the rest of its line. Empty optional: unterminated, or something follows the closing quote.
std::optional<std::string> TakeQuoted(std::string_view& text, char quote) {
  std::string value;
  while (!text.empty() && text.front() != quote) {
    const bool escaped = quote == '"' && text.front() == '\\' && text.size() > 1;
    if (escaped) {
      constexpr std::string_view kEscapes = "nrt\\\"";
      constexpr std::string_view kMeanings = "\n\r\t\\\"";
      const std::size_t which = kEscapes.find(text[1]);
      if (which == std::string_view::npos) value += '\\';
      value += which == std::string_view::npos ? text[1] : kMeanings[which];
    } else {
      value += text.front();
    }
    text.remove_prefix(escaped ? 2 : 1);
  }
  if (text.empty()) return std::nullopt;
  text.remove_prefix(1);
  if (!Trim(TakeLine(text)).empty()) return std::nullopt;
  return value;
}

}  // namespace

EnvMap CaptureEnvironment() {
  EnvMap env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos && equals > 0) {
      env.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return env;
}

std::vector<std::string> ToList(const EnvMap& env) {
  std::vector<std::string> list;
  list.reserve(env.size());
  for (const auto& [name, value] : env) list.push_back(std::string(name).append("=").append(value));
  return list;
}

void RemovePrivate(EnvMap& env, bool entrypoint) {
  for (const char* name :
       {"EXECD_ACCESS_TOKEN", "EXECD_API_GRACE_SHUTDOWN", "EXECD_JUPYTER_IDLE_POLL_INTERVAL",
        "EXECD_LOG_FILE", "EXECD_INIT", "OSBX_EXECD_KEEP_EOL"}) {
    env.erase(name);
  }
  if (entrypoint) return;
  env.erase("JUPYTER_TOKEN");
  env.erase("JUPYTER_HOST");
}

Result<std::string> ExpandVariables(std::string_view text, const EnvMap& env) {
  std::string missing;
  std::string out = Expand(text, env, &missing);
  if (!missing.empty()) return Error(Code::kInvalid, "undefined variable $" + missing);
  return out;
}

Result<std::string> ExpandPath(std::string_view path, const EnvMap& env, std::string_view cwd) {
  if (path.empty()) return Error(Code::kInvalid, "the path is empty");
  if (path.find('\0') != std::string_view::npos) {
    return Error(Code::kInvalid, "the path has a NUL character");
  }
  std::string text(path);
  if (path == "~" || path.starts_with("~/")) {
    const auto home = env.find("HOME");
    text = (home == env.end() || home->second.empty() ? "/" : home->second);
    text += path.substr(1);
  }
  OSBX_TRY(std::string expanded, ExpandVariables(text, env));
  if (expanded.empty()) return Error(Code::kInvalid, "the path is empty");
  if (expanded.front() == '/') return expanded;
  return std::string(cwd) + (cwd.ends_with('/') ? "" : "/") + expanded;
}

EnvMap ParseEnvFile(std::string_view text, const EnvMap& daemon_env) {
  EnvMap env;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t equals = line.find('=');
    const std::string_view key = Trim(line.substr(0, std::min(equals, line.size())));
    if (equals == std::string_view::npos || key.empty() || key.front() == '#' ||
        key.find_first_of(" \t") != std::string_view::npos) {
      TakeLine(text);
      continue;
    }
    std::string_view value = line.substr(equals + 1);
    const std::size_t first = value.find_first_not_of(" \t");
    const char quote = first == std::string_view::npos ? '\0' : value[first];
    if (quote != '\'' && quote != '"') {
      env.insert_or_assign(std::string(key), Expand(Trim(value), daemon_env, nullptr));
      TakeLine(text);
      continue;
    }
    std::string_view rest = text.substr(equals + 1 + first + 1);
    auto quoted = TakeQuoted(rest, quote);
    if (!quoted) {  // skip this line only: what follows it may be well-formed
      TakeLine(text);
      continue;
    }
    text = rest;
    env.insert_or_assign(std::string(key),
                         quote == '"' ? Expand(*quoted, daemon_env, nullptr) : *quoted);
  }
  return env;
}

EnvMap CommandEnvironment(const EnvMap& base, const EnvMap& own) {
  EnvMap env = base;
  RemovePrivate(env, false);
  if (const auto file = base.find("EXECD_ENVS"); file != base.end()) {
    const auto path = ExpandPath(file->second, base, "/");
    const auto text = path ? ReadFile(*path, kMostEnvFile) : Result<std::string>(path.error());
    if (text) {
      for (auto& [name, value] : ParseEnvFile(*text, base)) env.insert_or_assign(name, value);
    }
  }
  for (const auto& [name, value] : own) env.insert_or_assign(name, value);
  return env;
}

}  // namespace osbx::execd

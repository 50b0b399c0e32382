// SPDX-License-Identifier: Apache-2.0
#include "execd/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace osbx::execd {
namespace {

constexpr std::uint16_t kDefaultPort = 44772;
constexpr int kLeastImportant = 7;  // syslog's levels, as the flag has them

template <class T>
bool ParseNumber(std::string_view text, T& number) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

Result<> SetPort(Invocation& to, std::string_view value) {
  if (ParseNumber(value, to.options.port)) return {};
  return Error(Code::kInvalid, "not a port");
}

Result<> SetJupyterHost(Invocation& to, std::string_view value) {
  if (!value.empty() && !value.starts_with("http://") && !value.starts_with("https://")) {
    return Error(Code::kInvalid, "must start with http:// or https://");
  }
  to.options.jupyter_host = value;
  return {};
}

Result<> SetLogLevel(Invocation& to, std::string_view value) {
  int level = 0;
  if (!ParseNumber(value, level) || level < 0 || level > kLeastImportant) {
    return Error(Code::kInvalid, "not a number from 0 to 7");
  }
  constexpr std::array<log::Level, kLeastImportant + 1> kLevels = {
      log::Level::kError, log::Level::kError, log::Level::kError, log::Level::kError,
      log::Level::kWarn,  log::Level::kInfo,  log::Level::kInfo,  log::Level::kDebug};
  to.log_level = kLevels.at(static_cast<std::size_t>(level));
  return {};
}

// Durations of upstream's pauses: there are none here, so nothing is to be set.
Result<> Ignored(Invocation& /*to*/, std::string_view /*value*/) {
  return {};
}

struct Flag {
  std::string_view name;
  Result<> (*set)(Invocation&, std::string_view);
};
constexpr std::array<Flag, 10> kFlags = {{
    {"socket",
     [](Invocation& to, std::string_view value) -> Result<> {
       to.options.socket_path = value;
       return {};
     }},
    {"token-file",
     [](Invocation& to, std::string_view value) -> Result<> {
       to.options.token_file = value;
       return {};
     }},
    {"save-session",  // the last act of a session's shell (execd/sessions.h)
     [](Invocation& to, std::string_view value) -> Result<> {
       to.kind = Invocation::Kind::kSaveSession;
       to.exit_status = value;
       return {};
     }},
    {"port", SetPort},
    {"access-token",
     [](Invocation& to, std::string_view value) -> Result<> {
       to.options.access_token = Secret(value);
       return {};
     }},
    {"jupyter-host", SetJupyterHost},
    {"jupyter-token",
     [](Invocation& to, std::string_view value) -> Result<> {
       to.options.jupyter_token = Secret(value);
       return {};
     }},
    {"log-level", SetLogLevel},
    {"graceful-shutdown-timeout", Ignored},
    {"jupyter-idle-poll-interval", Ignored},
}};

std::string_view ValueOf(const EnvMap& env, std::string_view name) {
  const auto found = env.find(name);
  return found == env.end() ? std::string_view() : std::string_view(found->second);
}

// The flag at words[at], with its value when that is a word of its own: `at` is then the last of
// the two.
Result<> TakeFlag(Invocation& to, const std::vector<std::string>& words, std::size_t& at) {
  std::string_view word = words[at];
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  const std::string_view name = word.substr(0, word.find('='));
  if (name == "help" || name == "h") to.kind = Invocation::Kind::kHelp;
  if (name == "version") to.kind = Invocation::Kind::kVersion;
  if (to.kind != Invocation::Kind::kRun) return {};
  const auto flag =
      std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& f) { return f.name == name; });
  if (flag == kFlags.end()) return Error(Code::kInvalid, "unknown argument " + words[at]);
  const bool joined = name.size() < word.size();
  if (!joined && at + 1 == words.size()) {
    return Error(Code::kInvalid, words[at] + " needs a value");
  }
  const std::string_view value = joined ? word.substr(name.size() + 1) : words[++at];
  if (auto set = flag->set(to, value); !set) {
    return std::move(set.error()).Wrap("--" + std::string(name));
  }
  return {};
}

}  // namespace

Result<Invocation> ParseArguments(const std::vector<std::string>& words, const EnvMap& env) {
  Invocation invocation;
  InitOptions& options = invocation.options;
  options.jupyter_host = ValueOf(env, "JUPYTER_HOST");
  options.jupyter_token = Secret(ValueOf(env, "JUPYTER_TOKEN"));
  std::size_t i = 0;
  bool dashes = false;  // a "--" has come
  for (; i < words.size() && words[i].size() > 1 && words[i].front() == '-' && !dashes; ++i) {
    dashes = words[i] == "--";
    if (!dashes) OSBX_CHECK(TakeFlag(invocation, words, i));
    if (invocation.kind != Invocation::Kind::kRun) return invocation;
  }
  options.command.assign(words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
  if (!options.command.empty()) return invocation;
  if (dashes) return Error(Code::kInvalid, "no command given");
  if (options.port == 0 && options.socket_path.empty()) options.port = kDefaultPort;
  return invocation;
}

}  // namespace osbx::execd

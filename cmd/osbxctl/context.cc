// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "base/code_table.h"
#include "terminal.h"

namespace osbx::ctl {
namespace {

using std::chrono::milliseconds;

constexpr double kLongestMs = 1e13;  // 300 years: no overflow in what is computed from it

void PrintWarning(const std::string& text) {
  const std::string word = ColourOnError() ? Paint(Colour::kYellow, "Warning:") : "Warning:";
  std::fprintf(stderr, "%s %s\n", word.c_str(), text.c_str());
}

// Milliseconds of a unit; 0: none.
double UnitMs(std::string_view unit) {
  struct Row {
    std::string_view unit;
    double ms;
  };
  static constexpr std::array kRows{Row{"ms", 1}, Row{"s", 1000}, Row{"m", 60'000},
                                    Row{"h", 3'600'000}};
  for (const Row& row : kRows) {
    if (row.unit == unit) return row.ms;
  }
  return 0;
}

}  // namespace

Result<client::RestClient*> Context::Client() {
  if (!client_) {
    OSBX_TRY(client::RestClient opened,
             client::RestClient::Open({.server = options_.server,
                                       .token = Secret(options_.token),
                                       .ca_file = options_.ca_file,
                                       .insecure_skip_tls_verify = options_.insecure,
                                       .timeout = std::chrono::seconds(options_.timeout_seconds),
                                       .on_warning = PrintWarning}));
    client_.emplace(std::move(opened));
  }
  return &*client_;
}

std::string ErrorText(const Error& error) {
  if (error.code() == Code::kUnauthenticated) {
    return "error: You must be logged in to the server (Unauthorized)\n"
           "hint: set OSBX_TOKEN or --token to the API key of osbxd\n";
  }
  if (error.http_status() != 0) {
    return "Error from server (" + std::string(RowOf(error.code()).reason) +
           "): " + error.message() + "\n";
  }
  std::string text = "error: " + error.message() + "\n";
  if (error.code() == Code::kUnavailable) {
    text +=
        "hint: is osbxd running there? Set OSBX_SERVER or --server to its address, e.g. "
        "http://127.0.0.1:8080 or unix:///run/osbx/osbxd.sock\n";
  }
  return text;
}

int Fail(const Error& error) {
  std::fflush(stdout);
  std::string text = ErrorText(error);
  if (ColourOnError()) {
    const auto colon = text.find(':');
    text = Paint(Colour::kRed, text.substr(0, colon + 1)) + text.substr(colon + 1);
  }
  std::fputs(text.c_str(), stderr);
  return RowOf(error.code()).exit_code;
}

int Finish(const Result<int>& outcome) {
  return outcome ? *outcome : Fail(outcome.error());
}

Result<milliseconds> ParseDuration(const std::string& text) {
  const Error invalid(Code::kInvalid, "not a duration: \"" + text + "\" (90s, 5m or 1h30m)");
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  if (rest.empty()) return invalid;
  double total = 0;
  while (!rest.empty()) {
    double value = 0;
    const auto [end, failed] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    if (failed != std::errc{} || value < 0) return invalid;
    const bool first = rest.size() == text.size() - (negative ? 1U : 0U);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto unit_end = std::min(rest.find_first_of("0123456789."), rest.size());
    const std::string_view unit = rest.substr(0, unit_end);
    rest.remove_prefix(unit_end);
    // A bare number is seconds.
    const double ms = unit.empty() && first && rest.empty() ? 1000 : UnitMs(unit);
    total += value * ms;
    if (ms == 0 || !(total < kLongestMs)) return invalid;
  }
  return milliseconds(static_cast<std::int64_t>(negative ? -total : total));
}

}  // namespace osbx::ctl

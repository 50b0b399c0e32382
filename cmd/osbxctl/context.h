// SPDX-License-Identifier: Apache-2.0
// What every verb has at hand: the connection, the namespace, and how kubectl words things. One
// thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "client/rest_client.h"

namespace osbx::ctl {

// The options that come before or after any verb.
struct GlobalOptions {
  std::string server;     // --server, $OSBX_SERVER
  std::string token;      // --token, $OSBX_TOKEN
  std::string ca_file;    // --certificate-authority
  bool insecure = false;  // --insecure-skip-tls-verify
  std::string ns;         // --namespace, $OSBX_NAMESPACE
  int timeout_seconds = 30;
};

class Context {
 public:
  // `options` may still be filled in until the first use; they outlive the context.
  explicit Context(const GlobalOptions& options) : options_(options) {}

  // Connected on first use: `explain` and `completion` need no server.
  Result<client::RestClient*> Client();
  const std::string& Namespace() const { return options_.ns; }
  const GlobalOptions& Options() const { return options_; }

 private:
  const GlobalOptions& options_;
  std::optional<client::RestClient> client_;
};

// Exit codes of verbs (`osbxctl --help` documents them).
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;

// Prints an error as kubectl does ("Error from server (NotFound): …" or "error: …"), with a hint
// where one helps, and gives the exit code.
int Fail(const Error& error);
// The same text without printing it.
std::string ErrorText(const Error& error);

// What a verb came to: its exit code.
int Finish(const Result<int>& outcome);

// "90", "90s", "5m", "1h30m", "1.5s", "500ms", "-1s", as kubectl takes them. kInvalid otherwise.
Result<std::chrono::milliseconds> ParseDuration(const std::string& text);
// When a --timeout that starts now is over; nullopt: 0, as long as it takes.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

}  // namespace osbx::ctl

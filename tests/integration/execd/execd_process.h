// SPDX-License-Identifier: Apache-2.0
// The real osbx-execd with its API on a socket in a private directory, for tests. It ends with the
// object. One thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "fakes/temp_dir.h"
#include "fakes/wire_client.h"

namespace osbx::execd_test {

// Starts it with `arguments`, in `env` beside the test's own environment.
pid_t StartExecd(const std::vector<std::string>& arguments,
                 const std::vector<std::pair<std::string, std::string>>& env = {});
// Its exit code, or -n after signal n.
int WaitFor(pid_t pid);

class ExecdProcess {
 public:
  static constexpr const char* kToken = "the-token";

  // `with_token`: it finds kToken in the file beside its socket.
  explicit ExecdProcess(bool with_token = true, const std::vector<std::string>& more = {});
  ~ExecdProcess();
  ExecdProcess(const ExecdProcess&) = delete;
  ExecdProcess& operator=(const ExecdProcess&) = delete;

  static std::string TokenHeader();  // a whole line

  const fakes::TempDir& dir() const { return dir_; }
  const std::string& socket() const { return socket_; }

  // One request on a connection of its own, with the token. A status of 0: no answer.
  wire::Reply Call(std::string_view method, std::string_view target, std::string_view body = "",
                   std::string headers = "") const;
  wire::Reply Post(std::string_view target, const nlohmann::json& body) const;
  // The events of a stream, which must end.
  std::vector<nlohmann::json> Stream(std::string_view target, const nlohmann::json& body) const;

 private:
  fakes::TempDir dir_;
  std::string socket_;
  pid_t pid_ = -1;
};

// The texts of all events of that type.
std::vector<std::string> Texts(const std::vector<nlohmann::json>& events, std::string_view type);
// "complete", or "VALUE: TRACEBACK" of the error that ends the stream.
std::string Outcome(const std::vector<nlohmann::json>& events);

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, std::string_view text);

}  // namespace osbx::execd_test

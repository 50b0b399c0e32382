// SPDX-License-Identifier: Apache-2.0
// The real osbx-execd with its API on a socket in a private directory, for tests. One thread.
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

// Requests to an execd, each on a connection of its own, with the token.
class ExecdApi {
 public:
  static constexpr const char* kToken = "the-token";
  static std::string TokenHeader();  // a whole line

  explicit ExecdApi(std::string socket) : socket_(std::move(socket)) {}
  const std::string& socket() const { return socket_; }

  // A status of 0: no answer.
  wire::Reply Call(std::string_view method, std::string_view target, std::string_view body = "",
                   std::string headers = "") const;
  wire::Reply Post(std::string_view target, const nlohmann::json& body) const;
  // The events of a stream, which must end.
  std::vector<nlohmann::json> Stream(std::string_view target, const nlohmann::json& body) const;
  std::vector<nlohmann::json> Run(const nlohmann::json& command) const {
    return Stream("/command", command);
  }
  nlohmann::json Status(const std::string& id) const {
    return nlohmann::json::parse(Call("GET", "/command/status/" + id).body);
  }
  // Begins a stream and reads nothing of it but its first event, the init event.
  nlohmann::json Begin(wire::WireClient& client, const nlohmann::json& command) const;

 private:
  std::string socket_;
};

// It ends with the object.
class ExecdProcess {
 public:
  // `with_token`: it finds the token in the file beside its socket.
  explicit ExecdProcess(bool with_token = true, const std::vector<std::string>& more = {});
  ~ExecdProcess();
  ExecdProcess(const ExecdProcess&) = delete;
  ExecdProcess& operator=(const ExecdProcess&) = delete;

  const fakes::TempDir& dir() const { return dir_; }
  pid_t pid() const { return pid_; }
  const ExecdApi* operator->() const { return &api_; }
  const ExecdApi& api() const { return api_; }

 private:
  fakes::TempDir dir_;
  ExecdApi api_;
  pid_t pid_ = -1;
};

// The texts of all events of that type.
std::vector<std::string> Texts(const std::vector<nlohmann::json>& events, std::string_view type);
// "complete", or "VALUE: TRACEBACK" of the error that ends the stream.
std::string Outcome(const std::vector<nlohmann::json>& events);

// Kilobytes of memory that a process holds.
int ResidentKb(pid_t pid);

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, std::string_view text);

}  // namespace osbx::execd_test

// SPDX-License-Identifier: Apache-2.0
#include "integration/execd/execd_process.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "fakes/eventually.h"

namespace osbx::execd_test {
namespace {

constexpr const char* kExecd = OSBX_BINARY_DIR "/bin/osbx-execd";

}  // namespace

pid_t StartExecd(const std::vector<std::string>& arguments,
                 const std::vector<std::pair<std::string, std::string>>& env) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  for (const auto& [name, value] : env) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv{const_cast<char*>(kExecd)};
  for (const std::string& word : arguments) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execv(kExecd, argv.data());
  _exit(99);
}

int WaitFor(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

ExecdProcess::ExecdProcess(bool with_token, const std::vector<std::string>& more)
    : api_(dir_ / "execd.sock") {
  if (with_token) WriteText(dir_ / "token", std::string(ExecdApi::kToken) + "\n");
  std::vector<std::string> arguments{"--socket", api_.socket()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (const char* word : {"--", "sleep", "600"}) arguments.emplace_back(word);
  pid_ = StartExecd(arguments, {{"EXECD_ENVS", dir_ / "env"}, {"HOME", dir_ / "home"}});
  EXPECT_TRUE(fakes::Eventually([this] { return api_.Call("GET", "/ping").status == 200; }));
}

ExecdProcess::~ExecdProcess() {
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitFor(pid_), 128 + SIGTERM);
}

std::string ExecdApi::TokenHeader() {
  return std::string("X-EXECD-ACCESS-TOKEN: ") + kToken + "\r\n";
}

wire::Reply ExecdApi::Call(std::string_view method, std::string_view target, std::string_view body,
                           std::string headers) const {
  wire::WireClient client(socket_);
  if (!client.Connected()) return {};
  headers += TokenHeader();
  return client.Call(method, target, headers, body).value_or(wire::Reply());
}

wire::Reply ExecdApi::Post(std::string_view target, const nlohmann::json& body) const {
  return Call("POST", target, body.dump());
}

std::vector<nlohmann::json> ExecdApi::Stream(std::string_view target,
                                             const nlohmann::json& body) const {
  const wire::Reply reply = Post(target, body);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.Header("content-type"), "text/event-stream");
  std::vector<nlohmann::json> events;
  std::string_view rest = reply.body;
  for (std::size_t end = rest.find("\n\n"); end != std::string_view::npos;
       end = rest.find("\n\n")) {
    events.push_back(nlohmann::json::parse(rest.substr(0, end)));
    rest.remove_prefix(end + 2);
  }
  EXPECT_EQ(rest, "");
  return events;
}

nlohmann::json ExecdApi::Begin(wire::WireClient& client, const nlohmann::json& command) const {
  client.SendRequest("POST", "/command", TokenHeader(), command.dump());
  const auto head = client.ReadHead();
  EXPECT_TRUE(head && head->status == 200);
  const std::string chunk = client.ReadChunk().value_or("");
  return nlohmann::json::parse(chunk.substr(0, chunk.find("\n\n")), nullptr, false);
}

std::vector<std::string> Texts(const std::vector<nlohmann::json>& events, std::string_view type) {
  std::vector<std::string> texts;
  for (const auto& event : events) {
    if (event.at("type") == type) texts.push_back(event.value("text", ""));
  }
  return texts;
}

std::string Outcome(const std::vector<nlohmann::json>& events) {
  if (events.empty()) return "no events";
  const auto& last = events.back();
  if (last.at("type") == "execution_complete") return "complete";
  if (last.at("type") != "error") return last.dump();
  const auto& error = last.at("error");
  return error.at("evalue").get<std::string>() + ": " +
         error.at("traceback").at(0).get<std::string>();
}

int ResidentKb(pid_t pid) {
  const std::string status = ReadText("/proc/" + std::to_string(pid) + "/status");
  return std::atoi(status.c_str() + status.find("VmRSS:") + 6);
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteText(const std::string& path, std::string_view text) {
  std::ofstream(path) << text;
}

}  // namespace osbx::execd_test

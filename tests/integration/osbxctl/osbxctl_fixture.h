// SPDX-License-Identifier: Apache-2.0
// The real osbxctl against an API server in this process, with a node that is made up.
#pragma once

#include <fcntl.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/subprocess.h"
#include "base/unique_fd.h"
#include "fakes/temp_dir.h"
#include "unit/apiserver/api_fixture.h"

namespace osbx::ctl {

using apiserver::kSandboxes;
using fakes::Eventually;

// Commands: "exit N" ends with N; "tty" tells sizes and bytes until it gets a "q"; "cat" copies.
class FakeNode final : public apiserver::NodeStreams {
 public:
  Result<> CanLog(const store::Key& /*sandbox*/, const apiserver::LogOptions& options) override {
    if (options.previous) return Error(Code::kNotFound, "no previous container");
    return {};
  }
  Result<> Logs(const store::Key& sandbox, const apiserver::LogOptions& options,
                const apiserver::LogSink& sink) override {
    sink.write(sandbox.name + " tail=" + std::to_string(options.tail_lines.value_or(-1)) +
               " since=" + std::to_string(options.since_seconds.value_or(-1)) + "\n");
    if (options.follow) follower_gone = Eventually(sink.closed);
    return {};
  }
  Result<int> Exec(const store::Key& /*sandbox*/, const apiserver::ExecOptions& options,
                   apiserver::ExecDuplex& duplex) override {
    using Kind = apiserver::ExecDuplex::Input::Kind;
    if (options.command[0] == "exit") {
      duplex.WriteStdout("out\n");
      duplex.WriteStderr("err\n");
      return std::stoi(options.command[1]);
    }
    if (options.command[0] == "missing") return Error(Code::kNotFound, "no such program");
    while (true) {
      const auto input = duplex.Read(std::chrono::milliseconds(10));
      if (!input) continue;
      if (input->kind == Kind::kGone) {
        killed = true;
        return 137;
      }
      if (input->kind == Kind::kEndOfInput) return 0;
      if (input->kind == Kind::kResize) {
        duplex.WriteStdout("size " + std::to_string(input->width) + "x" +
                           std::to_string(input->height) + "\r\n");
        continue;
      }
      if (options.command[0] == "cat") {
        duplex.WriteStdout(input->data);
        continue;
      }
      for (const char c : input->data) {
        if (c == 'q') return 3;
        duplex.WriteStdout("byte " + std::to_string(static_cast<int>(c)) + "\r\n");
      }
    }
  }
  Result<Json> Stats(const store::Key& sandbox) override {
    if (sandbox.name != "web") return Error(Code::kFailedPrecondition, "it has no container");
    return Json{{"cpuTotalNanoseconds", ++looks * 1'000'000},
                {"memoryBytes", 5 << 20},
                {"memoryLimitBytes", 10 << 20},
                {"pids", 2}};
  }
  Result<Json> Doctor(bool fix) override {
    Json findings = Json::array();
    if (ill) {
      findings.push_back({{"kind", "StrayDirectory"},
                          {"object", "/mnt/x"},
                          {"message", "no mount uses it"},
                          {"remedy", fix ? "removed" : "removed by doctor --fix"}});
    }
    return Json{{"node", "here"}, {"findings", findings}};
  }

  std::atomic<bool> follower_gone{false};
  std::atomic<bool> killed{false};
  std::atomic<bool> ill{false};
  std::atomic<int> looks{0};
};

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// One osbxctl that goes on until it is ended; its output is in a file.
struct Running {
  Child child;
  std::string file;

  std::string Output() const {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  bool Shows(const std::string& text) const {
    return Eventually([&] { return Output().find(text) != std::string::npos; });
  }
};

class OsbxctlTest : public apiserver::ApiTest {
 protected:
  OsbxctlTest() { options_.streams = &node_; }

  static std::string Program() { return std::string(OSBX_BINARY_DIR) + "/bin/osbxctl"; }

  std::vector<std::string> Environment() const {
    const char* path = std::getenv("PATH");
    return {"OSBX_SERVER=http://127.0.0.1:" + std::to_string(server_->Port()), "TERM=xterm",
            std::string("PATH=") + (path == nullptr ? "/usr/bin:/bin" : path)};
  }

  Outcome Run(std::vector<std::string> words, const std::string& input = "",
              std::vector<std::string> more_environment = {}) {
    std::vector<std::string> environment = std::move(more_environment);
    for (std::string& variable : Environment()) environment.push_back(std::move(variable));
    words.insert(words.begin(), Program());
    const auto result = RunSubprocess({.argv = std::move(words),
                                       .env = std::move(environment),
                                       .stdin_data = input,
                                       .timeout = std::chrono::seconds(60)});
    if (!result) return {.exit_code = -1, .out = "", .err = result.error().ToString()};
    return {.exit_code = result->status.exit_code, .out = result->out, .err = result->err};
  }

  Running Start(std::vector<std::string> words) {
    const std::string file = dir_ / ("output" + std::to_string(++started_));
    words.insert(words.begin(), Program());
    const UniqueFd output(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    auto child = StartSubprocess({.argv = std::move(words), .env = Environment()}, -1, output.Get(),
                                 output.Get());
    EXPECT_TRUE(child.has_value());
    return {*std::move(child), file};
  }
  using ApiTest::Start;

  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
    return dir_ / name;
  }
  void SetStatus(const std::string& name, const std::string& status) {
    EXPECT_EQ(Patch(std::string(kSandboxes) + "/" + name + "/status",
                    "application/merge-patch+json", R"({"status":)" + status + "}")
                  .status,
              200);
  }

  fakes::TempDir dir_;
  FakeNode node_;
  int started_ = 0;
};

inline std::string Manifest(const std::string& name, const std::string& more = "") {
  return "apiVersion: osbx.dev/v1\nkind: Sandbox\nmetadata: {name: " + name +
         "}\nspec:\n  image: busybox\n" + more;
}

}  // namespace osbx::ctl

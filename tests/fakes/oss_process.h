// SPDX-License-Identifier: Apache-2.0
// A fake object store (tests/fakes/oss_server) as a child process of the test, with its data in a
// fresh directory, and a small signed client for it. The process ends with the test, even with one
// that crashes. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/subprocess.h"
#include "fakes/oss_wire/signature.h"
#include "fakes/temp_dir.h"

namespace osbx::fakes {

struct HttpAnswer {
  int status = 0;
  Headers headers;
  std::string body;
};

struct OssProcessOptions {
  // As creds.json says it; "AK" must be there for Put, Get and Delete below.
  std::string credentials = R"({"AK":{"secret":"SK"}})";
  std::vector<std::string> buckets = {"demo"};
  std::string region;  // "": any
};

class OssProcess {
 public:
  static Result<std::unique_ptr<OssProcess>> Start(OssProcessOptions options);
  ~OssProcess();
  OssProcess(const OssProcess&) = delete;
  OssProcess& operator=(const OssProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // Replaces creds.json whole; it holds for the next request.
  Result<> SetCredentials(const std::string& json);
  // kill -9 and a new start on the same data and port.
  Result<> Restart();

  // Orders a fault, e.g. R"({"action":"hang","method":"PUT"})"; see tests/fakes/README.md.
  Result<> Fault(const std::string& json);
  Result<> ClearFaults();  // also releases what hangs
  Result<std::string> Stats();
  Result<std::string> Log(int count);

  // Signed with AK in OSS V1; "" as key means the bucket. query: "uploads&prefix=x".
  Result<HttpAnswer> Call(const std::string& method, const std::string& bucket,
                          const std::string& key, const std::string& query = "",
                          const std::string& body = "", Headers headers = {});
  // Unsigned, as it stands.
  Result<HttpAnswer> Raw(const std::string& method, const std::string& target,
                         const std::string& body = "", const Headers& headers = {});

 private:
  explicit OssProcess(OssProcessOptions options) : options_(std::move(options)) {}
  Result<> Launch();
  void Kill();

  const OssProcessOptions options_;
  TempDir directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Child> child_;
};

// The directory that holds the stand-ins `ossfs` and `ossfs2`, for a search path.
std::string StandinDirectory();

}  // namespace osbx::fakes

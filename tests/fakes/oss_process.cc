// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "base/unique_fd.h"
#include "fakes/eventually.h"
#include "fakes/oss_wire/encoding.h"

namespace osbx::fakes {
namespace {

constexpr const char* kKeyId = "AK";
constexpr const char* kSecret = "SK";

Result<std::string> Exchange(std::uint16_t port, const std::string& request) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(socket.Get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return Error::FromErrno(errno, "connect to oss_server");
  }
  std::string_view rest = request;
  while (!rest.empty()) {
    const ssize_t count = ::send(socket.Get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) break;  // refused while still sending: the answer says why
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  std::string answer;
  std::array<char, 65536> bytes{};
  while (true) {
    const ssize_t count = ::recv(socket.Get(), bytes.data(), bytes.size(), 0);
    if (count <= 0) return answer;
    answer.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

Result<HttpAnswer> ParseAnswer(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return Error(Code::kUnavailable, "no answer");
  HttpAnswer answer;
  answer.status = std::atoi(text.c_str() + std::string_view("HTTP/1.1 ").size());
  answer.body = text.substr(end + 4);
  std::size_t at = text.find("\r\n");
  while (at < end) {
    at += 2;
    const std::size_t line_end = text.find("\r\n", at);
    const std::string line = text.substr(at, line_end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) {
      answer.headers[ToLower(line.substr(0, colon))] = Trim(line.substr(colon + 1));
    }
    at = line_end;
  }
  return answer;
}

Result<> ExpectSuccess(const Result<HttpAnswer>& answer) {
  if (!answer.has_value()) return answer.error();
  if (answer->status / 100 == 2) return {};
  return Error(Code::kInternal, "oss_server answered " + std::to_string(answer->status));
}

}  // namespace

Result<std::unique_ptr<OssProcess>> OssProcess::Start(OssProcessOptions options) {
  std::unique_ptr<OssProcess> process(new OssProcess(std::move(options)));
  OSBX_CHECK(process->SetCredentials(process->options_.credentials));
  OSBX_CHECK(process->Launch());
  return process;
}

OssProcess::~OssProcess() {
  Kill();
}

void OssProcess::Kill() {
  if (child_) child_->Abandon(kPatience, nullptr, "oss_server");
  child_.reset();
}

Result<> OssProcess::Launch() {
  const std::string port_file = directory_ / "port";
  ::unlink(port_file.c_str());
  SubprocessOptions start;
  const std::string program = OSBX_FAKES_DIR "/oss_server";
  start.argv = {program,
                "--exit-with-parent",
                "yes",
                "--data",
                directory_ / "data",
                "--creds",
                directory_ / "creds.json",
                "--port-file",
                port_file,
                "--port",
                std::to_string(port_)};
  for (const auto& bucket : options_.buckets) {
    start.argv.insert(start.argv.end(), {"--bucket", bucket});
  }
  if (!options_.region.empty()) {
    start.argv.insert(start.argv.end(), {"--region", options_.region});
  }
  OSBX_TRY(Child child, StartSubprocess(start, -1, -1, STDERR_FILENO));
  child_ = std::make_unique<Child>(std::move(child));
  const bool ready = Eventually([&] {
    return ::access(port_file.c_str(), F_OK) == 0 ||
           child_->Wait(std::chrono::milliseconds(0)).has_value();
  });
  std::ifstream input(port_file);
  if (!ready || !(input >> port_)) return Error(Code::kUnavailable, "oss_server did not start");
  return {};
}

Result<> OssProcess::Restart() {
  Kill();
  return Launch();
}

Result<> OssProcess::SetCredentials(const std::string& json) {
  const std::string path = directory_ / "creds.json";
  const std::string fresh = path + ".new";
  std::ofstream output(fresh, std::ios::trunc);
  output << json;
  output.close();
  if (output.fail() || ::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error::FromErrno(errno, "write " + path);
  }
  return {};
}

Result<> OssProcess::Fault(const std::string& json) {
  return ExpectSuccess(Raw("POST", "/-/fault", json));
}

Result<> OssProcess::ClearFaults() {
  return ExpectSuccess(Raw("DELETE", "/-/fault"));
}

Result<std::string> OssProcess::Stats() {
  OSBX_TRY(HttpAnswer answer, Raw("GET", "/-/stats"));
  return std::move(answer.body);
}

Result<std::string> OssProcess::Log(int count) {
  OSBX_TRY(HttpAnswer answer, Raw("GET", "/-/log?n=" + std::to_string(count)));
  return std::move(answer.body);
}

Result<HttpAnswer> OssProcess::Raw(const std::string& method, const std::string& target,
                                   const std::string& body, const Headers& headers) {
  std::string request = method + " " + target + " HTTP/1.1\r\nConnection: close\r\n";
  if (!headers.contains("host")) request += "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
  for (const auto& [name, value] : headers) {
    request.append(name).append(": ").append(value).append("\r\n");
  }
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  OSBX_TRY(const std::string answer, Exchange(port_, request));
  return ParseAnswer(answer);
}

Result<HttpAnswer> OssProcess::Call(const std::string& method, const std::string& bucket,
                                    const std::string& key, const std::string& query,
                                    const std::string& body, Headers headers) {
  SignedRequest request;
  request.method = method;
  request.bucket = bucket;
  request.key = key;
  request.query = ParseQuery(query);
  headers["date"] = HttpDate(std::time(nullptr));
  request.headers = headers;
  headers["authorization"] =
      std::string("OSS ") + kKeyId + ":" + OssV1Signature(kSecret, request, headers["date"]);
  std::string target = "/" + bucket + "/" + UrlEncode(key, Slash::kKeep);
  if (!query.empty()) target += "?" + query;
  return Raw(method, target, body, headers);
}

std::string StandinDirectory() {
  return OSBX_FAKES_DIR "/bin";
}

}  // namespace osbx::fakes

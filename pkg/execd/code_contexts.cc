// SPDX-License-Identifier: Apache-2.0
#include "execd/code_contexts.h"

#include <algorithm>
#include <cctype>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "execd/events.h"
#include "execd/files.h"
#include "execd/kernel_messages.h"
#include "execd/random_id.h"
#include "http/url.h"

namespace osbx::execd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartPatience{10};  // for a server that the image starts beside us
constexpr std::chrono::milliseconds kStartRetry{200};
constexpr std::chrono::milliseconds kPingEvery{3000};
constexpr const char* kNoServer =
    "language runtime server not configured, please check your image runtime";

Error Refused(const std::string& what, const ClientReply& reply) {
  return Error(Code::kUnavailable,
               what + ": the language runtime server says " + std::to_string(reply.status));
}

bool SameWord(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string TextAt(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  if (!json.contains(at) || !json.at(at).is_string()) return {};
  return json.at(at).get<std::string>();
}

}  // namespace

CodeContexts::CodeContexts(std::string host, Secret token)
    : host_(std::move(host)), token_(std::move(token)) {}

Result<ServerUrl> CodeContexts::Server() const {
  if (host_.empty() || token_.Empty()) return Error(Code::kFailedPrecondition, kNoServer);
  auto server = ParseServerUrl(host_);
  if (!server) return std::move(server.error()).Wrap("JUPYTER_HOST");
  return server;
}

std::string CodeContexts::Authorization() const {
  return "Authorization: token " + std::string(token_.Reveal()) + "\r\n";
}

Result<ClientReply> CodeContexts::Ask(const std::string& method, const std::string& path,
                                      const std::string& body) const {
  OSBX_TRY(const ServerUrl server, Server());
  return Fetch(server, {.method = method, .path = path, .headers = Authorization(), .body = body});
}

Result<ClientReply> CodeContexts::AskWhileItStarts(const std::string& path) const {
  const auto until = Clock::now() + kStartPatience;
  while (true) {
    auto reply = Ask("GET", path, "");
    const bool starting = reply ? reply->status == 503 : reply.error().code() == Code::kUnavailable;
    if (!starting || Clock::now() > until) return reply;
    std::this_thread::sleep_for(kStartRetry);
  }
}

// The kernel's name. Among several a language's own comes before Jupyter's "python3".
Result<std::string> CodeContexts::KernelFor(const std::string& language) const {
  OSBX_TRY(const ClientReply reply, AskWhileItStarts("/api/kernelspecs"));
  if (reply.status != 200) return Refused("list the kernels", reply);
  const Json body = Json::parse(reply.body, nullptr, false);
  std::string chosen;
  if (body.is_object() && body.contains("kernelspecs") && body["kernelspecs"].is_object()) {
    for (const auto& [name, spec] : body["kernelspecs"].items()) {
      if (!SameWord(TextAt(spec, "/spec/language"), language)) continue;
      if (chosen.empty() || name != "python3") chosen = name;
    }
  }
  if (chosen.empty()) return Error(Code::kNotFound, "no kernel specs found for " + language);
  return chosen;
}

Result<std::string> CodeContexts::Create(const std::string& language, const std::string& cwd) {
  OSBX_TRY(const std::string kernel, KernelFor(language));
  const std::string name = NewId();
  if (!cwd.empty()) OSBX_CHECK(MakeDirectories(cwd));
  const Json body{{"name", name},
                  {"path", (cwd.empty() ? "" : cwd + "/") + name + ".ipynb"},
                  {"type", "notebook"},
                  {"kernel", {{"name", kernel}}}};
  OSBX_TRY(const ClientReply reply, Ask("POST", "/api/sessions", body.dump()));
  if (reply.status != 200 && reply.status != 201) return Refused("start a kernel", reply);
  const Json session = Json::parse(reply.body, nullptr, false);
  const std::string id = TextAt(session, "/id");
  const std::string kernel_id = TextAt(session, "/kernel/id");
  if (id.empty() || kernel_id.empty()) return Refused("start a kernel", reply);
  const std::lock_guard lock(mutex_);
  entries_[id] = {.language = language, .kernel = kernel_id};
  return id;
}

std::vector<CodeContexts::Info> CodeContexts::List(const std::string& language) const {
  const std::lock_guard lock(mutex_);
  std::vector<Info> list;
  for (const auto& [id, entry] : entries_) {
    if (language.empty() || entry.language == language) list.push_back({id, entry.language});
  }
  return list;
}

std::optional<CodeContexts::Info> CodeContexts::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  return Info{id, found->second.language};
}

Result<> CodeContexts::Delete(const std::string& id) {
  if (!Find(id)) return Error(Code::kNotFound, "context not found: " + id);
  OSBX_TRY(const ClientReply reply, Ask("DELETE", "/api/sessions/" + http::PercentEncode(id), ""));
  const bool gone = reply.status == 204 || reply.status == 404 || reply.status == 410;
  if (!gone) return Refused("delete the context", reply);
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
  std::erase_if(defaults_, [&](const auto& entry) { return entry.second == id; });
  return {};
}

Result<> CodeContexts::Interrupt(const std::string& id) {
  std::string kernel;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return Error(Code::kNotFound, "context not found: " + id);
    kernel = found->second.kernel;
  }
  const std::string path = "/api/kernels/" + http::PercentEncode(kernel) + "/interrupt";
  OSBX_TRY(const ClientReply reply, Ask("POST", path, ""));
  if (reply.status >= 300) return Refused("interrupt", reply);
  return {};
}

Result<std::string> CodeContexts::DefaultOf(const std::string& language) {
  const std::lock_guard making(default_mutex_);
  {
    const std::lock_guard lock(mutex_);
    const auto found = defaults_.find(language);
    if (found != defaults_.end()) return found->second;
  }
  OSBX_TRY(const std::string id, Create(language, ""));
  const std::lock_guard lock(mutex_);
  defaults_[language] = id;
  return id;
}

Result<CodeContexts::ClaimedPtr> CodeContexts::Claim(std::string id, const std::string& language) {
  OSBX_TRY(const ServerUrl server, Server());
  if (id.empty()) {
    OSBX_TRY(id, DefaultOf(language));
  }
  std::string kernel;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return Error(Code::kNotFound, "context not found: " + id);
    if (found->second.busy) return Error(Code::kConflict, "session is busy: " + id);
    found->second.busy = true;
    kernel = found->second.kernel;
  }
  auto socket =
      ClientSocket::Open(server, {.path = "/api/kernels/" + http::PercentEncode(kernel) +
                                          "/channels?session_id=" + http::PercentEncode(id),
                                  .headers = Authorization()});
  if (!socket) {
    Release(id);
    return std::move(socket.error()).Wrap("connect to the kernel");
  }
  return std::make_unique<Claimed>(*this, id, *std::move(socket));
}

void CodeContexts::Release(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found != entries_.end()) found->second.busy = false;
}

void CodeContexts::Claimed::Release() {
  if (!std::exchange(released_, true)) contexts_.Release(id_);
}

void CodeContexts::Claimed::Run(const std::string& code, const http::StreamPtr& stream) {
  const auto begun = Clock::now();
  const std::string message_id = NewUuid();
  Execution execution(message_id);
  std::string events;
  AppendEvent(events, "init", id_);
  AppendEvent(events, "ping", "pong");
  const auto send = [&stream](std::string text) {
    if (!text.empty()) stream->WriteAll(std::make_shared<const std::string>(std::move(text)));
  };
  send(std::exchange(events, {}));
  Result<> sent = socket_.Send(ExecuteRequest(message_id, id_, code));
  while (sent && !execution.Done()) {
    auto message = socket_.Receive(kPingEvery);
    if (message) {
      send(execution.Take(*message));
    } else if (message.error().code() == Code::kDeadlineExceeded) {
      AppendEvent(events, "ping", "pong");
      send(std::exchange(events, {}));
    } else {
      sent = message.error();
    }
  }
  if (!sent) {
    AppendError(events, "KernelLost", sent.error().message(), {});
  } else if (!execution.Failure().empty()) {
    events += execution.Failure();
  } else {
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begun);
    AppendComplete(events, took.count());
  }
  Release();  // before the end is told: whoever has seen it finds the context free
  send(std::move(events));
}

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// The fake engine's server: a thread per connection, routing and faults.
#include "fakes/fake_docker/fake_docker.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "fakes/fake_docker/engine.h"
#include "fakes/fake_docker/faults.h"
#include "fakes/fake_docker/http.h"
#include "fakes/temp_dir.h"

namespace osbx::fakes {
namespace {

using docker::Exec;
using docker::Fault;
using docker::HttpConnection;
using docker::HttpReply;
using docker::HttpRequest;

constexpr int kNewestMinor = 41;
constexpr char kRawStream[] = "application/vnd.docker.raw-stream";

int MinorOf(const std::string& version) {
  const std::size_t dot = version.find('.');
  return dot == std::string::npos ? 0 : std::atoi(version.c_str() + dot + 1);
}

UniqueFd Listen(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::bind(fd.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.Get(), 512) != 0) {
    throw std::runtime_error("cannot listen at " + path);
  }
  return fd;
}

}  // namespace

class FakeDocker::Server {
 public:
  explicit Server(const Clock& clock) : engine(clock) { Up(); }
  ~Server() { Down(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void Up() {
    const std::lock_guard lock(mutex_);
    if (acceptor_.joinable()) return;
    down_ = false;
    listener_ = Listen(SocketPath());
    acceptor_ = std::thread([this] { Accept(); });
  }

  void Down() {
    {
      const std::lock_guard lock(mutex_);
      if (!acceptor_.joinable()) return;
      down_ = true;
      ::unlink(SocketPath().c_str());
      ::shutdown(listener_.Get(), SHUT_RDWR);
      for (Connection& connection : connections_) ::shutdown(connection.fd.Get(), SHUT_RDWR);
      ++release_;
    }
    released_.notify_all();
    engine.WakeAll();
    acceptor_.join();
    for (Connection& connection : connections_) connection.thread.join();
    connections_.clear();
    listener_.Reset();
  }

  void Release() {
    {
      const std::lock_guard lock(mutex_);
      ++release_;
    }
    released_.notify_all();
  }

  void BreakEvents() {
    const std::lock_guard lock(mutex_);
    for (Connection& connection : connections_) {
      if (connection.events) ::shutdown(connection.fd.Get(), SHUT_RDWR);
    }
  }

  int Hanging() const {
    const std::lock_guard lock(mutex_);
    return hanging_;
  }

  std::string SocketPath() const { return dir_ / "docker.sock"; }

  docker::Engine engine;
  docker::Faults faults;

 private:
  struct Connection {
    UniqueFd fd;
    std::thread thread;
    bool done = false;
    std::atomic<bool> events{false};
  };

  void Accept() {
    for (;;) {
      UniqueFd fd(::accept4(listener_.Get(), nullptr, nullptr, SOCK_CLOEXEC));
      const std::lock_guard lock(mutex_);
      if (down_) return;
      if (!fd) continue;
      connections_.remove_if([](Connection& connection) {
        if (!connection.done) return false;
        connection.thread.join();
        return true;
      });
      Connection& connection = connections_.emplace_back();
      connection.fd = std::move(fd);
      connection.thread = std::thread([this, &connection] { Serve(connection); });
    }
  }

  void Serve(Connection& connection) {
    HttpConnection http(connection.fd.Get());
    try {
      while (const auto request = http.Read()) {
        if (!Answer(connection, http, *request)) break;
      }
    } catch (const std::exception& failure) {
      http.Write(docker::Refusal(500, std::string("fake: ") + failure.what()));
    }
    const std::lock_guard lock(mutex_);
    ::shutdown(connection.fd.Get(), SHUT_RDWR);
    connection.done = true;
  }

  // False closes the connection.
  bool Answer(Connection& connection, HttpConnection& http, const HttpRequest& request) {
    for (const Fault& fault : faults.Take(request.method, request.segments)) {
      switch (fault.kind) {
        case Fault::Kind::kDelay:
          Sleep(fault.delay);
          break;
        case Fault::Kind::kFail:
          return http.Write(docker::Refusal(fault.status, fault.message));
        case Fault::Kind::kDrop:
          if (fault.effect == Effect::kDone) Route(request);
          return false;
        case Fault::Kind::kHang:
          if (fault.effect == Effect::kDone) Route(request);
          Hang();
          return false;
      }
    }
    if (MinorOf(request.version) > kNewestMinor) {
      return http.Write(docker::Refusal(400, "client version " + request.version.substr(1) +
                                                 " is too new. Maximum supported API version is "
                                                 "1.41"));
    }
    if (request.segments.empty()) return http.Write(docker::Refusal(404, "page not found"));
    if (Streams(request)) return Stream(connection, http, request);
    return http.Write(Route(request));
  }

  void Sleep(std::chrono::milliseconds delay) {
    std::unique_lock lock(mutex_);
    released_.wait_for(lock, delay, [this] { return down_; });
  }

  void Hang() {
    std::unique_lock lock(mutex_);
    ++hanging_;
    released_.wait(lock, [this, seen = release_] { return release_ != seen; });
    --hanging_;
  }

  static bool Streams(const HttpRequest& request) {
    const auto& path = request.segments;
    const std::string verb = path.size() == 3 ? path[2] : "";
    return path[0] == "events" ||
           (path.size() == 2 && path[0] == "images" && path[1] == "create") ||
           (path[0] == "containers" && (verb == "logs" || verb == "wait")) ||
           (path[0] == "exec" && verb == "start");
  }

  HttpReply Route(const HttpRequest& request) {
    const std::string& kind = request.segments[0];
    if (kind == "_ping") return {200, "OK"};
    if (kind == "version") {
      return docker::JsonReply(200, {{"Version", "20.10.24"},
                                     {"ApiVersion", "1.41"},
                                     {"MinAPIVersion", "1.12"},
                                     {"Os", "linux"},
                                     {"Arch", "amd64"},
                                     {"KernelVersion", "6.1.0"}});
    }
    if (kind == "info") return engine.Info();
    if (Streams(request) && kind == "images") {  // a fault with effect
      docker::PullScript script;
      return engine.Pull(request, script).value_or(HttpReply{});
    }
    if (kind == "containers") return engine.Containers(request);
    if (kind == "images") return engine.Images(request);
    if (kind == "commit") return engine.Commit(request);
    if (kind == "networks") return engine.Networks(request);
    if (kind == "volumes") return engine.Volumes(request);
    if (kind == "exec") return engine.Execs(request);
    return docker::Refusal(404, "page not found");
  }

  bool Stream(Connection& connection, HttpConnection& http, const HttpRequest& request) {
    const auto sink = [&http](std::string_view bytes) { return http.WriteChunk(bytes); };
    const auto gone = [&http] { return http.PeerGone(); };
    const std::string& kind = request.segments[0];
    if (kind == "events") {
      connection.events = true;
      if (http.BeginChunks("application/json")) engine.StreamEvents(request, sink, gone);
      return false;
    }
    if (kind == "images") return StreamPull(http, request);
    if (kind == "exec") return StreamExec(http, request);
    if (request.segments[2] == "wait") return http.Write(engine.Wait(request, gone));
    if (const auto refusal = engine.CheckLogs(request)) return http.Write(*refusal);
    if (!http.BeginChunks(kRawStream)) return false;
    engine.StreamLogs(request, sink, gone);
    return http.EndChunks();
  }

  bool StreamPull(HttpConnection& http, const HttpRequest& request) {
    docker::PullScript script;
    if (const auto refusal = engine.Pull(request, script)) return http.Write(*refusal);
    if (!http.BeginChunks("application/json")) return false;
    for (const std::string& line : script.lines) {
      if (!http.WriteChunk(line)) return false;
    }
    return http.EndChunks();
  }

  bool StreamExec(HttpConnection& http, const HttpRequest& request) {
    Exec exec;
    if (const auto refusal = engine.StartExec(request, exec)) return http.Write(*refusal);
    const bool tty = exec.spec.value("Tty", false);
    http.WriteRaw(
        "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
        "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    const auto emit = [&](bool to_stderr, const std::string& text) {
      http.WriteRaw(docker::FrameBytes(to_stderr, text, tty));
    };
    for (const docker::Output& output : exec.script.output) emit(output.to_stderr, output.text);
    const bool forever = !exec.script.exit_code;
    if (forever || (exec.script.reads_stdin && exec.spec.value("AttachStdin", false))) {
      for (std::string bytes = http.ReadRaw(); !bytes.empty(); bytes = http.ReadRaw()) {
        if (!forever) emit(false, bytes);
      }
    }
    engine.FinishExec(exec.id);
    return false;
  }

  TempDir dir_;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  int release_ = 0;
  int hanging_ = 0;
  bool down_ = false;
  UniqueFd listener_;
  std::thread acceptor_;
  std::list<Connection> connections_;
};

FakeDocker::FakeDocker(const Clock& clock) : server_(std::make_unique<Server>(clock)) {}
FakeDocker::~FakeDocker() = default;

std::string FakeDocker::Host() const {
  return "unix://" + server_->SocketPath();
}

void FakeDocker::AddImage(const std::string& reference, FakeImage image) {
  server_->engine.AddImage(reference, image);
}
void FakeDocker::AddPullable(const std::string& reference, FakeImage image) {
  server_->engine.AddPullable(reference, image, "");
}
void FakeDocker::AddDenied(const std::string& reference) {
  server_->engine.AddDenied(reference);
}
void FakeDocker::AddPrivate(const std::string& reference, const std::string& username,
                            const std::string& password) {
  server_->engine.AddPullable(reference, FakeImage{}, username + ":" + password);
}
void FakeDocker::AddNetwork(const std::string& name) {
  server_->engine.AddNetwork(name);
}
std::string FakeDocker::AddContainer(const std::string& name,
                                     const std::map<std::string, std::string>& labels,
                                     bool running) {
  return server_->engine.AddContainer(name, labels, running);
}
void FakeDocker::CheckBindSources(bool check) {
  server_->engine.SetCheckBindSources(check);
}
void FakeDocker::HonourTerm(bool honour) {
  server_->engine.SetHonourTerm(honour);
}

void FakeDocker::FailNext(const std::string& route, int status, int times,
                          const std::string& message) {
  Fault fault;
  fault.kind = Fault::Kind::kFail;
  fault.status = status;
  fault.message = message;
  server_->faults.Add(route, std::move(fault), times);
}
void FakeDocker::DropConnection(const std::string& route, Effect effect, int times) {
  Fault fault;
  fault.kind = Fault::Kind::kDrop;
  fault.effect = effect;
  server_->faults.Add(route, std::move(fault), times);
}
void FakeDocker::Delay(const std::string& route, std::chrono::milliseconds delay, int times) {
  Fault fault;
  fault.kind = Fault::Kind::kDelay;
  fault.delay = delay;
  server_->faults.Add(route, std::move(fault), times);
}
void FakeDocker::Hang(const std::string& route, Effect effect, int times) {
  Fault fault;
  fault.kind = Fault::Kind::kHang;
  fault.effect = effect;
  server_->faults.Add(route, std::move(fault), times);
}
void FakeDocker::ReleaseHung() {
  server_->Release();
}
void FakeDocker::ClearFaults() {
  server_->faults.Clear();
}

void FakeDocker::SetDown(bool down) {
  if (!down) return server_->Up();
  server_->Down();
  server_->engine.ForgetEvents();
}
void FakeDocker::BreakEventStreams() {
  server_->BreakEvents();
}

bool FakeDocker::ExitContainer(const std::string& id, int code, bool oom) {
  return server_->engine.Exit(id, code, oom);
}
bool FakeDocker::RemoveContainer(const std::string& id) {
  return server_->engine.Remove(id);
}
bool FakeDocker::AppendLog(const std::string& id, std::string_view text, bool to_stderr) {
  return server_->engine.AppendLog(id, text, to_stderr);
}
void FakeDocker::EmitEvent(const std::string& type, const std::string& action,
                           const std::string& id,
                           const std::map<std::string, std::string>& attributes) {
  server_->engine.Emit(type, action, id, attributes);
}

int FakeDocker::Requests(const std::string& route) const {
  return server_->faults.Count(route);
}
int FakeDocker::Hanging() const {
  return server_->Hanging();
}
int FakeDocker::EventReaders() const {
  return server_->engine.EventReaders();
}
std::vector<std::string> FakeDocker::CreatedBodies() const {
  return server_->engine.CreatedBodies();
}
std::size_t FakeDocker::Containers() const {
  return server_->engine.Count();
}
std::string FakeDocker::ListBody() const {
  HttpRequest request;
  request.method = "GET";
  request.segments = {"containers", "json"};
  request.query["all"] = "1";
  return server_->engine.Containers(request).body;
}
std::vector<std::string> FakeDocker::EventsFrom(std::uint64_t& next) const {
  return server_->engine.EventsFrom(next);
}
std::string FakeDocker::StatusOf(const std::string& id) const {
  return server_->engine.StatusOf(id);
}

}  // namespace osbx::fakes

// SPDX-License-Identifier: Apache-2.0
// Typed client of the Docker Engine API (>= 1.41) over libcurl on the engine's unix socket.
// Thread-safe: any number of threads may call at once; each call uses its own connection.
//
// Every call has a time-out and honours a stop token (within 1 s). Errors say by code:
//   NotFound           no such container, image (create), network …                     (404)
//   AlreadyExists      create or rename: the name is in use                              (409)
//   Conflict           the present state forbids it: paused, running, being removed      (409)
//   Invalid            the engine refuses the input                                      (400)
//   PermissionDenied   registry says no
//   Unavailable        nobody there, the breaker is open, or a read lost its connection
//   DeadlineExceeded   no answer to a call that may have been executed: the OUTCOME IS UNKNOWN, so
//                      look before repeating (time-out, or a lost connection while changing
//                      something)
//   Cancelled          the stop token fired; for a changing call the outcome is unknown too
//   Internal           the engine failed (500) or answered nonsense
// Error::http_status() keeps the engine's status. 304 on start and stop is success.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "drivers/docker/breaker.h"
#include "drivers/docker/call_stats.h"
#include "drivers/docker/exec_stream.h"
#include "drivers/docker/types.h"

namespace osbx::docker {

class Transport;
class PullFlights;
struct Request;
struct Response;

struct ClientOptions {
  // "unix:///path", "tcp://host:port", or "" for $DOCKER_HOST, else unix:///var/run/docker.sock.
  std::string host;
  Duration timeout = std::chrono::seconds(10);       // of a call that names none
  Duration pull_timeout = std::chrono::minutes(10);  // of Pull when it names none
  BreakerOptions breaker;
};

// Of one call. A zero time-out means the client's default.
struct Call {
  Duration timeout{0};
  std::stop_token stop;
};

struct RemoveOptions {
  bool force = false;    // kill a running one
  bool volumes = false;  // and its anonymous volumes
};

struct ListOptions {
  bool all = true;  // stopped ones too
  Filters filters;  // {"label", {"osbx.dev/uid"}}
};

struct PullOptions {
  std::string platform;  // "linux/amd64"; empty = the daemon's
  RegistryAuth auth;     // no password = anonymous
  // Called on the pulling thread; a call that joined another's pull hears nothing.
  std::function<void(const PullProgress&)> on_progress;
};

// Receives output as it comes; returning false ends the call with success.
using LogSink = std::function<bool(OutputStream stream, std::string_view bytes)>;

class Client {
 public:
  // Parses the host; connects to nothing. `clock` paces the breaker and outlives the client.
  static Result<std::unique_ptr<Client>> Open(ClientOptions options, Clock& clock);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The engine. Ping bypasses the breaker, and its success closes it.
  Result<> Ping(const Call& call = {});
  Result<VersionInfo> Version(const Call& call = {});
  Result<EngineInfo> Info(const Call& call = {});

  // Images. At most one pull per (reference, platform, credentials) runs; further callers share it.
  Result<ImageInfo> InspectImage(std::string_view reference, const Call& call = {});
  Result<> PullImage(std::string_view reference, const PullOptions& options = {},
                     const Call& call = {});
  // The id of an image of the container as it is now; a running one is paused meanwhile. Its
  // environment and labels become the image's.
  Result<std::string> CommitContainer(std::string_view id, const CommitSpec& spec,
                                      const Call& call = {});
  Result<> RemoveImage(std::string_view reference, bool force = false, const Call& call = {});

  // Containers: `id` is an id or a name.
  Result<std::string> CreateContainer(const ContainerSpec& spec, const Call& call = {});
  Result<> StartContainer(std::string_view id, const Call& call = {});
  // SIGTERM (or the stop signal), SIGKILL after `grace`; lasts up to grace, which is added to the
  // time-out.
  Result<> StopContainer(std::string_view id, std::chrono::seconds grace, const Call& call = {});
  Result<> KillContainer(std::string_view id, std::string_view signal = "KILL",
                         const Call& call = {});
  Result<> RemoveContainer(std::string_view id, const RemoveOptions& options = {},
                           const Call& call = {});
  Result<> PauseContainer(std::string_view id, const Call& call = {});
  Result<> UnpauseContainer(std::string_view id, const Call& call = {});
  Result<> RenameContainer(std::string_view id, std::string_view name, const Call& call = {});
  Result<> UpdateContainer(std::string_view id, const Resources& resources, const Call& call = {});
  Result<ContainerInfo> InspectContainer(std::string_view id, const Call& call = {});
  Result<std::vector<ContainerSummary>> ListContainers(const ListOptions& options = {},
                                                       const Call& call = {});
  // Blocks until it does not run; the exit code. Its time-out says nothing about the engine.
  Result<int> WaitContainer(std::string_view id, const Call& call = {});
  Result<> ContainerLogs(std::string_view id, const LogOptions& options, const LogSink& sink,
                         const Call& call = {});
  Result<ContainerStats> StatsContainer(std::string_view id, const Call& call = {});

  // Exec: create, start (the stream), then inspect for the exit code.
  Result<std::string> CreateExec(std::string_view container, const ExecSpec& spec,
                                 const Call& call = {});
  Result<ExecStream> StartExec(std::string_view exec_id, bool tty, const Call& call = {});
  Result<> ResizeExec(std::string_view exec_id, int rows, int columns, const Call& call = {});
  Result<ExecInfo> InspectExec(std::string_view exec_id, const Call& call = {});

  Result<NetworkInfo> InspectNetwork(std::string_view name, const Call& call = {});
  Result<std::vector<NetworkInfo>> ListNetworks(const Filters& filters = {}, const Call& call = {});
  Result<std::string> CreateNetwork(const NetworkSpec& spec, const Call& call = {});
  Result<> RemoveNetwork(std::string_view name, const Call& call = {});

  Result<VolumeInfo> InspectVolume(std::string_view name, const Call& call = {});
  Result<std::vector<VolumeInfo>> ListVolumes(const Filters& filters = {}, const Call& call = {});
  // Idempotent in the engine: an existing volume of that name and driver is returned.
  Result<VolumeInfo> CreateVolume(const VolumeSpec& spec, const Call& call = {});
  Result<> RemoveVolume(std::string_view name, bool force = false, const Call& call = {});

  // One connection of the event stream: `on_connected` once the engine has answered, then lines,
  // until the stream ends (an error, always). EventStream (events.h) is the thing to use.
  struct EventQuery {
    Filters filters;
    std::int64_t since_nano = 0;  // replay from here; 0 = only new ones
  };
  Error StreamEvents(const EventQuery& query, const Call& call,
                     const std::function<void()>& on_connected,
                     const std::function<void(const Event&)>& on_event);

  BreakerState State() const { return breaker_.State(); }
  std::vector<CallStats> Stats() const { return calls_.Read(); }  // since it was opened

 private:
  Client(ClientOptions options, Clock& clock, std::unique_ptr<Transport> transport);

  // The engine is asked at the first call which API version to speak.
  Result<std::string> ApiPrefix(const Call& call);
  Result<> Negotiate(const Call& call, bool bypass_breaker);
  // Breaker, version prefix, the call, status -> error.
  Result<Response> Do(Request request, const Call& call);
  Result<> PullOnce(std::string_view reference, const PullOptions& options, const Call& call);
  Call WithDefaults(const Call& call) const;

  ClientOptions options_;
  Clock& clock_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<PullFlights> pulls_;
  Breaker breaker_;
  CallCounters calls_;
  std::mutex version_mutex_;
  std::string api_prefix_;  // "/v1.41"; empty = not negotiated yet. Guarded by version_mutex_
};

}  // namespace osbx::docker

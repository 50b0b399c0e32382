// SPDX-License-Identifier: Apache-2.0
// A Docker Engine without containers: a real HTTP server on a unix socket in a temp dir, with the
// state, statuses and events of Docker 20.10 (API 1.41). tests/conformance/docker holds it to the
// real one. A "process" is what its command says, as far as script.h understands it; anything else
// runs until it is killed. Thread-safe.
//
// Faults name routes as "POST /containers/*/start": version-less, "*" is one segment.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace osbx::fakes {

struct FakeImage {
  std::string os = "linux";
  std::string architecture = "amd64";
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd = {"sh"};
  std::map<std::string, std::string> labels;
};

// Whether a broken request was carried out before it broke.
enum class Effect { kNone, kDone };

class FakeDocker {
 public:
  // Listens; has the image "busybox" and the networks bridge, host and none. `clock` tells the
  // times of containers and events.
  explicit FakeDocker(const Clock& clock = RealClock());
  ~FakeDocker();
  FakeDocker(const FakeDocker&) = delete;
  FakeDocker& operator=(const FakeDocker&) = delete;

  std::string Host() const;  // "unix:///…"

  // The world.
  void AddImage(const std::string& reference, FakeImage image = {});
  void AddPullable(const std::string& reference, FakeImage image = {});  // absent until pulled
  void AddDenied(const std::string& reference);                          // its pull is denied
  // Pullable with these credentials only.
  void AddPrivate(const std::string& reference, const std::string& username,
                  const std::string& password);
  void AddNetwork(const std::string& name);
  // A container as from another client; returns its id. Throws where the engine would refuse it
  // (a name has at least two characters).
  std::string AddContainer(const std::string& name,
                           const std::map<std::string, std::string>& labels, bool running = true);
  // Default on, as the engine does: a bind source that does not exist is refused.
  void CheckBindSources(bool check);
  // What a process does on SIGTERM: exit with 143 (true), or ignore it, as a PID 1 without a
  // handler does (false, the default): stop then ends it with 137.
  void HonourTerm(bool honour);

  // Faults.
  void FailNext(const std::string& route, int status, int times = 1,
                const std::string& message = "injected failure");
  void DropConnection(const std::string& route, Effect effect = Effect::kNone, int times = 1);
  void Delay(const std::string& route, std::chrono::milliseconds delay, int times = 1'000'000);
  // Answers only after ReleaseHung, then by closing the connection.
  void Hang(const std::string& route, Effect effect = Effect::kNone, int times = 1);
  void ReleaseHung();
  void ClearFaults();
  // Down: nobody listens, connections break, events are forgotten; containers stay.
  void SetDown(bool down);
  void BreakEventStreams();

  // Behind the client's back.
  bool ExitContainer(const std::string& id, int code, bool oom = false);
  bool RemoveContainer(const std::string& id);
  bool AppendLog(const std::string& id, std::string_view text, bool to_stderr = false);
  void EmitEvent(const std::string& type, const std::string& action, const std::string& id,
                 const std::map<std::string, std::string>& attributes = {});

  // Records.
  int Requests(const std::string& route) const;
  int Hanging() const;                             // requests that hang now
  int EventReaders() const;                        // open event streams
  std::vector<std::string> CreatedBodies() const;  // JSON, in order
  std::size_t Containers() const;
  // What a list of all containers would answer now, faults or not.
  std::string ListBody() const;
  // The events from number `next` on, as JSON lines; `next` moves behind the last.
  std::vector<std::string> EventsFrom(std::uint64_t& next) const;
  std::string StatusOf(const std::string& id) const;  // "running", …; empty when there is none

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace osbx::fakes

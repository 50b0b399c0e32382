// SPDX-License-Identifier: Apache-2.0
// The state of the fake engine and what its routes do to it. Thread-safe: one mutex; the streams
// (events, logs, wait) block on it and give up when their `gone` says so.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "fakes/fake_docker/fake_docker.h"
#include "fakes/fake_docker/http.h"
#include "fakes/fake_docker/script.h"

namespace osbx::fakes::docker {

using StringMap = std::map<std::string, std::string>;

struct LogLine {
  Time time;
  bool to_stderr = false;
  std::string text;  // with its newline
};

struct Container {
  std::string id;
  std::string name;
  std::string image;
  std::string image_id;
  Json config;  // of the create body, without HostConfig
  Json host;    // HostConfig
  StringMap labels;
  Json mounts = Json::array();  // as inspect shows them
  std::string status = "created";
  std::string error;
  int pid = 0;
  int exit_code = 0;
  bool oom = false;
  bool tty = false;
  Time created_at;
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  Json ports = Json::object();
  std::string address;
  std::vector<LogLine> logs;
  std::string row;  // its line of the list, kept until it changes

  bool Alive() const { return status == "running" || status == "paused"; }
};

struct Image {
  std::string id;
  std::string reference;
  FakeImage shape;
};

struct Exec {
  std::string id;
  std::string container;
  Json spec;
  Script script;
  bool started = false;
  bool running = false;
  int exit_code = 0;
};

struct EventRecord {
  std::int64_t time_nano = 0;
  Json json;
};

// What a pull says: lines of progress, or a status of its own.
struct PullScript {
  int status = 200;
  std::vector<std::string> lines;  // or the one body of a failure
};

class Engine {
 public:
  explicit Engine(const Clock& clock);

  // Whole answers. `rest` is the path behind the kind: {"<id>", "start"}.
  HttpReply Containers(const HttpRequest& request);
  HttpReply Images(const HttpRequest& request);
  HttpReply Commit(const HttpRequest& request);
  HttpReply Networks(const HttpRequest& request);
  HttpReply Volumes(const HttpRequest& request);
  HttpReply Execs(const HttpRequest& request);
  HttpReply Info();

  // Streams.
  using Sink = std::function<bool(std::string_view)>;
  using Gone = std::function<bool()>;
  std::optional<HttpReply> Pull(const HttpRequest& request, PullScript& out);
  void StreamEvents(const HttpRequest& request, const Sink& sink, const Gone& gone);
  std::optional<HttpReply> CheckLogs(const HttpRequest& request);
  void StreamLogs(const HttpRequest& request, const Sink& sink, const Gone& gone);
  HttpReply Wait(const HttpRequest& request, const Gone& gone);
  std::optional<HttpReply> StartExec(const HttpRequest& request, Exec& out);
  void FinishExec(const std::string& id);

  // From outside.
  void AddImage(const std::string& reference, const FakeImage& shape);
  void AddPullable(const std::string& reference, const FakeImage& shape, const std::string& auth);
  void AddDenied(const std::string& reference);
  void AddNetwork(const std::string& name);
  std::string AddContainer(const std::string& name, const StringMap& labels, bool running);
  void SetCheckBindSources(bool check);
  void SetHonourTerm(bool honour);
  bool Exit(const std::string& id, int code, bool oom);
  bool Remove(const std::string& id);
  bool AppendLog(const std::string& id, std::string_view text, bool to_stderr);
  void Emit(const std::string& type, const std::string& action, const std::string& id,
            const StringMap& attributes);
  std::vector<std::string> EventsFrom(std::uint64_t& next) const;
  void ForgetEvents();
  void WakeAll();
  std::vector<std::string> CreatedBodies() const;
  std::size_t Count() const;
  std::string StatusOf(const std::string& id) const;
  int EventReaders() const;

 private:
  using Verb = HttpReply (Engine::*)(Container&, const HttpRequest&);
  static const std::map<std::string, Verb>& Verbs();

  // All below: with the mutex held.
  HttpReply Create(const HttpRequest& request);
  std::optional<HttpReply> RefuseHost(const Json& host) const;
  HttpReply Start(Container& container, const HttpRequest& request);
  HttpReply Stop(Container& container, const HttpRequest& request);
  HttpReply Kill(Container& container, const HttpRequest& request);
  HttpReply Pause(Container& container, const HttpRequest& request);
  HttpReply Unpause(Container& container, const HttpRequest& request);
  HttpReply Rename(Container& container, const HttpRequest& request);
  HttpReply Update(Container& container, const HttpRequest& request);
  HttpReply Stats(Container& container, const HttpRequest& request);
  HttpReply CreateExec(Container& container, const HttpRequest& request);
  HttpReply Delete(Container& container, const HttpRequest& request);
  HttpReply List(const HttpRequest& request);
  Json Inspect(const Container& container) const;
  const std::string& Row(Container& container) const;
  std::optional<HttpReply> JoinNetwork(Container& container);
  void Run(Container& container);
  void Die(Container& container, int code, bool oom);
  void Destroy(Container& container);
  void Changed(Container& container, const std::string& action, const StringMap& extra = {});
  void Record(const std::string& type, const std::string& action, const std::string& id,
              const StringMap& attributes);
  Container* Find(const std::string& id);
  const Container* Find(const std::string& id) const;
  const Image* FindImage(const std::string& reference) const;
  Json MountsOf(const Json& host);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<Container>> containers_;       // by id
  StringMap names_;                                                    // name -> id
  std::map<std::string, Image> images_;                                // by normal reference
  std::map<std::string, std::pair<FakeImage, std::string>> pullable_;  // and its credential
  std::set<std::string> denied_;
  std::map<std::string, Json> networks_;  // by name
  std::map<std::string, Json> volumes_;   // by name
  std::map<std::string, Exec> execs_;
  std::deque<EventRecord> events_;
  std::uint64_t first_event_ = 0;  // number of events_.front()
  std::int64_t last_nano_ = 0;
  std::vector<std::string> created_bodies_;
  int next_pid_ = 1000;
  int next_port_ = 32768;
  unsigned next_address_ = 2;
  int event_readers_ = 0;
  bool check_bind_sources_ = true;
  bool honour_term_ = false;
};

// "{"message":…}".
HttpReply Refusal(int status, const std::string& message);
HttpReply JsonReply(int status, const Json& body);
int SignalNumber(std::string name);                         // "TERM", "SIGTERM", "15"; 0 = none
std::string NormalReference(const std::string& reference);  // with a tag
std::string FrameBytes(bool to_stderr, const std::string& text, bool tty);
std::string EngineTime(std::optional<Time> time);  // RFC 3339 with nanoseconds
// The engine's filters parameter; nullopt when it is not valid JSON of the right shape.
using FilterMap = std::map<std::string, std::set<std::string>>;
std::optional<FilterMap> ParseFilters(const std::string& text);
bool LabelsMatch(const std::set<std::string>& wanted, const StringMap& labels);

}  // namespace osbx::fakes::docker

// SPDX-License-Identifier: Apache-2.0
// The inside of Server: the io loop, the set of sessions, the pool and the handlers' own threads.
// Internal to pkg/http (it includes Asio). Sessions and the timers live on the io thread; Post,
// After and RunThread are thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/unique_fd.h"
#include "http/backend_pool.h"
#include "http/server.h"
#include "http/transport.h"

namespace osbx::http {

// Certificate and key of a TLS listener. Defined in tls.h, which the TLS-less build has no part of.
struct TlsContext;
using TlsContextPtr = std::shared_ptr<TlsContext>;

// What the core needs to know of a session, whatever its transport. Io thread only.
class Session {
 public:
  virtual ~Session() = default;
  // Ends the session after the response under way; at once when it is idle.
  virtual void Drain() = 0;
  // Closes the socket: every operation fails.
  virtual void Kill() = 0;
  // The backend it waits for is late.
  virtual void BackendLate() = 0;

  // When it must have made progress: the core's sweep kills it afterwards.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  // The same of a second coroutine, which reads from the client while the first one writes.
  std::chrono::steady_clock::time_point read_deadline =
      std::chrono::steady_clock::time_point::max();
  // When the backend that a request was passed on to must have made progress.
  std::chrono::steady_clock::time_point backend_deadline =
      std::chrono::steady_clock::time_point::max();
};

class Core final : public Loop {
 public:
  Core(ServerOptions options, Router router);
  ~Core() override;

  Result<> Start();
  void Stop(std::chrono::milliseconds grace);
  std::uint16_t Port(std::size_t listener) const;

  void Post(std::function<void()> work) override;
  std::uint64_t After(std::chrono::milliseconds delay, std::function<void()> work) override;
  void Cancel(std::uint64_t timer) override;

  // ---- for sessions ----
  const ServerOptions& options() const { return options_; }
  const Router& router() const { return router_; }
  Counters& counters() { return counters_; }
  BackendPool& backends() { return backends_; }  // io thread
  Executor executor() { return io_.get_executor(); }
  asio::thread_pool& pool();                   // started by its first use; io thread
  bool Stopping() const { return stopping_; }  // io thread
  // Starts a thread for `work`; false when there are too many, of ours or of the machine's.
  bool RunThread(std::function<void()> work);
  void Add(Session* session);
  void Remove(Session* session);
  // "Date: …\r\n", made once per second. Io thread.
  const std::string& DateLine();

 private:
  struct Open {
    UniqueFd fd;
    std::unique_ptr<asio::posix::basic_stream_descriptor<Executor>> descriptor;
    TlsContextPtr tls;
    int family = 0;
    std::uint16_t port = 0;
    std::string unix_path;
  };
  struct Thread {
    std::thread thread;
    bool done = false;
  };

  Result<> OpenListener(const Listener& listener);
  Result<> BindTcp(const Listener& listener, Open& open);
  Result<> BindUnix(const Listener& listener, Open& open);
  Task<void> Accept(Open* open);
  void StartSession(const Open& open, int fd, std::string peer);
  void ArmSweep();
  void Sweep();
  void ReapThreads(bool all);
  bool WaitForSessions(std::chrono::milliseconds patience);

  ServerOptions options_;
  Router router_;
  Counters counters_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<Open>> open_;
  std::thread io_thread_;

  // io thread
  bool stopping_ = false;
  std::unordered_set<Session*> sessions_;
  BackendPool backends_;
  std::unordered_map<std::uint64_t, std::unique_ptr<SteadyTimer>> timers_;
  SteadyTimer sweep_timer_{io_};
  bool sweeping_ = false;  // the timer is armed
  std::time_t date_second_ = 0;
  std::string date_line_;

  std::atomic<std::uint64_t> next_timer_{1};
  std::mutex mutex_;  // below
  std::unique_ptr<asio::thread_pool> pool_;
  std::condition_variable no_sessions_;
  std::size_t session_count_ = 0;
  std::list<Thread> threads_;
  std::size_t running_threads_ = 0;
  bool started_ = false;
  bool stopped_ = false;
};

// A session on `socket`, spawned on the core's executor (session_plain.cc, session_tls.cc).
void SpawnPlainSession(Core& core, Socket socket, std::string peer);
void SpawnTlsSession(Core& core, Socket socket, std::string peer, TlsContextPtr tls);
// Loads what the listener names (tls.cc). In the TLS-less build these two are static/no_tls.cc:
// kUnimplemented, and never called.
Result<TlsContextPtr> OpenTls(const Listener& listener);

}  // namespace osbx::http

// SPDX-License-Identifier: Apache-2.0
#include "http/core.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace osbx::http {

namespace {
constexpr auto kSweepInterval = std::chrono::milliseconds(100);
constexpr auto kKillPatience = std::chrono::milliseconds(1000);
}  // namespace

Event::Event(const Executor& executor)
    : timer_(executor, std::chrono::steady_clock::time_point::max()) {}

void Event::Set() {
  set_ = true;
  timer_.cancel_one();
}

Task<void> Event::Wait() {
  while (!set_) {
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable_t<Executor>{}));
  }
  set_ = false;
}

Core::Core(ServerOptions options, Router router)
    : options_(std::move(options)), router_(std::move(router)) {}

Core::~Core() {
  Stop(std::chrono::milliseconds(0));
}

Result<> Core::Start() {
  for (const Listener& listener : options_.listeners) OSBX_CHECK(OpenListener(listener));
  for (const auto& open : open_) {
    open->descriptor =
        std::make_unique<asio::posix::basic_stream_descriptor<Executor>>(io_, open->fd.Get());
    asio::co_spawn(io_, Accept(open.get()), asio::detached);
  }
  started_ = true;
  io_thread_ = std::thread([this] {
    const auto work = asio::make_work_guard(io_);
    while (!io_.stopped()) {
      try {
        io_.run();
      } catch (const std::exception& e) {
        log::Error("a callback of the io thread threw", {{"what", e.what()}});
      }
    }
  });
  return {};
}

asio::thread_pool& Core::pool() {
  const std::lock_guard lock(mutex_);  // Stop looks whether there is one
  if (!pool_) {
    pool_ = std::make_unique<asio::thread_pool>(std::max<std::size_t>(1, options_.pool_threads));
  }
  return *pool_;
}

// One timer for all sessions: a timer per operation would cost more than the operation. A server
// without sessions never wakes up.
void Core::ArmSweep() {
  if (sweeping_ || (sessions_.empty() && backends_.Empty())) return;
  sweeping_ = true;
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([this](const boost::system::error_code& ec) {
    sweeping_ = false;
    if (!ec) Sweep();
  });
}

// Ends what made no progress in time.
void Core::Sweep() {
  const auto now = std::chrono::steady_clock::now();
  for (Session* session : sessions_) {
    if (session->deadline < now || session->read_deadline < now) {
      session->Kill();
    } else if (session->backend_deadline < now) {
      session->BackendLate();
    }
  }
  backends_.Trim(now - options_.limits.backend_idle);
  ArmSweep();
}

bool Core::WaitForSessions(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return no_sessions_.wait_for(lock, patience, [this] { return session_count_ == 0; });
}

void Core::Stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  for (const auto& open : open_) {
    if (!open->unix_path.empty()) ::unlink(open->unix_path.c_str());
  }
  if (!started_) return;
  asio::post(io_, [this] {
    stopping_ = true;
    for (const auto& open : open_) {
      open->descriptor->release();  // cancels the wait; the listener owns the descriptor
      open->fd.Reset();
    }
    backends_.Clear();
    const std::vector<Session*> sessions(sessions_.begin(), sessions_.end());
    for (Session* session : sessions) session->Drain();
  });
  if (!WaitForSessions(grace)) {
    asio::post(io_, [this] {
      const std::vector<Session*> sessions(sessions_.begin(), sessions_.end());
      for (Session* session : sessions) session->Kill();
    });
  }
  asio::thread_pool* pool = nullptr;
  {
    const std::lock_guard lock(mutex_);
    pool = pool_.get();
  }
  if (pool != nullptr) pool->join();
  ReapThreads(true);
  WaitForSessions(kKillPatience);
  io_.stop();
  io_thread_.join();
  timers_.clear();
}

std::uint16_t Core::Port(std::size_t listener) const {
  return listener < open_.size() ? open_[listener]->port : std::uint16_t{0};
}

void Core::Post(std::function<void()> work) {
  asio::post(io_, std::move(work));
}

std::uint64_t Core::After(std::chrono::milliseconds delay, std::function<void()> work) {
  const std::uint64_t id = next_timer_.fetch_add(1);
  auto arm = [this, id, delay, work = std::move(work)]() mutable {
    auto& timer = timers_[id] = std::make_unique<SteadyTimer>(io_, delay);
    timer->async_wait([this, id, work = std::move(work)](const boost::system::error_code& ec) {
      if (ec) return;
      timers_.erase(id);
      work();
    });
  };
  if (executor().running_in_this_thread()) {
    arm();
  } else {
    asio::post(io_, std::move(arm));
  }
  return id;
}

void Core::Cancel(std::uint64_t timer) {
  if (executor().running_in_this_thread()) {
    timers_.erase(timer);
  } else {
    asio::post(io_, [this, timer] { timers_.erase(timer); });
  }
}

bool Core::RunThread(std::function<void()> work) {
  ReapThreads(false);
  const std::lock_guard lock(mutex_);
  if (running_threads_ >= options_.limits.threads) return false;
  Thread& entry = threads_.emplace_back();
  auto body = [this, &entry, work = std::move(work)] {
    try {
      work();
    } catch (const std::exception& e) {
      log::Error("a handler threw", {{"what", e.what()}});
    }
    const std::lock_guard done_lock(mutex_);
    --running_threads_;
    entry.done = true;
  };
  try {
    entry.thread = std::thread(std::move(body));
  } catch (const std::system_error&) {  // the process limit of a sandbox is reached
    threads_.pop_back();
    return false;
  }
  ++running_threads_;
  return true;
}

// Joins threads that have finished, or all of them.
void Core::ReapThreads(bool all) {
  std::list<Thread> finished;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = threads_.begin(); it != threads_.end();) {
      const auto next = std::next(it);
      if (all || it->done) finished.splice(finished.end(), threads_, it);
      it = next;
    }
  }
  for (Thread& entry : finished) entry.thread.join();
}

void Core::Add(Session* session) {
  sessions_.insert(session);
  ArmSweep();
  counters_.connections.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  ++session_count_;
}

void Core::Remove(Session* session) {
  if (sessions_.erase(session) == 0) return;
  counters_.connections.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (--session_count_ == 0) no_sessions_.notify_all();
}

const std::string& Core::DateLine() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 64> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    date_line_.assign(text.data(), size);
  }
  return date_line_;
}

}  // namespace osbx::http

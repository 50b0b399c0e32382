// SPDX-License-Identifier: Apache-2.0
// A fixed number of threads that run tasks in the order of their arrival; without any, whoever owns
// the pool runs them. A task gets a stop token
// that Stop sets, and ends soon after. An exception that leaves a task is logged, as the bug it is.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace osbx {

class ThreadPool {
 public:
  using Task = std::function<void(const std::stop_token&)>;

  // The name (at most 11 characters count) is what `top -H` shows, with a number.
  ThreadPool(const std::string& name, std::size_t threads);
  ~ThreadPool() { Stop(); }

  // False after Stop: the task will not run.
  bool Post(Task task);

  // Runs the first waiting task on the caller's thread. False: there is none.
  bool RunOne();

  // Sets the stop tokens, drops what has not begun and waits for the rest. Idempotent; not from a
  // task.
  void Stop();

 private:
  void Run(const std::stop_token& stop);

  std::mutex mutex_;  // guards the two below
  std::deque<Task> tasks_;
  bool stopped_ = false;
  std::condition_variable_any arrived_;

  std::mutex stop_mutex_;
  std::vector<std::jthread> threads_;
};

// Names the calling thread for debuggers and `top -H` (at most 15 characters).
void NameThisThread(const std::string& name);

}  // namespace osbx

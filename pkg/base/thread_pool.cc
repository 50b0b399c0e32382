// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <pthread.h>

#include <exception>
#include <utility>

#include "base/log.h"

namespace osbx {
namespace {

constexpr std::size_t kMaxThreadName = 15;  // pthread_setname_np(3)
constexpr std::size_t kMaxPoolName = 11;

void RunCaught(const ThreadPool::Task& task, const std::stop_token& stop) {
  try {
    task(stop);
  } catch (const std::exception& exception) {
    log::Error("a task threw: this is a bug", {{"what", exception.what()}});
  } catch (...) {
    log::Error("a task threw: this is a bug");
  }
}

}  // namespace

void NameThisThread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, kMaxThreadName).c_str());
}

ThreadPool::ThreadPool(const std::string& name, std::size_t threads) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, label = name.substr(0, kMaxPoolName) + "-" +
                                         std::to_string(i)](const std::stop_token& stop) {
      NameThisThread(label);
      Run(stop);
    });
  }
}

bool ThreadPool::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    tasks_.push_back(std::move(task));
  }
  arrived_.notify_one();
  return true;
}

bool ThreadPool::RunOne() {
  Task task;
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  RunCaught(task, {});
  return true;
}

void ThreadPool::Stop() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(tasks_);
  }
  const std::lock_guard lock(stop_mutex_);
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

void ThreadPool::Run(const std::stop_token& stop) {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      if (!arrived_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    RunCaught(task, stop);
  }
}

}  // namespace osbx

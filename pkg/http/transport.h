// SPDX-License-Identifier: Apache-2.0
// The Asio types that everything inside pkg/http is made of, and an event coroutines wait for.
// Internal to pkg/http (it includes Asio).
#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

namespace osbx::http {

namespace asio = boost::asio;

// One io thread needs no strand; with more threads this alias becomes asio::strand<…>.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <class T>
using Task = asio::awaitable<T, Executor>;

// A flag a coroutine waits for. Io thread only.
class Event {
 public:
  explicit Event(const Executor& executor);
  void Set();
  Task<void> Wait();  // returns when set, and clears it

 private:
  SteadyTimer timer_;
  bool set_ = false;
};

}  // namespace osbx::http

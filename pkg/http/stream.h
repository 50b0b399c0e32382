// SPDX-License-Identifier: Apache-2.0
// The writing end of a chunked response. Chunks are queued and sent in order; the queue is bounded,
// so that a slow client costs memory only up to a limit. Thread-safe; outlives the connection.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace osbx::http {

using Slice = std::shared_ptr<const std::string>;  // immutable bytes, shared by many responses

class StreamWriter {
 public:
  virtual ~StreamWriter() = default;

  // Queues one chunk without blocking. False, and nothing queued, when the stream is closed or the
  // queue is full: then the caller gives up (Abort) or, on a thread of its own, waits (WriteAll).
  virtual bool Write(Slice chunk) = 0;
  bool Write(std::string chunk) {
    return Write(std::make_shared<const std::string>(std::move(chunk)));
  }

  // As Write, but waits for room. False when the stream was closed meanwhile. Never on the io
  // thread.
  virtual bool WriteAll(Slice chunk) = 0;

  // Ends the response properly once the queue is sent. Idempotent.
  virtual void Close() = 0;

  // Drops the connection: what is queued is lost and the client sees a broken stream. Idempotent.
  virtual void Abort() = 0;

  // True after Close or Abort, when the client has gone, or the server is stopping.
  virtual bool Closed() const = 0;

  // `gone` is called exactly once, on the io thread, when the stream has ended for any reason;
  // at once (from the calling thread) if it has already.
  virtual void OnEnd(std::function<void()> gone) = 0;

  // `room` is called on the io thread whenever the queue has emptied after a Write that found it
  // full: for writers that neither block nor give up. Set it before the first Write.
  virtual void OnRoom(std::function<void()> room) = 0;
};
using StreamPtr = std::shared_ptr<StreamWriter>;

}  // namespace osbx::http

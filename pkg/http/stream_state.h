// SPDX-License-Identifier: Apache-2.0
// The queue between a StreamWriter's users and the session that sends. The session side (Take,
// Finish) is used on the io thread only; the writer side by any thread. No lock is held across
// a callback, except `wake`, which only posts.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "http/stream.h"

namespace osbx::http {

class StreamState final : public StreamWriter {
 public:
  // `wake` tells the session that there is something to do; it must only post or set a flag.
  StreamState(std::size_t max_bytes, std::function<void()> wake);

  bool Write(Slice chunk) override;
  bool WriteAll(Slice chunk) override;
  void Close() override;
  void Abort() override;
  bool Closed() const override;
  void OnEnd(std::function<void()> gone) override;
  void OnRoom(std::function<void()> room) override;

  // ---- the session's side ----
  struct Batch {
    std::deque<Slice> chunks;
    bool last = false;     // nothing comes after these
    bool aborted = false;  // drop the connection
  };
  Batch Take();
  bool Aborted() const;
  // Aborted after a Write had found no room: the reader was too slow.
  bool Dropped() const;
  // The conversation is over: writers are refused, waiters woken, OnEnd's functions run.
  void Finish();

 private:
  enum class Phase { kOpen, kClosing, kAborted, kEnded };
  bool HasRoom(std::size_t size) const;
  void Wake();  // with mutex_ held

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::function<void()> wake_;  // empty once ended
  std::deque<Slice> queue_;
  std::size_t queued_bytes_ = 0;
  Phase phase_ = Phase::kOpen;
  bool overflowed_ = false;
  bool woken_ = false;    // a wake is under way
  bool refused_ = false;  // a Write has found no room since the queue was last taken
  std::function<void()> on_room_;
  std::vector<std::function<void()>> on_end_;
};

}  // namespace osbx::http

// SPDX-License-Identifier: Apache-2.0
// Watches (contract/kubectl.md §5.2). One hub follows the store: a commit wakes it once, it reads
// the new events of each watched kind once, encodes each at most once per form, and hands the bytes
// to every watcher. Every watcher sees every revision once and in order, or is told to list again
// (I8). All state lives on the io thread; Start may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apiserver/negotiate.h"
#include "apiserver/table.h"
#include "base/clock.h"
#include "http/server.h"
#include "registry/selectors.h"
#include "registry/watch_filter.h"
#include "store/store.h"

namespace osbx::apiserver {

// How a watcher wants its objects.
struct WatchForm {
  Wanted wanted;
  IncludeObject include = IncludeObject::kMetadata;
  bool operator==(const WatchForm& other) const {
    return wanted.as == other.wanted.as && wanted.version == other.wanted.version &&
           include == other.include;
  }
};

struct WatchOptions {
  const api::Kind* kind = nullptr;
  std::string ns;
  registry::Selector selector;
  WatchForm form;
  std::optional<store::Revision> from;  // absent: begin with all present objects
  bool initial_events = false;          // sendInitialEvents: end them with the marked bookmark
  bool bookmarks = false;
  std::chrono::seconds timeout{0};  // 0: between 30 and 60 minutes
};

// Of a list URL's query. Errors: 400, 422 and 500 Status, as the contract has them.
Result<WatchOptions> ParseWatch(const http::Request& request, const api::Kind& kind,
                                const std::string& ns);

class WatchHub {
 public:
  WatchHub(store::Store& store, Clock& clock, const Tables& tables);
  ~WatchHub();
  // Both on start-up, before the first watch; the loop must outlive the hub's use of it.
  void Attach(http::Loop& loop);
  // No more wakes; called when the server has stopped.
  void Detach();

  // The response that becomes the stream.
  http::Response Serve(WatchOptions options);
  std::int64_t Watchers() const { return watcher_count_.load(std::memory_order_relaxed); }

 private:
  struct Watcher;
  using WatcherPtr = std::shared_ptr<Watcher>;
  // Encodings of one event, by type, object and form.
  struct Encoded;

  void Begin(const WatcherPtr& watcher, http::StreamPtr stream, http::Slice initial);
  void Wake();  // any thread
  void Pump();
  void Deliver(Watcher& watcher, const store::Event& event, Encoded& encoded);
  void Follow(Watcher& watcher);
  void End(const WatcherPtr& watcher);
  void Drop(Watcher& watcher);
  void SendBookmarks();
  http::Slice Encode(Watcher& watcher, const registry::SeenEvent& seen, Encoded& encoded);
  std::string Object(const Watcher& watcher, const store::ObjectPtr& object,
                     bool with_columns) const;
  std::string Bookmark(const Watcher& watcher, store::Revision revision, bool initial_end) const;
  std::string Initial(Watcher& watcher, const WatchOptions& options);

  store::Store& store_;
  Clock& clock_;
  const Tables& tables_;
  http::Loop* loop_ = nullptr;
  store::Subscription subscription_;
  std::atomic<bool> wake_pending_{false};
  std::atomic<std::int64_t> watcher_count_{0};
  // io thread
  struct Group {
    store::Revision cursor = 0;  // every event up to here was delivered to all of them
    std::vector<WatcherPtr> watchers;
  };
  std::map<std::string, Group> groups_;  // by plural
  store::Revision reached_ = 0;          // no event at or below is still to be delivered
};

}  // namespace osbx::apiserver

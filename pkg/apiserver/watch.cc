// SPDX-License-Identifier: Apache-2.0
#include "apiserver/watch.h"

#include <algorithm>
#include <random>

#include <nlohmann/json.hpp>

#include "apiserver/status_body.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

constexpr std::size_t kBatch = 1000;  // events read from the store at a time
constexpr auto kBookmarkInterval = std::chrono::seconds(60);
constexpr std::int64_t kShortestTimeout = 1800;  // seconds; chosen at random, so that clients
constexpr std::int64_t kLongestTimeout = 3600;   // do not all come back at once

std::string_view NameOf(store::EventType type) {
  switch (type) {
    case store::EventType::kAdded:
      return "ADDED";
    case store::EventType::kModified:
      return "MODIFIED";
    case store::EventType::kDeleted:
      break;
  }
  return "DELETED";
}

std::string Frame(std::string_view type, std::string_view object) {
  std::string text;
  text.reserve(type.size() + object.size() + 26);
  text.append(R"({"type":")").append(type).append(R"(","object":)").append(object).append("}\n");
  return text;
}

std::string ExpiredFrame(store::Revision wanted, store::Revision oldest) {
  StatusDetails details;
  details.http_code = 410;
  details.reason = "Expired";
  const Error error = Error(Code::kExpired, "too old resource version: " + std::to_string(wanted) +
                                                " (" + std::to_string(oldest) + ")")
                          .WithDetails(std::move(details));
  return Frame("ERROR", registry::Dump(StatusOf(error)));
}

std::chrono::seconds RandomTimeout() {
  thread_local std::mt19937 generator{std::random_device{}()};
  return std::chrono::seconds(
      std::uniform_int_distribution<std::int64_t>(kShortestTimeout, kLongestTimeout)(generator));
}

}  // namespace

struct WatchHub::Watcher {
  WatchOptions options;
  store::Revision cursor = 0;  // every event up to here was delivered or does not concern it
  http::StreamPtr stream;
  std::uint64_t timer = 0;
  bool columns_sent = false;
  bool dead = false;  // its stream is ending; nothing more is delivered
};

struct WatchHub::Encoded {
  struct Entry {
    store::EventType type = store::EventType::kAdded;
    const store::Object* object = nullptr;
    WatchForm form;
    bool with_columns = false;
    http::Slice slice;
  };
  std::vector<Entry> entries;
};

WatchHub::WatchHub(store::Store& store, Clock& clock, const Tables& tables)
    : store_(store), clock_(clock), tables_(tables) {}
WatchHub::~WatchHub() = default;

void WatchHub::Attach(http::Loop& loop) {
  loop_ = &loop;
  subscription_ =
      store_.Subscribe([this](const std::vector<store::EventPtr>& /*events*/) { Wake(); });
  loop.Post([this] { SendBookmarks(); });
}

void WatchHub::Detach() {
  subscription_.Cancel();
  groups_.clear();
}

void WatchHub::Wake() {
  if (!wake_pending_.exchange(true)) loop_->Post([this] { Pump(); });
}

http::Response WatchHub::Serve(WatchOptions options) {
  auto watcher = std::make_shared<Watcher>();
  std::string initial;
  if (options.from) {
    watcher->cursor = *options.from < 0 ? store_.Current() : *options.from;
    if (watcher->cursor < store_.Oldest()) {
      const std::string expired = ExpiredFrame(watcher->cursor, store_.Oldest());
      return http::Response::Stream("application/json", [expired](const http::StreamPtr& stream) {
        stream->Write(expired);
        stream->Close();
      });
    }
  } else {
    initial = Initial(*watcher, options);
  }
  watcher->options = std::move(options);
  auto slice = std::make_shared<const std::string>(std::move(initial));
  return http::Response::Stream("application/json", [this, watcher, slice](http::StreamPtr stream) {
    Begin(watcher, std::move(stream), slice);
  });
}

// The present objects as ADDED events, as of one revision.
std::string WatchHub::Initial(Watcher& watcher, const WatchOptions& options) {
  watcher.options.kind = options.kind;
  watcher.options.form = options.form;
  const store::Snapshot snapshot = store_.List({.kind = options.kind->plural,
                                                .ns = options.ns,
                                                .labels = options.selector.labels.Equalities()});
  std::string text;
  for (const store::ObjectPtr& object : snapshot.objects) {
    if (!options.selector.Empty() && !options.selector.Matches(*object->body)) continue;
    text += Frame("ADDED", Object(watcher, object, !watcher.columns_sent));
    watcher.columns_sent = true;
  }
  watcher.cursor = snapshot.revision;
  if (options.initial_events && options.bookmarks) {
    text += Bookmark(watcher, snapshot.revision, true);
  }
  return text;
}

// What was there at the start and what has happened since goes out as one chunk, whatever its size:
// the queue's bound is for readers that fall behind.
void WatchHub::Begin(const WatcherPtr& watcher, http::StreamPtr stream, http::Slice initial) {
  watcher->stream = std::move(stream);
  watcher_count_.fetch_add(1, std::memory_order_relaxed);
  watcher->stream->OnEnd([this, watcher] { End(watcher); });
  if (!initial->empty()) watcher->stream->Write(std::move(initial));

  Group& group = groups_[watcher->options.kind->plural];
  const store::Revision now = store_.Current();
  if (group.watchers.empty()) group.cursor = std::min(watcher->cursor, now);
  group.watchers.push_back(watcher);
  if (watcher->cursor < group.cursor) Follow(*watcher);

  const auto timeout =
      watcher->options.timeout.count() > 0 ? watcher->options.timeout : RandomTimeout();
  watcher->timer = loop_->After(timeout, [this, watcher] {
    if (watcher->dead) return;
    if (watcher->options.bookmarks) watcher->stream->Write(Bookmark(*watcher, reached_, false));
    watcher->dead = true;
    watcher->stream->Close();
  });
  Pump();
}

// Brings a watcher that starts in the past up to where its group is.
void WatchHub::Follow(Watcher& watcher) {
  const store::Revision goal = groups_[watcher.options.kind->plural].cursor;
  std::string text;
  while (watcher.cursor < goal) {
    const auto events = store_.EventsAfter(watcher.options.kind->plural, watcher.cursor, kBatch);
    if (!events) {
      text += ExpiredFrame(watcher.cursor, store_.Oldest());
      watcher.dead = true;
      break;
    }
    for (const store::EventPtr& event : *events) {
      if (event->revision > goal) break;
      watcher.cursor = event->revision;
      const auto seen = registry::FilterEvent(*event, watcher.options.ns, watcher.options.selector);
      if (!seen) continue;
      text += Frame(NameOf(seen->type), Object(watcher, seen->object, !watcher.columns_sent));
      watcher.columns_sent = true;
    }
    if (events->size() < kBatch) break;
  }
  if (!watcher.dead) watcher.cursor = std::max(watcher.cursor, goal);
  if (!text.empty() && !watcher.stream->Write(std::move(text))) Drop(watcher);
  if (watcher.dead) watcher.stream->Close();
}

void WatchHub::End(const WatcherPtr& watcher) {
  watcher->dead = true;
  loop_->Cancel(watcher->timer);
  Group& group = groups_[watcher->options.kind->plural];
  const auto found = std::find(group.watchers.begin(), group.watchers.end(), watcher);
  if (found == group.watchers.end()) return;
  *found = std::move(group.watchers.back());
  group.watchers.pop_back();
  watcher_count_.fetch_sub(1, std::memory_order_relaxed);
}

// Too slow, or gone: the client comes back with its last revision.
void WatchHub::Drop(Watcher& watcher) {
  watcher.dead = true;
  watcher.stream->Abort();
}

void WatchHub::Pump() {
  wake_pending_ = false;  // before reading: a commit from here on wakes again
  const store::Revision now = store_.Current();
  for (auto& [plural, group] : groups_) {
    bool more = !group.watchers.empty() && group.cursor < now;
    while (more) {
      const auto events = store_.EventsAfter(plural, group.cursor, kBatch);
      if (!events) {
        const std::string expired = ExpiredFrame(group.cursor, store_.Oldest());
        for (const WatcherPtr& watcher : group.watchers) {
          if (watcher->dead) continue;
          watcher->dead = true;
          watcher->stream->Write(expired);
          watcher->stream->Close();
        }
        break;
      }
      for (const store::EventPtr& event : *events) {
        Encoded encoded;
        for (const WatcherPtr& watcher : group.watchers) Deliver(*watcher, *event, encoded);
        group.cursor = event->revision;
      }
      more = events->size() == kBatch;
    }
    group.cursor = std::max(group.cursor, now);
  }
  reached_ = now;
}

void WatchHub::Deliver(Watcher& watcher, const store::Event& event, Encoded& encoded) {
  if (watcher.dead || event.revision <= watcher.cursor) return;
  watcher.cursor = event.revision;
  const auto seen = registry::FilterEvent(event, watcher.options.ns, watcher.options.selector);
  if (seen && !watcher.stream->Write(Encode(watcher, *seen, encoded))) Drop(watcher);
}

http::Slice WatchHub::Encode(Watcher& watcher, const registry::SeenEvent& seen, Encoded& encoded) {
  const bool with_columns = watcher.options.form.wanted.as == As::kTable && !watcher.columns_sent;
  watcher.columns_sent = true;
  for (const Encoded::Entry& entry : encoded.entries) {
    if (entry.type == seen.type && entry.object == seen.object.get() &&
        entry.form == watcher.options.form && entry.with_columns == with_columns) {
      return entry.slice;
    }
  }
  auto slice = std::make_shared<const std::string>(
      Frame(NameOf(seen.type), Object(watcher, seen.object, with_columns)));
  const bool shared = seen.object.use_count() > 1;  // otherwise made for this watcher alone
  if (shared) {
    encoded.entries.push_back({.type = seen.type,
                               .object = seen.object.get(),
                               .form = watcher.options.form,
                               .with_columns = with_columns,
                               .slice = slice});
  }
  return slice;
}

std::string WatchHub::Object(const Watcher& watcher, const store::ObjectPtr& object,
                             bool with_columns) const {
  const WatchForm& form = watcher.options.form;
  if (form.wanted.as == As::kTable) {
    const std::string metadata =
        R"({"resourceVersion":")" + std::to_string(object->revision) + R"("})";
    return tables_.Render(
        *watcher.options.kind, {object}, metadata,
        {.version = form.wanted.version, .include = form.include, .with_columns = with_columns},
        clock_.Now());
  }
  if (form.wanted.as == As::kPartial) return PartialObject(*object->body, form.wanted.version);
  return *object->bytes;
}

std::string WatchHub::Bookmark(const Watcher& watcher, store::Revision revision,
                               bool initial_end) const {
  Json metadata = {{"resourceVersion", std::to_string(revision)}};
  if (initial_end) metadata["annotations"] = {{"k8s.io/initial-events-end", "true"}};
  const WatchForm& form = watcher.options.form;
  Json object;
  if (form.wanted.as == As::kTable) {
    object = {{"kind", "Table"},
              {"apiVersion", "meta.k8s.io/" + form.wanted.version},
              {"columnDefinitions", Json::array()},
              {"rows", Json::array()}};
  } else if (form.wanted.as == As::kPartial) {
    object = {{"kind", "PartialObjectMetadata"}, {"apiVersion", "meta.k8s.io/v1"}};
  } else {
    object = {{"kind", watcher.options.kind->kind},
              {"apiVersion", watcher.options.kind->ApiVersion()}};
  }
  object["metadata"] = std::move(metadata);
  return Frame("BOOKMARK", registry::Dump(object));
}

void WatchHub::SendBookmarks() {
  Pump();
  for (auto& [plural, group] : groups_) {
    for (const WatcherPtr& watcher : group.watchers) {
      if (watcher->dead || !watcher->options.bookmarks || watcher->cursor > reached_) continue;
      if (!watcher->stream->Write(Bookmark(*watcher, reached_, false))) Drop(*watcher);
    }
  }
  loop_->After(kBookmarkInterval, [this] { SendBookmarks(); });
}

}  // namespace osbx::apiserver

// SPDX-License-Identifier: Apache-2.0
// Lists: selectors, revisions and pages over one snapshot (contract/kubectl.md §5.1).
#include <algorithm>
#include <charconv>
#include <tuple>

#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "registry/continue_token.h"
#include "registry/errors.h"
#include "registry/registry.h"
#include "registry/selectors.h"

namespace osbx::registry {
namespace {

enum class Match { kNewest, kNotOlderThan, kExact };

// The raw options, understood.
struct ListRequest {
  Selector selector;
  std::int64_t limit = 0;  // 0: none
  Match match = Match::kNewest;
  store::Revision revision = 0;
  std::optional<ContinueToken> after;
};

std::optional<std::int64_t> ToInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

Error InvalidMatch(std::string_view why) {
  return InvalidOptions("ListOptions", {api::Forbidden("resourceVersionMatch", why)});
}

Result<> CheckMatch(const ListOptions& options) {
  const std::string& match = options.resource_version_match;
  if (match.empty()) return {};
  if (match != "Exact" && match != "NotOlderThan") {
    return InvalidOptions("ListOptions", {api::Unsupported("resourceVersionMatch", Json(match),
                                                           {"Exact", "NotOlderThan"})});
  }
  if (!options.continue_token.empty()) {
    return InvalidMatch("resourceVersionMatch is forbidden when continue is provided");
  }
  if (options.resource_version.empty()) {
    return InvalidMatch("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (match == "Exact" && options.resource_version == "0") {
    return InvalidMatch("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
  }
  return {};
}

Result<ListRequest> ParseList(const api::Kind& kind, const ListOptions& options) {
  OSBX_CHECK(CheckMatch(options));
  ListRequest request;
  OSBX_TRY(request.selector, Selector::Parse(kind, options.label_selector, options.field_selector));
  if (!options.limit.empty()) {
    const auto limit = ToInteger(options.limit);
    if (!limit) return BadRequest("limit: " + Quoted(options.limit) + " is not an integer");
    request.limit = std::max<std::int64_t>(*limit, 0);
  }
  if (!options.resource_version.empty()) {
    const auto revision = ToInteger(options.resource_version);
    if (!revision || *revision < 0) {
      return BadRequest("resourceVersion: Invalid value: " + Quoted(options.resource_version) +
                        ": is not a number");
    }
    request.revision = *revision;
    request.match =
        options.resource_version_match == "Exact" ? Match::kExact : Match::kNotOlderThan;
  }
  if (!options.continue_token.empty()) {
    if (request.revision != 0) {
      return BadRequest("specifying resource version is not allowed when using continue");
    }
    OSBX_TRY(request.after, DecodeContinue(options.continue_token));
  }
  return request;
}

// One object by name needs no list; `kubectl wait` and `delete` ask so.
std::optional<store::Snapshot> FindByName(const store::Store& store, const store::ListQuery& query,
                                          const api::Kind& kind, const ListRequest& request) {
  const auto name = request.selector.fields.ExactName();
  if (!name || (kind.namespaced && query.ns.empty())) return std::nullopt;
  store::Snapshot snapshot;
  // The revision first: a watch from it shows whatever changes after the object was looked at.
  snapshot.revision = store.Current();
  ObjectPtr found = store.Find({query.kind, query.ns, *name});
  if (found != nullptr) snapshot.objects.push_back(std::move(found));
  return snapshot;
}

Result<store::Snapshot> Read(const store::Store& store, const store::ListQuery& query,
                             const api::Kind& kind, const ListRequest& request) {
  const bool at_token = request.after && request.after->revision != ContinueToken::kInconsistent;
  if (at_token || request.match == Match::kExact) {
    const store::Revision revision = at_token ? request.after->revision : request.revision;
    auto snapshot = store.ListAt(query, revision);
    if (snapshot) return snapshot;
    if (snapshot.error().code() == Code::kExpired) {
      if (!at_token) return ExpiredList("");
      return ExpiredList(
          EncodeContinue({ContinueToken::kInconsistent, request.after->ns, request.after->name}));
    }
    if (snapshot.error().code() == Code::kInvalid) {
      return FutureRevision(std::to_string(revision), store.Current());
    }
    return snapshot;
  }
  if (const store::Revision current = store.Current(); request.revision > current) {
    return FutureRevision(std::to_string(request.revision), current);
  }
  if (!request.after) {
    if (auto single = FindByName(store, query, kind, request)) return *std::move(single);
  }
  return store.List(query);
}

}  // namespace

Result<ListPage> Registry::List(const api::Kind& kind, const ListOptions& options) const {
  OSBX_TRY(ListRequest request, ParseList(kind, options));
  const store::ListQuery query{
      .kind = kind.plural, .ns = options.ns, .labels = request.selector.labels.Equalities()};
  OSBX_TRY(store::Snapshot snapshot, Read(store_, query, kind, request));

  ListPage page;
  page.revision = snapshot.revision;
  auto next = snapshot.objects.begin();
  if (request.after) {
    next = std::upper_bound(snapshot.objects.begin(), snapshot.objects.end(), *request.after,
                            [](const ContinueToken& token, const ObjectPtr& object) {
                              return std::tie(token.ns, token.name) <
                                     std::tie(object->key.ns, object->key.name);
                            });
  }
  if (request.selector.Empty() && request.limit == 0) {
    page.objects.assign(std::make_move_iterator(next),
                        std::make_move_iterator(snapshot.objects.end()));
    return page;
  }
  const auto matches = [&](const ObjectPtr& object) {
    return request.selector.Matches(*object->body);
  };
  for (; next != snapshot.objects.end(); ++next) {
    if (!matches(*next)) continue;
    if (request.limit > 0 && std::cmp_equal(page.objects.size(), request.limit)) break;
    page.objects.push_back(*next);
  }
  if (next != snapshot.objects.end()) {
    const store::Key& last = page.objects.back()->key;
    page.continue_token = EncodeContinue({snapshot.revision, last.ns, last.name});
    if (request.selector.Empty()) page.remaining = snapshot.objects.end() - next;
  }
  return page;
}

}  // namespace osbx::registry

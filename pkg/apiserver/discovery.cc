// SPDX-License-Identifier: Apache-2.0
#include "apiserver/discovery.h"

#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/schema.h"
#include "apiserver/negotiate.h"
#include "apiserver/status_body.h"
#include "base/ids.h"
#include "registry/json_access.h"

namespace osbx::apiserver {

namespace {

const Json& Verbs() {
  static const Json kVerbs = {"create", "delete", "deletecollection", "get",
                              "list",   "patch",  "update",           "watch"};
  return kVerbs;
}

struct Sub {
  std::string name;
  Json verbs;
};

std::vector<Sub> SubresourcesOf(const api::Kind& kind) {
  std::vector<Sub> subs;
  if (kind.status_subresource) subs.push_back({"status", {"get", "patch", "update"}});
  if (kind.plural == "namespaces") subs.push_back({"finalize", {"update"}});
  if (kind.plural == "sandboxes") {
    subs.push_back({"exec", {"create", "get"}});
    subs.push_back({"log", {"get"}});
    subs.push_back({"stats", {"get"}});
  }
  return subs;
}

void AddNames(const api::Kind& kind, Json& out) {
  if (!kind.short_names.empty()) out["shortNames"] = kind.short_names;
  if (!kind.categories.empty()) out["categories"] = kind.categories;
}

Json ResourceEntries(const api::Kind& kind) {
  Json main = {
      {"name", kind.plural},
      {"singularName", kind.singular},
      {"namespaced", kind.namespaced},
      {"kind", kind.kind},
      {"verbs", Verbs()},
      {"storageVersionHash", Sha256Hex(kind.ApiVersion() + "/" + kind.kind).substr(0, 12)}};
  AddNames(kind, main);
  Json entries = Json::array();
  entries.push_back(std::move(main));
  for (const Sub& sub : SubresourcesOf(kind)) {
    entries.push_back({{"name", kind.plural + "/" + sub.name},
                       {"singularName", ""},
                       {"namespaced", kind.namespaced},
                       {"kind", kind.kind},
                       {"verbs", sub.verbs}});
  }
  return entries;
}

Json AggregatedEntry(const api::Kind& kind) {
  const Json response_kind = {
      {"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}};
  Json entry = {{"resource", kind.plural},
                {"responseKind", response_kind},
                {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                {"singularResource", kind.singular},
                {"verbs", Verbs()}};
  AddNames(kind, entry);
  for (const Sub& sub : SubresourcesOf(kind)) {
    entry["subresources"].push_back(
        {{"subresource", sub.name}, {"responseKind", response_kind}, {"verbs", sub.verbs}});
  }
  return entry;
}

http::Slice Text(const Json& value) {
  return std::make_shared<const std::string>(registry::Dump(value));
}

Json GroupOf(const std::string& group, const std::string& version) {
  const Json entry = {{"groupVersion", group + "/" + version}, {"version", version}};
  return {{"name", group}, {"versions", {entry}}, {"preferredVersion", entry}};
}

// The aggregated list of the core group, or of all others.
Json AggregatedList(bool core, const std::string& api_version) {
  std::map<std::string, Json> groups;
  for (const api::Kind& kind : api::AllKinds()) {
    if (kind.group.empty() != core) continue;
    Json& item = groups[kind.group];
    if (item.is_null()) {
      item["metadata"] = Json::object();
      if (!core) item["metadata"]["name"] = kind.group;
      item["versions"] = Json::array(
          {{{"version", kind.version}, {"freshness", "Current"}, {"resources", Json::array()}}});
    }
    item["versions"][0]["resources"].push_back(AggregatedEntry(kind));
  }
  Json list = {{"kind", "APIGroupDiscoveryList"},
               {"apiVersion", "apidiscovery.k8s.io/" + api_version},
               {"metadata", Json::object()},
               {"items", Json::array()}};
  for (auto& [name, item] : groups) list["items"].push_back(std::move(item));
  return list;
}

http::Response Found(const std::map<std::string, http::Slice>& documents, const std::string& key) {
  const auto found = documents.find(key);
  return found == documents.end() ? PageNotFound() : http::Response::Cached(200, found->second);
}

}  // namespace

Discovery::Discovery() {
  std::map<std::string, Json> lists;
  std::map<std::string, std::string> versions;  // of the named groups
  Json index = {{"paths", Json::object()}};
  for (const api::Kind& kind : api::AllKinds()) {
    Json& list = lists[kind.ApiVersion()];
    if (list.is_null()) {
      list = {{"kind", "APIResourceList"},
              {"apiVersion", "v1"},
              {"groupVersion", kind.ApiVersion()},
              {"resources", Json::array()}};
      const std::string path = (kind.group.empty() ? "api/" : "apis/") + kind.ApiVersion();
      openapi_[path] = Text(api::OpenApiV3(kind.group, kind.version));
      index["paths"][path] = {
          {"serverRelativeURL", "/openapi/v3/" + path + "?hash=" + Sha256Hex(*openapi_[path])}};
      if (!kind.group.empty()) versions[kind.group] = kind.version;
    }
    for (Json& entry : ResourceEntries(kind)) list["resources"].push_back(std::move(entry));
  }
  for (const auto& [group_version, list] : lists) resources_[group_version] = Text(list);
  Json group_list = {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", Json::array()}};
  for (const auto& [group, version] : versions) {
    Json entry = GroupOf(group, version);
    group_list["groups"].push_back(entry);
    entry["kind"] = "APIGroup";
    entry["apiVersion"] = "v1";
    groups_[group] = Text(entry);
  }
  group_list_ = Text(group_list);
  openapi_index_ = Text(index);
  for (const std::string version : {"v2", "v2beta1"}) {
    aggregated_["core " + version] = Text(AggregatedList(true, version));
    aggregated_["named " + version] = Text(AggregatedList(false, version));
  }
}

// The type must repeat the parameters (contract/kubectl.md §2.1).
http::Response Discovery::Aggregated(bool core, const std::string& version) const {
  return http::Response::Cached(
      200, aggregated_.at((core ? "core " : "named ") + version),
      "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList");
}

http::Response Discovery::Api(const http::Request& request) const {
  const auto wanted = ParseAccept(request.HeaderOf("accept"), {As::kDiscovery});
  if (!wanted) return FromError(wanted.error());
  if (wanted->as == As::kDiscovery) return Aggregated(true, wanted->version);
  std::string address(request.HeaderOf("host"));
  const Json versions = {
      {"kind", "APIVersions"},
      {"versions", {"v1"}},
      {"serverAddressByClientCIDRs",
       Json::array({{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", std::move(address)}}})}};
  return http::Response::Json(200, registry::Dump(versions));
}

http::Response Discovery::Groups(const http::Request& request) const {
  const auto wanted = ParseAccept(request.HeaderOf("accept"), {As::kDiscovery});
  if (!wanted) return FromError(wanted.error());
  if (wanted->as == As::kDiscovery) return Aggregated(false, wanted->version);
  return http::Response::Cached(200, group_list_);
}

http::Response Discovery::Group(const http::Request& request) const {
  return Found(groups_, std::string(http::ParamOf(request.params, "group")));
}

http::Response Discovery::Resources(const std::string& group_version) const {
  return Found(resources_, group_version);
}

http::Response Discovery::OpenApiIndex() const {
  return http::Response::Cached(200, openapi_index_);
}

http::Response Discovery::OpenApi(const std::string& path) const {
  return Found(openapi_, path);
}

}  // namespace osbx::apiserver

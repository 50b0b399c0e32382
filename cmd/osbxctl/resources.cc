// SPDX-License-Identifier: Apache-2.0
#include "resources.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace osbx::ctl {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string> Strings(const Json& object, const char* key) {
  std::vector<std::string> out;
  if (!object.contains(key)) return out;
  for (const Json& value : object[key]) out.push_back(value.get<std::string>());
  return out;
}

Result<> AddGroup(client::RestClient& client, const std::string& path, const std::string& group,
                  const std::string& version, std::vector<Resource>& out) {
  OSBX_TRY(const Json list, client.DoJson({.path = path}));
  for (const Json& entry : list.value("resources", Json::array())) {
    const std::string plural = entry.value("name", "");
    if (plural.find('/') != std::string::npos) continue;  // a subresource
    out.push_back({.group = group,
                   .version = version,
                   .kind = entry.value("kind", ""),
                   .plural = plural,
                   .singular = entry.value("singularName", ""),
                   .short_names = Strings(entry, "shortNames"),
                   .categories = Strings(entry, "categories"),
                   .namespaced = entry.value("namespaced", true)});
  }
  return {};
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (true) {
    const auto end = text.find(separator, begin);
    out.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return out;
    begin = end + 1;
  }
}

}  // namespace

std::string Resource::Path(std::string_view ns, std::string_view name) const {
  std::string path = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  if (namespaced && !ns.empty()) path += "/namespaces/" + client::UrlEncode(ns);
  path += "/" + plural;
  if (!name.empty()) path += "/" + client::UrlEncode(name);
  return path;
}

std::string Resource::Display(std::string_view name) const {
  return singular + (group.empty() ? "" : "." + group) + "/" + std::string(name);
}

std::string DisplayOf(const Json& object) {
  const std::string api_version = object.value("apiVersion", "");
  const auto slash = api_version.find('/');
  return Lower(object.value("kind", "")) +
         (slash == std::string::npos ? "" : "." + api_version.substr(0, slash)) + "/" +
         object.value("/metadata/name"_json_pointer, "");
}

Result<std::vector<Resource>> Discover(client::RestClient& client) {
  std::vector<Resource> out;
  OSBX_CHECK(AddGroup(client, "/api/v1", "", "v1", out));
  OSBX_TRY(const Json groups, client.DoJson({.path = "/apis"}));
  for (const Json& group : groups.value("groups", Json::array())) {
    const std::string name = group.value("name", "");
    const std::string version = group["preferredVersion"].value("version", "");
    OSBX_CHECK(AddGroup(client, std::string("/apis/").append(name).append("/").append(version),
                        name, version, out));
  }
  return out;
}

Result<std::vector<Resource>> FindResources(const std::vector<Resource>& all,
                                            std::string_view word) {
  const std::string wanted = Lower(word);
  std::vector<Resource> found;
  for (const Resource& resource : all) {
    const std::string suffix = resource.group.empty() ? "" : "." + resource.group;
    const bool named =
        wanted == resource.plural || wanted == resource.singular ||
        wanted == Lower(resource.kind) || wanted == resource.plural + suffix ||
        wanted == resource.singular + suffix ||
        std::ranges::find(resource.short_names, wanted) != resource.short_names.end();
    if (named) return std::vector<Resource>{resource};
    if (std::ranges::find(resource.categories, wanted) != resource.categories.end())
      found.push_back(resource);
  }
  if (!found.empty()) return found;
  return Error(Code::kNotFound,
               "the server doesn't have a resource type \"" + std::string(word) + "\"");
}

const Resource* FindByKind(const std::vector<Resource>& all, std::string_view api_version,
                           std::string_view kind) {
  const auto found = std::ranges::find_if(all, [&](const Resource& resource) {
    return resource.ApiVersion() == api_version && resource.kind == kind;
  });
  return found == all.end() ? nullptr : &*found;
}

Result<std::vector<Target>> ParseTargets(const std::vector<Resource>& all,
                                         const std::vector<std::string>& words) {
  std::vector<Target> out;
  if (words.empty())
    return Error(Code::kInvalid, "a resource type is needed, e.g. sandboxes or sandbox/NAME");
  if (words.front().find('/') != std::string::npos) {
    for (const std::string& word : words) {
      const auto slash = word.find('/');
      if (slash == std::string::npos || slash + 1 == word.size()) {
        return Error(Code::kInvalid,
                     "arguments in TYPE/NAME form may not be mixed with others: \"" + word + "\"");
      }
      OSBX_TRY(const std::vector<Resource> found, FindResources(all, word.substr(0, slash)));
      for (const Resource& resource : found) out.push_back({resource, word.substr(slash + 1)});
    }
    return out;
  }
  for (const std::string& type : Split(words.front(), ',')) {
    OSBX_TRY(const std::vector<Resource> found, FindResources(all, type));
    for (const Resource& resource : found) {
      if (words.size() == 1) out.push_back({resource, ""});
      for (std::size_t i = 1; i < words.size(); ++i) out.push_back({resource, words[i]});
    }
  }
  return out;
}

Result<std::string> SandboxName(const std::string& word) {
  const auto slash = word.find('/');
  if (slash == std::string::npos) return word;
  const std::string type = Lower(word.substr(0, slash));
  for (const std::string_view known : {"sandbox", "sandboxes", "sbx", "sandbox.osbx.dev",
                                       "sandboxes.osbx.dev", "pod", "pods", "po"}) {
    if (type == known && slash + 1 < word.size()) return word.substr(slash + 1);
  }
  return Error(Code::kInvalid, "a sandbox is needed, got \"" + word + "\"");
}

std::string SandboxPath(std::string_view ns, std::string_view name) {
  return "/apis/osbx.dev/v1/namespaces/" + client::UrlEncode(ns) + "/sandboxes/" +
         client::UrlEncode(name);
}

std::string SelectorQuery(std::string_view labels, std::string_view fields) {
  std::string query;
  if (!labels.empty()) query += "labelSelector=" + client::UrlEncode(labels);
  if (!fields.empty())
    query += (query.empty() ? "" : "&") + ("fieldSelector=" + client::UrlEncode(fields));
  return query;
}

Result<Json> ListObjects(client::RestClient& client, const Resource& resource, std::string_view ns,
                         const std::string& query) {
  OSBX_TRY(Json list,
           client.DoJson({.path = resource.Path(ns) + (query.empty() ? "" : "?" + query)}));
  if (!list.contains("items") || !list["items"].is_array())
    return Error(Code::kInternal, "osbxd's list of " + resource.plural + " has no items");
  return list;
}

}  // namespace osbx::ctl

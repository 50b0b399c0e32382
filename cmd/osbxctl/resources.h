// SPDX-License-Identifier: Apache-2.0
// Which resources the server has (discovery), and what people call them: plural, singular, kind,
// short name, category.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "client/rest_client.h"

namespace osbx::ctl {

struct Resource {
  std::string group;  // "" is core
  std::string version;
  std::string kind;
  std::string plural;
  std::string singular;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;

  std::string ApiVersion() const { return group.empty() ? version : group + "/" + version; }
  // "/apis/osbx.dev/v1/namespaces/default/sandboxes[/name]"; `ns` "" = all namespaces.
  std::string Path(std::string_view ns, std::string_view name = "") const;
  // "sandbox.osbx.dev/x", as kubectl names an object it has worked on.
  std::string Display(std::string_view name) const;
  // "sandboxes.osbx.dev": how Kubernetes names the type in messages.
  std::string QualifiedPlural() const { return group.empty() ? plural : plural + "." + group; }
};
// "sandbox.osbx.dev/x" of an object itself.
std::string DisplayOf(const Json& object);

Result<std::vector<Resource>> Discover(client::RestClient& client);

// The resources that one word means; several for a category. kNotFound with kubectl's text.
Result<std::vector<Resource>> FindResources(const std::vector<Resource>& all,
                                            std::string_view word);
const Resource* FindByKind(const std::vector<Resource>& all, std::string_view api_version,
                           std::string_view kind);

// One thing named on the command line; `name` "" = all of the type.
struct Target {
  Resource resource;
  std::string name;
};
// kubectl's forms: TYPE, TYPE NAME…, TYPE1,TYPE2, TYPE/NAME….
Result<std::vector<Target>> ParseTargets(const std::vector<Resource>& all,
                                         const std::vector<std::string>& words);

// "x", "sandbox/x", "sbx/x" or "pod/x": the name of a sandbox. kInvalid: of another type.
Result<std::string> SandboxName(const std::string& word);
std::string SandboxPath(std::string_view ns, std::string_view name);  // of its URL

// "labelSelector=…&fieldSelector=…", with "" where neither is given.
std::string SelectorQuery(std::string_view labels, std::string_view fields);
// Objects of a list that match; `query` as of SelectorQuery.
Result<Json> ListObjects(client::RestClient& client, const Resource& resource, std::string_view ns,
                         const std::string& query);

}  // namespace osbx::ctl

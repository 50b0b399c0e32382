// SPDX-License-Identifier: Apache-2.0
#include "follow.h"

#include <nlohmann/json.hpp>

#include "client/watch.h"

namespace osbx::ctl {

Result<> Follow(client::RestClient& client, const Followed& what, const Deadline& deadline,
                const std::function<bool(const Json* object)>& done) {
  const std::string query = SelectorQuery("", "metadata.name=" + what.name);
  while (true) {
    OSBX_TRY(const Json list, ListObjects(client, what.resource, what.ns, query));
    const Json& items = list["items"];
    if (done(items.empty() ? nullptr : &items[0])) return {};
    Result<> watched =
        client::Watch(client,
                      {.path = what.resource.Path(what.ns),
                       .query = query,
                       .revision = list.value("/metadata/resourceVersion"_json_pointer, ""),
                       .deadline = deadline},
                      [&done](std::string_view type, const Json& object) {
                        return !done(type == "DELETED" ? nullptr : &object);
                      });
    // The history since the list may have been dropped: look again.
    if (!watched && watched.error().code() == Code::kExpired) continue;
    return watched;
  }
}

}  // namespace osbx::ctl

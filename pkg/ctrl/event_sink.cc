// SPDX-License-Identifier: Apache-2.0
#include "ctrl/event_sink.h"

#include <nlohmann/json.hpp>

#include "api/schema.h"

namespace osbx::ctrl {
namespace {

registry::Ref RefOf(const store::Key& key) {
  return {.kind = api::FindKindByPlural(key.kind), .ns = key.ns, .name = key.name};
}

registry::RequestInfo Internal() {
  registry::RequestInfo info;
  info.manager = "osbxd";
  info.internal = true;
  return info;
}

}  // namespace

EventSink RegistrySink(registry::Registry& registry) {
  EventSink sink;
  sink.put = [&registry](const store::Key& key, const Json& event) -> Result<> {
    OSBX_CHECK(registry.Update(RefOf(key), event, Internal()));
    return {};
  };
  sink.remove = [&registry](const store::Key& key) -> Result<> {
    OSBX_CHECK(registry.Delete(RefOf(key), {}, Internal()));
    return {};
  };
  sink.list = [&registry] {
    std::vector<JsonPtr> events;
    for (const store::ObjectPtr& object : registry.store().List({.kind = "events"}).objects) {
      events.push_back(object->body);
    }
    return events;
  };
  return sink;
}

}  // namespace osbx::ctrl

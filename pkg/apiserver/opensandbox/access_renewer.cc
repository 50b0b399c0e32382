// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/access_renewer.h"

#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/sandbox_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

constexpr std::size_t kMostRemembered = 4096;

// What access gives; zero: nothing.
std::chrono::seconds ExtensionOf(const Json& object) {
  const Json* seconds = registry::MemberPath(object, {"spec", "renewOnAccessSeconds"});
  if (seconds == nullptr || !seconds->is_number_integer()) return {};
  return std::chrono::seconds(seconds->get<std::int64_t>());
}

bool Renewable(const Json& object) {
  return ExtensionOf(object).count() > 0 && !Deleting(object) && StateOf(object) == "Running" &&
         ExpiryOf(object).has_value();
}

}  // namespace

AccessRenewer::AccessRenewer(registry::Registry& registry, const ObjectTable& sandboxes,
                             std::chrono::seconds interval)
    : registry_(registry), sandboxes_(sandboxes), interval_(interval), writer_("renew", 1) {}

void AccessRenewer::Note(std::string_view uid) {
  const store::ObjectPtr sandbox = sandboxes_.Find(uid);
  if (sandbox == nullptr || !Renewable(*sandbox->body)) return;
  {
    const std::lock_guard lock(mutex_);
    const MonoTime now = registry_.clock().Mono();
    if (last_.size() >= kMostRemembered) Forget(now);
    const auto [entry, fresh] = last_.try_emplace(std::string(uid), now);
    if (!fresh && now - entry->second < interval_) return;
    entry->second = now;
  }
  writer_.Post([this, sandbox](const std::stop_token&) { Renew(sandbox); });
}

void AccessRenewer::Forget(MonoTime now) {
  std::erase_if(last_, [&](const auto& entry) { return now - entry.second >= interval_; });
}

// Over the present state, as a renewal by hand: never earlier than it was, and not after the end.
void AccessRenewer::Renew(const store::ObjectPtr& sandbox) {
  const registry::Ref ref{api::FindKindByPlural(sandbox->key.kind), sandbox->key.ns,
                          sandbox->key.name};
  const auto renewed = registry_.Modify(ref, [&](Json& present) -> Result<> {
    if (registry::MetadataString(present, "uid") != sandbox->uid || !Renewable(present)) {
      return Error(Code::kFailedPrecondition, "gone, or no longer running");
    }
    const Time wanted = registry_.clock().Now() + ExtensionOf(present);
    if (wanted > *ExpiryOf(present)) present["spec"]["expiresAt"] = WireTime(wanted);
    return {};
  });
  Ignore(renewed, "the next access tries again");
}

}  // namespace osbx::apiserver::opensandbox

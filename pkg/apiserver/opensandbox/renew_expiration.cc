// SPDX-License-Identifier: Apache-2.0
// POST /sandboxes/{id}/renew-expiration (contract/lifecycle.md §8). The new time is committed over
// the state it was judged on, as the expiry's delete is: whichever comes second sees the first, so
// a renewal that was answered 200 is never followed by an expiry at the old time (W25).
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/body.h"
#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "base/rfc3339.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

// A time without an offset is UTC.
Result<Time> LenientTime(const std::string& text) {
  Result<Time> time = ParseTime(text);
  return time ? time : ParseTime(text + "Z");
}

}  // namespace

Outcome<http::Response> Dialect::RenewExpiration(const Request& request) {
  OSBX_TRY(const JsonPtr body, ReadBody(request));
  FieldReader fields(*body);
  const auto text = fields.Text("expiresAt", {.required = true});
  OSBX_CHECK(fields.Check());
  const Result<Time> wanted = LenientTime(*text);
  if (!wanted) {
    return FieldBroken(
        {"datetime_parsing", fields.PathTo("expiresAt"), "Input should be a valid datetime"});
  }
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  if (*wanted <= registry_.clock().Now()) {
    return Failure(400, "DOCKER::INVALID_EXPIRATION", "The new expiration must be in the future.");
  }
  const std::string& uid = object->uid;
  std::optional<Failure> refused;
  const auto renewed = registry_.Modify(RefOf(*object), [&](Json& present) -> Result<> {
    refused.reset();
    if (registry::MetadataString(present, "uid") != uid || Deleting(present)) {
      refused = SandboxNotFound(uid);
    } else if (!ExpiryOf(present)) {
      refused = Failure(409, "DOCKER::INVALID_EXPIRATION",
                        "Sandbox " + uid + " has no expiration: it is cleaned up by hand.");
    }
    if (refused) return Error(Code::kFailedPrecondition, refused->message());
    present["spec"]["expiresAt"] = WireTime(*wanted);
    return {};
  });
  if (refused) return *std::move(refused);
  if (!renewed) {
    if (renewed.error().code() == Code::kNotFound) return SandboxNotFound(uid);
    return FromRegistry(renewed.error(), "SANDBOX::INTERNAL_ERROR");
  }
  return http::Response::Json(200, registry::Dump(Json{{"expiresAt", WireTime(*wanted)}}));
}

}  // namespace osbx::apiserver::opensandbox

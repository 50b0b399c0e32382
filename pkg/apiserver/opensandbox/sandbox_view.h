// SPDX-License-Identifier: Apache-2.0
// A Sandbox object as the SDKs see it (contract/lifecycle.md §5): absent fields are left out, never
// null. The SDK's metadata are the object's labels and spec.metadata, without osbx's own. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace osbx::apiserver::opensandbox {

// RFC 3339 with "Z"; six decimals, or none when they are zero.
std::string WireTime(Time time);
// The same of a stored time; "" of "".
std::string TimeText(std::string_view text);
std::string CreatedAt(const Json& object);

// Being deleted: for the dialect it is gone already, since a second DELETE must be 404.
bool Deleting(const Json& object);
std::string StateOf(const Json& object);
std::map<std::string, std::string> MetadataOf(const Json& object);
// spec.expiresAt, else creation + timeoutSeconds; empty: manual cleanup.
std::optional<Time> ExpiryOf(const Json& object);
// Whether its start was given up (startPolicy FailFast): nothing of it runs.
bool GaveUp(const Json& object);

Json SandboxView(const Json& object);
// The answer to a create: no image, the entrypoint as it was sent.
Json CreatedView(const Json& object, const std::vector<std::string>& entrypoint);

}  // namespace osbx::apiserver::opensandbox

// SPDX-License-Identifier: Apache-2.0
// Inline keys of Sandboxes and Volumes, of object stores and of an image's registry: taken out of
// the incoming object and kept in a Secret that the object owns, so that they appear nowhere else
// (I5). Pure, but for the lookups that the caller lends. Plain keys live only in Secret values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/schema.h"
#include "base/json.h"
#include "base/secret.h"

namespace osbx::registry {

struct InlineKeys {
  std::string secret_name;
  std::vector<std::pair<std::string, Secret>> values = {};  // by their name in the Secret
};

struct InlineKeysContext {
  const Json* live = nullptr;  // the stored object; null at create
  // Whether a Secret of that name exists and belongs to something else.
  std::function<bool(const std::string& secret_name)> taken;
};

// Replaces accessKeyId/accessKeySecret of each ossfs source by a credentialsRef to the Secret named
// OBJECT-VOLUME-oss, and a Sandbox's imagePullAuth by an imagePullSecret named OBJECT-image-pull.
// `object` has its name. The keys leave the object even when causes are found.
std::vector<InlineKeys> TakeInlineKeys(const api::Kind& kind, Json& object,
                                       const InlineKeysContext& context,
                                       std::vector<Cause>& causes);

// The Secret for `keys`, owned by `owner`; without uid and times.
Json SecretOf(const InlineKeys& keys, const Json& owner);

// Whether `secret` has a controller of that kind and name; any uid: an earlier object of the same
// name counts.
bool BelongsTo(const Json& secret, std::string_view kind, std::string_view name);

// Removes the keys from the copy of the manifest that client-side apply keeps in an annotation.
void RedactLastApplied(Json& object);

}  // namespace osbx::registry

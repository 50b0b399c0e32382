// SPDX-License-Identifier: Apache-2.0
// What holds for the metadata of every kind (contract/kubectl.md §§4.1–4.2): types, names, labels,
// finalizers, owners, and the fields that only the server sets. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/schema.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace osbx::registry {

// An object of hostile depth is refused before anything walks it. 400.
Result<> CheckDepth(const Json& body);

// apiVersion and kind of a body; core kinds may leave them out, they are filled in. `name` is for
// the message.
Result<> DecodeTypeMeta(const api::Kind& kind, std::string_view name, Json& object);

// Types of metadata's fields as Go's decoder sees them (400); drops nulls and what is empty.
Result<> DecodeMetadata(const api::Kind& kind, Json& object);

// The namespace and the name of a body against the URL's; absent ones are filled in. `name` ""
// is a create. 400.
Result<> MatchUrl(std::string_view ns, std::string_view name, Json& object);

// Names, labels, annotations, owners. `old_object` null at create.
void ValidateMetadata(const api::Kind& kind, const Json& object, const Json* old_object,
                      std::vector<Cause>& causes);
// "metadata.finalizers: "nope": prefer a domain-qualified finalizer name …"
void WarnAboutFinalizers(const Json& object, const Json* old_object,
                         std::vector<std::string>& warnings);

// Server-owned fields of a new object; the client's values are overwritten.
void StampNew(const api::Kind& kind, Json& object, std::string uid, Time now);
// Server-owned fields of an update come from the stored object.
void KeepServerOwned(const Json& old_object, Json& object);

bool IsDeleting(const Json& object);
// Finalizers in metadata or, of a Namespace, in spec.
bool HasFinalizers(const Json& object);
// Anything but metadata and status.
bool DesiredStateDiffers(const api::Kind& kind, const Json& a, const Json& b);

// Rewrites every time of the object in one form, so that equal instants are equal texts.
void NormalizeTimes(const api::Schema& schema, Json& value);

}  // namespace osbx::registry

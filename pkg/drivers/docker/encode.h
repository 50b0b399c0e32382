// SPDX-License-Identifier: Apache-2.0
// Requests as the engine's JSON. Pure. Mounts always go through HostConfig.Mounts, never Binds: a
// missing bind source is then refused instead of created, and ":" in a path is only a character.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "drivers/docker/types.h"

namespace osbx::docker {

// The body holds the environment's secrets in the clear: for the wire only, never for a log.
Json Encode(const ContainerSpec& spec);
Json Encode(const Resources& resources);
Json Encode(const ExecSpec& spec);
Json Encode(const NetworkSpec& spec);
Json Encode(const VolumeSpec& spec);
// A request's body; Invalid when a string is not UTF-8.
Result<std::string> ToBody(const Json& json);
// "1700000000.000000001": the engine's since and until.
std::string NanoText(std::int64_t nano_since_epoch);
// {"label":["a=b"]} as compact JSON.
std::string EncodeFilters(const Filters& filters);
// Value of X-Registry-Auth; empty for anonymous.
Secret EncodeAuth(const RegistryAuth& auth);
// "http://…?a=b": percent-encodes everything but unreserved characters.
std::string UrlEncode(std::string_view text);

struct ImageReference {
  std::string repository;  // "docker.io/library/busybox", "host:5000/a"
  std::string tag;         // "latest" when none is given; "sha256:…" for a digest
};
ImageReference SplitReference(std::string_view reference);

}  // namespace osbx::docker

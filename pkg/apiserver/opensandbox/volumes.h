// SPDX-License-Identifier: Apache-2.0
// The volumes of a create (contract/docker_runtime.md §§10–12): shapes first (422), then what each
// may hold (VOLUME::…). What only the host knows, whether a path can be made or a Docker volume
// exists, is found when the sandbox starts. Pure.
#pragma once

#include <string>
#include <vector>

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

Outcome<> CheckVolumeShapes(const Json& body);
// The list for spec.volumes, of a body whose shapes are right. Inline keys stay inline: the
// registry moves them into a Secret when the object is created.
Outcome<Json> VolumesOf(const Json& body, const std::vector<std::string>& allowed_host_paths);

}  // namespace osbx::apiserver::opensandbox

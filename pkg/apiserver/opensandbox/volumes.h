// SPDX-License-Identifier: Apache-2.0
// The volumes of a create (contract/docker_runtime.md §§10–12): shapes first (422), then what each
// may hold (VOLUME::…). Pure.
#pragma once

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

Outcome<> CheckVolumeShapes(const Json& body);
// The list for spec.volumes, of a body whose shapes are right. Inline keys stay inline: the
// registry moves them into a Secret when the object is created.
Outcome<Json> VolumesOf(const Json& body);

}  // namespace osbx::apiserver::opensandbox

// SPDX-License-Identifier: Apache-2.0
// Events go through the registry like every other object. The registry must outlive the sink.
#pragma once

#include "ctrl/event_recorder.h"
#include "registry/registry.h"

namespace osbx::ctrl {

EventSink RegistrySink(registry::Registry& registry);

}  // namespace osbx::ctrl

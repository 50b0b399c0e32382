// SPDX-License-Identifier: Apache-2.0
// Short ways to write objects and to look at what a store says. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace osbx::store {

using StringMap = std::map<std::string, std::string>;

Key Named(const std::string& name, const std::string& ns = "default",
          const std::string& kind = "sandboxes");
JsonPtr Body(const Key& key, const std::string& payload, const StringMap& labels = {});

Write Create(const Key& key, const std::string& payload, const StringMap& labels = {});
Write Update(const Key& key, const std::string& payload, std::optional<Revision> expected = {},
             const StringMap& labels = {});
Write Delete(const Key& key, std::optional<Revision> expected = {});

std::string PayloadOf(const Object& object);
std::string StampOf(const Object& object);  // metadata.resourceVersion

// "ns/name=payload@revision" of each object.
std::vector<std::string> Lines(const std::vector<ObjectPtr>& objects);
std::vector<std::string> Lines(const Snapshot& snapshot);
// "3 ADDED default/a=payload (was old)" of each event.
std::vector<std::string> Lines(const std::vector<EventPtr>& events);

}  // namespace osbx::store

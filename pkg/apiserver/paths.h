// SPDX-License-Identifier: Apache-2.0
// What a Kubernetes URL names: /api/v1/… and /apis/GROUP/VERSION/…, with or without namespace, name
// and subresource (contract/kubectl.md §2). Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/schema.h"

namespace osbx::apiserver {

struct ResourcePath {
  enum class Fault {
    kNone,
    kUnknown,     // answered with a plain 404: no such path, group, version or resource
    kWrongScope,  // a cluster-wide core kind below a namespace
  };
  Fault fault = Fault::kUnknown;
  const api::Kind* kind = nullptr;
  std::string ns;             // "" = cluster scope or all namespaces
  std::string name;           // "" = the collection
  std::string subresource;    // "status", "log" …
  bool legacy_watch = false;  // …/watch/…: the old form of ?watch=true

  bool Ok() const { return fault == Fault::kNone; }
  // A namespaced kind named without its namespace: only lists and watches make sense.
  bool AllNamespaces() const { return kind != nullptr && kind->namespaced && ns.empty(); }
};

// `raw_path` is still encoded; segments are decoded one by one. One trailing slash is ignored.
ResourcePath ParseResourcePath(std::string_view raw_path);

}  // namespace osbx::apiserver

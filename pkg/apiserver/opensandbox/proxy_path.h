// SPDX-License-Identifier: Apache-2.0
// The path of a proxied request, cut without decoding anything: what follows the port goes to the
// sandbox as it was sent (W49). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "apiserver/opensandbox/failure.h"

namespace osbx::apiserver::opensandbox {

// [/v1]/sandboxes/{id}/proxy/{port}[/rest], split as the router splits it.
struct ProxyPath {
  std::string_view prefix;  // up to and with the port
  std::string_view rest;    // "" or what begins with the next slash
};
std::optional<ProxyPath> ParseProxyPath(std::string_view raw_path);

// A port in a path: 422 when it is no number, 400 when there is no such port.
Outcome<int> ParsePort(std::string_view text);

}  // namespace osbx::apiserver::opensandbox

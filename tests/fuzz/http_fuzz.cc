// SPDX-License-Identifier: Apache-2.0
// Request targets of any bytes: decoding, routing, resource paths and Accept never break, and what
// was encoded by us decodes to itself. A path that needs no API key because it looks like one of
// the proxy's is routed to the proxy, which asks for a token, and nowhere else.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "apiserver/negotiate.h"
#include "apiserver/opensandbox/proxy_path.h"
#include "apiserver/paths.h"
#include "http/router.h"
#include "http/url.h"

namespace {

// Every path that ParseProxyPath takes ends at a route of the proxy's.
void CheckProxyPath(std::string_view path) {
  using namespace osbx;  // NOLINT(google-build-using-namespace): one function of one program
  static const http::Router kRouter = [] {
    http::Router router;
    for (const std::string prefix : {"", "/v1"}) {
      for (const char* pattern :
           {"/{rest...}", "/sandboxes", "/sandboxes/{id}", "/sandboxes/{id}/endpoints/{port}",
            "/sandboxes/{id}/proxy/{port}", "/sandboxes/{id}/proxy/{port}/{rest...}"}) {
        router.Add({.method = "GET", .pattern = prefix + pattern, .handler = nullptr});
      }
    }
    return router;
  }();
  const auto cut = apiserver::opensandbox::ParseProxyPath(path);
  const http::Router::Match match = kRouter.Find("GET", path);
  const bool proxied =
      match.route != nullptr && match.route->pattern.find("/proxy/") != std::string::npos;
  if (cut && !proxied) std::abort();
  if (cut && std::string(cut->prefix) + std::string(cut->rest) != path) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osbx;  // NOLINT(google-build-using-namespace): one function of one program
  static const http::Router kRouter = [] {
    http::Router router;
    for (const char* pattern : {"/", "/api/{rest...}", "/apis/{group}/{version}",
                                "/apis/{group}/{version}/namespaces/{ns}/{plural}/{name}"}) {
      router.Add({.method = "GET", .pattern = pattern, .handler = nullptr});
    }
    return router;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view path = text.substr(0, text.find('?'));
  const http::Query query(text.substr(path.size()));
  for (const auto& [name, value] : query.Pairs()) {
    if (http::PercentDecode(http::PercentEncode(value), true) != value) std::abort();
    if (!query.Find(name)) std::abort();
  }
  const http::Router::Match match = kRouter.Find("GET", path);
  if (match.route != nullptr && match.params.size() > path.size()) std::abort();
  CheckProxyPath(path);
  const apiserver::ResourcePath resource = apiserver::ParseResourcePath(path);
  if (resource.Ok() && resource.kind == nullptr) std::abort();
  Ignore(apiserver::ParseAccept(text, {apiserver::As::kTable, apiserver::As::kPartial}),
         "only that it does not break");
  return 0;
}

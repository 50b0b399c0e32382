// SPDX-License-Identifier: Apache-2.0
// In place of tls.cc and session_tls.cc in osbx_http_plain: no OpenSSL in static programs.
#include "http/core.h"

namespace osbx::http {

Result<TlsContextPtr> OpenTls(const Listener& listener) {
  return Error(Code::kUnimplemented,
               "TLS certificate " + listener.cert_file + ": this program is built without TLS");
}

// Never called: no listener has a context. The signature is that of session_tls.cc.
// NOLINTBEGIN(performance-unnecessary-value-param)
void SpawnTlsSession(Core& /*core*/, Socket /*socket*/, std::string /*peer*/,
                     TlsContextPtr /*tls*/) {}
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace osbx::http

// SPDX-License-Identifier: Apache-2.0
#include "http/tls.h"

#include <openssl/ssl.h>

namespace osbx::http {

namespace {

// Only HTTP/1.1 is offered; clients that insist on h2 fail early and clearly.
int SelectProtocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned int in_size, void* /*context*/) {
  static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<TlsContextPtr> OpenTls(const Listener& listener) {
  boost::system::error_code ec;
  auto tls = std::make_shared<TlsContext>();
  SSL_CTX_set_min_proto_version(tls->context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_select_cb(tls->context.native_handle(), SelectProtocol, nullptr);
  tls->context.use_certificate_chain_file(listener.cert_file, ec);
  if (ec) {
    return Error(Code::kInvalid, "TLS certificate " + listener.cert_file + ": " + ec.message());
  }
  tls->context.use_private_key_file(listener.key_file, asio::ssl::context::pem, ec);
  if (ec) return Error(Code::kInvalid, "TLS key " + listener.key_file + ": " + ec.message());
  return tls;
}

}  // namespace osbx::http

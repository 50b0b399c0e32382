// SPDX-License-Identifier: Apache-2.0
// What a TLS listener serves with. Internal to pkg/http; only tls.cc and session_tls.cc know
// OpenSSL.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "http/core.h"

namespace osbx::http {

struct TlsContext {
  asio::ssl::context context{asio::ssl::context::tls_server};
};

}  // namespace osbx::http

// SPDX-License-Identifier: Apache-2.0
// Files to and from clients (contract/execd.md §6.1, §6.2), in bounded memory. Upload reads the
// request's body as it comes and belongs to a thread of its own; Download to the pool.
#pragma once

#include "execd/context.h"
#include "http/message.h"

namespace osbx::execd {

http::Response Upload(const Context& context, const http::Request& request);
http::Response Download(const Context& context, const http::Request& request);

}  // namespace osbx::execd

// SPDX-License-Identifier: Apache-2.0
// Where the next page of a list begins, as an opaque text (contract/kubectl.md §5.1). Kubernetes'
// own form: URL-safe base64 of {"v":"meta.k8s.io/v1","rv":N,"start":"NS/NAME\u0000"}. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace osbx::registry {

struct ContinueToken {
  store::Revision revision = 0;  // of the snapshot; kInconsistent: go on in the newest state
  std::string ns;                // the last object that was given out
  std::string name;

  static constexpr store::Revision kInconsistent = -1;
};

std::string EncodeContinue(const ContinueToken& token);
Result<ContinueToken> DecodeContinue(std::string_view text);  // 400 when broken

}  // namespace osbx::registry

// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/volumes/credential_reader.h"

#include <utility>

namespace osbx::reconcilers {

std::shared_ptr<const KnownCredentials> CredentialReader::Read(
    const std::shared_ptr<const api::v1::Secret>& secret) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(secret.get());
    if (found != entries_.end() && found->second.secret.lock() == secret)
      return found->second.known;
  }
  KnownCredentials read{.credentials = CredentialsOf(*secret), .fingerprint = ""};
  if (read.credentials)
    read.fingerprint = mount::CredentialFingerprint(install_key_, *read.credentials);
  auto known = std::make_shared<const KnownCredentials>(std::move(read));
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const auto& entry) { return entry.second.secret.expired(); });
  entries_[secret.get()] = {.secret = secret, .known = known};
  return known;
}

}  // namespace osbx::reconcilers

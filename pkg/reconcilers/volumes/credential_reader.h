// SPDX-License-Identifier: Apache-2.0
// What the Secrets stand for in this installation: their OSS credentials and the fingerprint of
// these. Every revision of a Secret is decoded once, since each reconcile asks for it; what is
// remembered is safe to lose, and goes with the Secret it was read from. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "api/v1/secret.h"
#include "base/result.h"
#include "base/secret.h"
#include "reconcilers/volumes/credentials.h"

namespace osbx::reconcilers {

struct KnownCredentials {
  Result<mount::Credentials> credentials;
  std::string fingerprint;  // empty when there are none
};

class CredentialReader {
 public:
  explicit CredentialReader(Secret install_key) : install_key_(std::move(install_key)) {}
  CredentialReader(const CredentialReader&) = delete;
  CredentialReader& operator=(const CredentialReader&) = delete;

  // `secret` is an immutable snapshot, never null.
  std::shared_ptr<const KnownCredentials> Read(
      const std::shared_ptr<const api::v1::Secret>& secret);

 private:
  struct Entry {
    std::weak_ptr<const api::v1::Secret> secret;  // its address may be used again
    std::shared_ptr<const KnownCredentials> known;
  };

  const Secret install_key_;
  std::mutex mutex_;  // guards the one below
  std::unordered_map<const api::v1::Secret*, Entry> entries_;
};

}  // namespace osbx::reconcilers

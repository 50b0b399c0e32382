// SPDX-License-Identifier: Apache-2.0
// What a mount is: the match key. Two volumes share a host mount if and only if every field is
// equal (I3); its name is a hash of the key. All functions are pure, but for the random keys of
// the caller's choosing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace osbx::mount {

// The keys of one principal. Never leaves memory but through a backend's credential file.
struct Credentials {
  Secret access_key_id;
  Secret access_key_secret;
  Secret security_token;  // of temporary credentials; may be empty
};

// A source as a user wrote it.
struct OssfsSource {
  std::string version = "2.0";  // "1.0" | "2.0"
  std::string endpoint;
  std::string bucket;
  std::string prefix;
  std::vector<std::string> options;
};

// The match key, normalised. Mount.spec holds the same fields.
struct MountIdentity {
  std::string backend = "ossfs";
  std::string version = "2.0";
  std::string endpoint;  // with scheme
  std::string bucket;
  std::string prefix;                // no empty components, no slash at either end; "" = all
  std::vector<std::string> options;  // trimmed, sorted, each once
  std::string credential_fingerprint;

  bool operator==(const MountIdentity&) const = default;
};

// "http://…" and "https://…" stay as they are, anything else gets "https://"
// (contract/docker_runtime.md §12.3). Surrounding blanks go.
std::string NormalizeEndpoint(std::string_view endpoint);

// Drops empty components, so that "p//q", "/p/q" and "p/q/" are one prefix.
std::string NormalizePrefix(std::string_view prefix);

// Without surrounding blanks, sorted, each once.
std::vector<std::string> NormalizeOptions(const std::vector<std::string>& options);

// A keyed hash (HMAC-SHA256 with the installation's key, 32 hex digits) of the whole credentials.
// Equal keys held in different Secrets share a mount; whoever knows only the key id does not; new
// keys are a new principal, so a rotation makes a new mount. It reveals neither.
std::string CredentialFingerprint(const Secret& install_key, const Credentials& credentials);

// Does not validate; see Validate in backend.h.
MountIdentity MakeIdentity(const OssfsSource& source, std::string credential_fingerprint);

// Unambiguous text of all fields (each with its length), the input of MountName.
std::string CanonicalText(const MountIdentity& identity);

// "ossfs-" and 16 hex digits of SHA-256 of the canonical text.
std::string MountName(const MountIdentity& identity);

// "oss://bucket/prefix", for people.
std::string DisplaySource(const MountIdentity& identity);

}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
// What a volume of a sandbox stands for: volumeRef followed, OSSFS sources turned into the match
// key of a Mount, the rest named. The sandbox and the mount reconciler use the same function, so
// that they never disagree. Pure over its look-ups; the reader only saves work.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/v1/mount.h"
#include "api/v1/sandbox.h"
#include "api/v1/secret.h"
#include "api/v1/volume.h"
#include "reconcilers/volumes/credential_reader.h"

namespace osbx::reconcilers {

// Objects of the sandbox's namespace; null when absent.
struct VolumeLookups {
  std::function<std::shared_ptr<const api::v1::Volume>(const std::string& name)> volume;
  std::function<std::shared_ptr<const api::v1::Secret>(const std::string& name)> secret;
};

struct ResolvedVolume {
  std::string name;
  std::string mount_path;
  std::string sub_path;  // of host and pvc; OSSFS has it in the prefix
  bool read_only = false;

  // Exactly one is set, unless `reason` says why none could be.
  std::optional<api::v1::MountSpec> mount;
  std::optional<api::v1::HostSource> host;
  std::optional<api::v1::PvcSource> pvc;

  std::string mount_name;          // of the Mount object
  bool kept = false;               // mount_name is the container's earlier one, not that of `mount`
  mount::Credentials credentials;  // for the mount

  std::string reason;  // VolumeNotFound, VolumeTerminating, CredentialsNotFound, InvalidCredentials
  std::string message;
};

// The match key as the mount driver has it.
mount::MountIdentity IdentityOf(const api::v1::MountSpec& spec);

// Whether a sandbox that refers to the Volume has it: one made after the Volume was deleted does
// not, and does not keep it either.
bool MayUse(const api::v1::Sandbox& sandbox, const api::v1::Volume& volume);

std::vector<ResolvedVolume> ResolveVolumes(const api::v1::Sandbox& sandbox,
                                           const VolumeLookups& lookups, CredentialReader& reader);

}  // namespace osbx::reconcilers

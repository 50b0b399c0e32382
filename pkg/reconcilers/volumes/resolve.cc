// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/volumes/resolve.h"

namespace osbx::reconcilers {
namespace {

void ResolveOssfs(const api::v1::OssfsSource& source, const std::string& sub_path,
                  const VolumeLookups& lookups, CredentialReader& reader, ResolvedVolume& out) {
  if (!source.credentials_ref) {
    out.reason = "CredentialsNotFound";
    out.message = "no credentialsRef is given";
    return;
  }
  const std::string& name = source.credentials_ref->name;
  const auto secret = lookups.secret(name);
  if (secret == nullptr) {
    out.reason = "CredentialsNotFound";
    out.message = "Secret " + name + " does not exist";
    return;
  }
  const auto known = reader.Read(secret);
  if (!known->credentials) {
    out.reason = "InvalidCredentials";
    out.message = known->credentials.error().message();
    return;
  }
  const mount::MountIdentity identity =
      mount::MakeIdentity({.version = source.version,
                           .endpoint = source.endpoint,
                           .bucket = source.bucket,
                           .prefix = source.prefix + "/" + sub_path,
                           .options = source.options},
                          known->fingerprint);
  out.mount_name = mount::MountName(identity);
  api::v1::MountSpec spec;
  spec.backend = identity.backend;
  spec.version = identity.version;
  spec.endpoint = identity.endpoint;
  spec.bucket = identity.bucket;
  spec.prefix = identity.prefix;
  spec.options = identity.options;
  spec.credential_fingerprint = identity.credential_fingerprint;
  out.mount = std::move(spec);
  out.credentials = *known->credentials;
}

ResolvedVolume ResolveVolume(const api::v1::Sandbox& sandbox, const api::v1::VolumeMount& volume,
                             const VolumeLookups& lookups, CredentialReader& reader) {
  ResolvedVolume out;
  out.name = volume.name;
  out.mount_path = volume.mount_path;
  out.sub_path = volume.sub_path;
  out.read_only = volume.read_only;
  if (volume.ossfs) {
    ResolveOssfs(*volume.ossfs, volume.sub_path, lookups, reader, out);
  } else if (volume.host) {
    out.host = volume.host;
  } else if (volume.pvc) {
    out.pvc = volume.pvc;
  } else if (volume.volume_ref) {
    const auto referred = lookups.volume(volume.volume_ref->name);
    if (referred == nullptr) {
      out.reason = "VolumeNotFound";
      out.message = "Volume " + volume.volume_ref->name + " does not exist";
    } else if (!MayUse(sandbox, *referred)) {
      out.reason = "VolumeTerminating";
      out.message = "Volume " + volume.volume_ref->name + " is being deleted";
    } else if (referred->spec.ossfs) {
      ResolveOssfs(*referred->spec.ossfs, volume.sub_path, lookups, reader, out);
    } else {
      out.host = referred->spec.host;
      out.pvc = referred->spec.pvc;
    }
  }
  return out;
}

}  // namespace

mount::MountIdentity IdentityOf(const api::v1::MountSpec& spec) {
  return {.backend = spec.backend,
          .version = spec.version,
          .endpoint = spec.endpoint,
          .bucket = spec.bucket,
          .prefix = spec.prefix,
          .options = spec.options,
          .credential_fingerprint = spec.credential_fingerprint};
}

bool MayUse(const api::v1::Sandbox& sandbox, const api::v1::Volume& volume) {
  return !volume.metadata.deletion_timestamp ||
         sandbox.metadata.creation_timestamp <= volume.metadata.deletion_timestamp;
}

std::vector<ResolvedVolume> ResolveVolumes(const api::v1::Sandbox& sandbox,
                                           const VolumeLookups& lookups, CredentialReader& reader) {
  std::vector<ResolvedVolume> out;
  out.reserve(sandbox.spec.volumes.size());
  for (const auto& volume : sandbox.spec.volumes)
    out.push_back(ResolveVolume(sandbox, volume, lookups, reader));
  return out;
}

}  // namespace osbx::reconcilers

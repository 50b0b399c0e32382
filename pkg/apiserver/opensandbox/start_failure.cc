// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/start_failure.h"

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

Failure StartFailure(const Json& object) {
  struct Row {
    std::string_view reason;
    int status;
    const char* code;
  };
  static constexpr Row kRows[] = {
      {"ImageNotFound", 500, "DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
      {"ImagePullDenied", 500, "DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
      {"ImagePullFailed", 500, "DOCKER::SANDBOX_IMAGE_PULL_FAILED"},
      {"CreateFailed", 500, "DOCKER::SANDBOX_START_FAILED"},
      {"StartFailed", 500, "DOCKER::SANDBOX_START_FAILED"},
      {"NoFreePort", 500, "DOCKER::SANDBOX_START_FAILED"},
      {"NetworkNotFound", 400, "SANDBOX::INVALID_PARAMETER"},
      {"RuntimeNotFound", 500, "DOCKER::SANDBOX_START_FAILED"},
      {"ExecdSilent", 503, "DOCKER::SANDBOX_EXECD_START_FAILED"},
      {"HostPathRefused", 400, "VOLUME::HOST_PATH_NOT_ALLOWED"},
      {"HostPathFailed", 500, "VOLUME::HOST_PATH_CREATE_FAILED"},
      {"PvcNotFound", 400, "VOLUME::PVC_NOT_FOUND"},
      {"PvcFailed", 500, "VOLUME::PVC_INSPECT_FAILED"},
      {"VolumeFailed", 500, "VOLUME::PVC_INSPECT_FAILED"},
      {"PvcSubPathUnsupported", 400, "VOLUME::PVC_SUBPATH_UNSUPPORTED_DRIVER"},
      {"SubPathRefused", 400, "VOLUME::INVALID_SUB_PATH"},
      {"InvalidSpec", 400, "SANDBOX::INVALID_PARAMETER"},
      {"InvalidOption", 400, "VOLUME::INVALID_OSSFS_OPTION"},
      {"CredentialsNotFound", 400, "VOLUME::INVALID_OSSFS_CREDENTIALS"},
      {"SnapshotNotReady", 409, "SNAPSHOT::NOT_READY"},
  };
  const Json* status = registry::Member(object, "status");
  const Json& said = status == nullptr ? registry::EmptyObject() : *status;
  const std::string_view reason = registry::StringMember(said, "reason");
  std::string text(registry::StringMember(said, "message"));
  if (text.empty()) text = "The sandbox did not start.";
  for (const Row& row : kRows) {
    if (row.reason == reason) return {row.status, row.code, std::move(text)};
  }
  // Every other word is the mount driver's.
  return {500, "VOLUME::OSSFS_MOUNT_FAILED", std::move(text)};
}

}  // namespace osbx::apiserver::opensandbox

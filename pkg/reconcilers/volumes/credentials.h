// SPDX-License-Identifier: Apache-2.0
// OSS credentials out of a Secret object, and their fingerprint. Pure but for the install key that
// is handed in.
#pragma once

#include <string>

#include "api/v1/secret.h"
#include "base/result.h"
#include "base/secret.h"
#include "drivers/docker/types.h"
#include "drivers/mount/identity.h"

namespace osbx::reconcilers {

// From data.accessKeyId, data.accessKeySecret and data.securityToken. kInvalid names the missing or
// malformed key, never a value; control characters are refused (they would inject lines into a
// program's configuration, W3).
Result<mount::Credentials> CredentialsOf(const api::v1::Secret& secret);

// From data.username and data.password.
Result<docker::RegistryAuth> RegistryAuthOf(const api::v1::Secret& secret);

// The installation's key: `path`, created with 32 random bytes and mode 0600 when missing.
Result<Secret> LoadInstallKey(const std::string& path);

}  // namespace osbx::reconcilers

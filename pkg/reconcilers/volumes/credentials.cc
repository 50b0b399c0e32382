// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/volumes/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <openssl/evp.h>

#include "base/ids.h"
#include "base/unique_fd.h"

namespace osbx::reconcilers {
namespace {

constexpr std::size_t kInstallKeyBytes = 32;

Result<Secret> Decode(const std::string& name, const std::string& base64) {
  std::string out(base64.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  if (size < 0) return Error(Code::kInvalid, "data." + name + " is not base64");
  const auto padding = std::count(base64.begin(), base64.end(), '=');
  out.resize(static_cast<std::size_t>(size - padding));
  Secret secret(out);
  const bool control = std::ranges::any_of(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  std::ranges::fill(out, '\0');
  if (control) return Error(Code::kInvalid, "data." + name + " contains control characters");
  return secret;
}

Result<Secret> Field(const api::v1::Secret& secret, const std::string& name, bool required) {
  const auto found = secret.data.find(name);
  if (found == secret.data.end() || found->second.empty()) {
    if (!required) return Secret();
    return Error(Code::kInvalid, "Secret " + secret.metadata.name + " has no data." + name);
  }
  return Decode(name, found->second);
}

}  // namespace

Result<mount::Credentials> CredentialsOf(const api::v1::Secret& secret) {
  mount::Credentials out;
  OSBX_TRY(out.access_key_id, Field(secret, "accessKeyId", true));
  OSBX_TRY(out.access_key_secret, Field(secret, "accessKeySecret", true));
  OSBX_TRY(out.security_token, Field(secret, "securityToken", false));
  return out;
}

Result<docker::RegistryAuth> RegistryAuthOf(const api::v1::Secret& secret) {
  docker::RegistryAuth auth;
  OSBX_TRY(const Secret username, Field(secret, "username", true));
  auth.username = username.Reveal();
  OSBX_TRY(auth.password, Field(secret, "password", true));
  return auth;
}

Result<Secret> LoadInstallKey(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) {
    const Secret fresh(RandomHex(kInstallKeyBytes));
    const std::string temporary = path + ".new";
    unlink(temporary.c_str());
    const UniqueFd out(open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
    if (!out) return Error::FromErrno(errno, "create " + temporary);
    const std::string_view text = fresh.Reveal();
    if (write(out.Get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        fsync(out.Get()) != 0 || rename(temporary.c_str(), path.c_str()) != 0) {
      return Error::FromErrno(errno, "write " + path);
    }
    return fresh;
  }
  if (!fd) return Error::FromErrno(errno, "open " + path);
  std::array<char, kInstallKeyBytes * 2> text{};
  if (read(fd.Get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error(Code::kInternal,
                 path + " is not an install key; remove it only together with the store");
  }
  return Secret(std::string_view(text.data(), text.size()));
}

}  // namespace osbx::reconcilers

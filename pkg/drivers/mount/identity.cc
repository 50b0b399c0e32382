// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/identity.h"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/ids.h"

namespace osbx::mount {
namespace {

constexpr std::size_t kNameHexDigits = 16;
constexpr std::size_t kFingerprintHexDigits = 32;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// netstring form: no value can imitate the boundary between two fields.
void Append(std::string& out, std::string_view value) {
  out += std::to_string(value.size());
  out += ':';
  out += value;
  out += '\n';
}

}  // namespace

std::string NormalizeEndpoint(std::string_view endpoint) {
  const std::string_view trimmed = Trim(endpoint);
  if (trimmed.starts_with("http://") || trimmed.starts_with("https://"))
    return std::string(trimmed);
  return "https://" + std::string(trimmed);
}

std::string NormalizePrefix(std::string_view prefix) {
  std::string out;
  while (!prefix.empty()) {
    const auto slash = prefix.find('/');
    const std::string_view component = prefix.substr(0, slash);
    if (!component.empty()) {
      if (!out.empty()) out += '/';
      out += component;
    }
    if (slash == std::string_view::npos) break;
    prefix.remove_prefix(slash + 1);
  }
  return out;
}

std::vector<std::string> NormalizeOptions(const std::vector<std::string>& options) {
  std::vector<std::string> out;
  out.reserve(options.size());
  for (const std::string& option : options) out.emplace_back(Trim(option));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string CredentialFingerprint(const Secret& install_key, const Credentials& credentials) {
  std::string text;  // wiped below: it holds the keys
  Append(text, credentials.access_key_id.Reveal());
  Append(text, credentials.access_key_secret.Reveal());
  Append(text, credentials.security_token.Reveal());
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), install_key.Reveal().data(), static_cast<int>(install_key.Reveal().size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < kFingerprintHexDigits / 2; ++i) {
    out += kDigits[mac[i] >> 4U];
    out += kDigits[mac[i] & 0xFU];
  }
  return out;
}

MountIdentity MakeIdentity(const OssfsSource& source, std::string credential_fingerprint) {
  MountIdentity identity;
  identity.version = source.version;
  identity.endpoint = NormalizeEndpoint(source.endpoint);
  identity.bucket = std::string(Trim(source.bucket));
  identity.prefix = NormalizePrefix(source.prefix);
  identity.options = NormalizeOptions(source.options);
  identity.credential_fingerprint = std::move(credential_fingerprint);
  return identity;
}

std::string CanonicalText(const MountIdentity& identity) {
  std::string text;
  for (const std::string* field : {&identity.backend, &identity.version, &identity.endpoint,
                                   &identity.bucket, &identity.prefix})
    Append(text, *field);
  Append(text, identity.credential_fingerprint);
  for (const std::string& option : identity.options) Append(text, option);
  return text;
}

std::string MountName(const MountIdentity& identity) {
  return "ossfs-" + Sha256Hex(CanonicalText(identity)).substr(0, kNameHexDigits);
}

std::string DisplaySource(const MountIdentity& identity) {
  std::string out = "oss://" + identity.bucket;
  if (!identity.prefix.empty()) out += "/" + identity.prefix;
  return out;
}

}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint_token.h"

#include <array>
#include <string>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace osbx {

Secret EndpointToken(const Secret& install_key, std::string_view uid) {
  // The purpose is part of the text: the same key serves others (drivers/mount/identity.h).
  std::string text = "osbx.dev/endpoint-token\n";
  text += uid;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), install_key.Reveal().data(), static_cast<int>(install_key.Reveal().size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, std::size_t{EVP_MAX_MD_SIZE} * 2> hex{};
  for (std::size_t i = 0; i < size; ++i) {
    hex[2 * i] = kDigits[mac[i] >> 4U];
    hex[2 * i + 1] = kDigits[mac[i] & 0xFU];
  }
  Secret token(std::string_view(hex.data(), std::size_t{size} * 2));
  OPENSSL_cleanse(hex.data(), hex.size());
  OPENSSL_cleanse(mac.data(), mac.size());
  return token;
}

}  // namespace osbx

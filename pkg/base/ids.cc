// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace osbx {
namespace {

void FillRandom(unsigned char* data, std::size_t size) {
  // OpenSSL's generator is seeded by the kernel; a failure leaves no safe way on.
  if (RAND_bytes(data, static_cast<int>(size)) != 1)
    throw std::runtime_error("no randomness available");
}

std::string ToHex(const unsigned char* data, std::size_t size) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[data[i] >> 4U];
    out += kDigits[data[i] & 0xFU];
  }
  return out;
}

}  // namespace

std::string RandomHex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  FillRandom(raw.data(), raw.size());
  return ToHex(raw.data(), raw.size());
}

std::string NewUuid() {
  std::array<unsigned char, 16> raw{};
  FillRandom(raw.data(), raw.size());
  raw[6] = static_cast<unsigned char>((raw[6] & 0x0FU) | 0x40U);
  raw[8] = static_cast<unsigned char>((raw[8] & 0x3FU) | 0x80U);
  std::string hex = ToHex(raw.data(), raw.size());
  for (const std::size_t dash : {20U, 16U, 12U, 8U}) hex.insert(dash, "-");
  return hex;
}

std::string RandomNameSuffix(std::size_t size) {
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  while (out.size() < size) {
    unsigned char byte = 0;
    FillRandom(&byte, 1);
    if (byte < 256 / kAlphabet.size() * kAlphabet.size()) out += kAlphabet[byte % kAlphabet.size()];
  }
  return out;
}

std::string Sha256Hex(std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return ToHex(digest.data(), size);
}

}  // namespace osbx

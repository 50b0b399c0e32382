// SPDX-License-Identifier: Apache-2.0
#include "execd/random_id.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace osbx::execd {
namespace {

using Bytes = std::array<unsigned char, 16>;

Bytes Random() {
  Bytes bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    std::abort();  // never for 16 bytes once the generator is seeded; ids must not repeat
  }
  return bytes;
}

std::string Hex(const Bytes& bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

}  // namespace

std::string NewId() {
  return Hex(Random());
}

std::string NewUuid() {
  Bytes bytes = Random();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string text = Hex(bytes);
  for (const std::size_t dash : {20U, 16U, 12U, 8U}) text.insert(dash, "-");
  return text;
}

}  // namespace osbx::execd

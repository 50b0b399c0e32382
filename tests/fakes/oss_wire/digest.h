// SPDX-License-Identifier: Apache-2.0
// Checksums of object-store protocols: HMACs for signatures, and one running digest that yields MD5
// (ETag), SHA-256 (signed payload) and CRC-64/XZ (x-oss-hash-crc64ecma) of a stream.
// BodyDigest: one thread. The functions are thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace osbx::fakes {

std::string HmacSha1(std::string_view key, std::string_view text);    // raw bytes
std::string HmacSha256(std::string_view key, std::string_view text);  // raw bytes
std::string Md5(std::string_view text);                               // raw bytes

std::uint64_t Crc64(std::uint64_t crc, std::string_view bytes);  // start with 0

class BodyDigest {
 public:
  BodyDigest();
  ~BodyDigest();
  BodyDigest(BodyDigest&&) noexcept;
  BodyDigest& operator=(BodyDigest&&) noexcept;
  BodyDigest(const BodyDigest&) = delete;
  BodyDigest& operator=(const BodyDigest&) = delete;

  // Only then Sha256Hex() may be asked for (it costs as much as everything else together).
  void EnableSha256();
  void Update(std::string_view bytes);

  std::string Md5Raw() const;
  std::string Sha256Hex() const;
  std::uint64_t crc64() const;
  std::uint64_t size_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace osbx::fakes

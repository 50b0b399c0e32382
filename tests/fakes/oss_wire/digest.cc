// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_wire/digest.h"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "fakes/oss_wire/encoding.h"

namespace osbx::fakes {
namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

std::string Hmac(const EVP_MD* algorithm, std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  HMAC(algorithm, key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

Context NewContext(const EVP_MD* algorithm) {
  Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), algorithm, nullptr);
  return context;
}

std::string Finish(const EVP_MD_CTX* context) {
  const Context copy(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_MD_CTX_copy_ex(copy.get(), context);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(copy.get(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

// CRC-64/XZ (ECMA-182, reflected), eight bytes at a time ("slicing-by-8").
using CrcTables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr CrcTables MakeCrcTables() {
  constexpr std::uint64_t kPolynomial = 0xC96C5795D7870F42ULL;
  CrcTables tables{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
    tables[0][i] = crc;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    for (std::size_t slice = 1; slice < 8; ++slice) {
      const std::uint64_t before = tables[slice - 1][i];
      tables[slice][i] = before >> 8U ^ tables[0][before & 255U];
    }
  }
  return tables;
}

constexpr CrcTables kCrcTables = MakeCrcTables();

}  // namespace

std::string HmacSha1(std::string_view key, std::string_view text) {
  return Hmac(EVP_sha1(), key, text);
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  return Hmac(EVP_sha256(), key, text);
}

std::string Md5(std::string_view text) {
  const Context context = NewContext(EVP_md5());
  EVP_DigestUpdate(context.get(), text.data(), text.size());
  return Finish(context.get());
}

std::uint64_t Crc64(std::uint64_t crc, std::string_view bytes) {
  crc = ~crc;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    for (std::size_t i = 0; i < 8; ++i) crc ^= static_cast<std::uint64_t>(p[i]) << (8 * i);
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < 8; ++i) next ^= kCrcTables[7 - i][crc >> (8 * i) & 255U];
    crc = next;
  }
  for (; left > 0; --left, ++p) crc = crc >> 8U ^ kCrcTables[0][(crc ^ *p) & 255U];
  return ~crc;
}

struct BodyDigest::State {
  Context md5 = NewContext(EVP_md5());
  Context sha256{nullptr, &EVP_MD_CTX_free};
  std::uint64_t crc = 0;
  std::uint64_t size_bytes = 0;
};

BodyDigest::BodyDigest() : state_(std::make_unique<State>()) {}
BodyDigest::~BodyDigest() = default;
BodyDigest::BodyDigest(BodyDigest&&) noexcept = default;
BodyDigest& BodyDigest::operator=(BodyDigest&&) noexcept = default;

void BodyDigest::EnableSha256() {
  state_->sha256 = NewContext(EVP_sha256());
}

void BodyDigest::Update(std::string_view bytes) {
  EVP_DigestUpdate(state_->md5.get(), bytes.data(), bytes.size());
  if (state_->sha256) EVP_DigestUpdate(state_->sha256.get(), bytes.data(), bytes.size());
  state_->crc = Crc64(state_->crc, bytes);
  state_->size_bytes += bytes.size();
}

std::string BodyDigest::Md5Raw() const {
  return Finish(state_->md5.get());
}
std::string BodyDigest::Sha256Hex() const {
  return HexEncode(Finish(state_->sha256.get()));
}
std::uint64_t BodyDigest::crc64() const {
  return state_->crc;
}
std::uint64_t BodyDigest::size_bytes() const {
  return state_->size_bytes;
}

}  // namespace osbx::fakes

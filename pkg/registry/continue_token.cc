// SPDX-License-Identifier: Apache-2.0
#include "registry/continue_token.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "registry/errors.h"
#include "registry/json_access.h"

namespace osbx::registry {
namespace {

constexpr std::string_view kVersion = "meta.k8s.io/v1";
constexpr std::size_t kMaxBytes = 4096;  // two names and a number are far below

}  // namespace

std::string EncodeContinue(const ContinueToken& token) {
  std::string start = token.ns + "/" + token.name;
  start.push_back('\0');
  return EncodeBase64Url(
      Dump(Json{{"v", kVersion}, {"rv", token.revision}, {"start", std::move(start)}}));
}

Result<ContinueToken> DecodeContinue(std::string_view text) {
  const auto broken = [] { return BadRequest("continue key is not valid"); };
  if (text.size() > kMaxBytes) return broken();
  const auto bytes = DecodeBase64Url(text);
  if (!bytes) return broken();
  const Json json = Json::parse(*bytes, nullptr, false);
  if (json.is_discarded() || StringMember(json, "v") != kVersion) return broken();
  const Json* revision = Member(json, "rv");
  if (revision == nullptr || !revision->is_number_integer()) return broken();
  ContinueToken token;
  token.revision = revision->get<store::Revision>();
  std::string_view start = StringMember(json, "start");
  const std::size_t slash = start.find('/');
  if (slash == std::string_view::npos || !start.ends_with('\0')) return broken();
  start.remove_suffix(1);
  token.ns = start.substr(0, slash);
  token.name = start.substr(slash + 1);
  if (token.name.empty() ||
      (token.revision <= 0 && token.revision != ContinueToken::kInconsistent)) {
    return broken();
  }
  return token;
}

}  // namespace osbx::registry

// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_server/auth.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace osbx::fakes {
namespace {

constexpr std::time_t kMaxSkewSeconds = 900;

// What an Authorization header says, whichever scheme it uses.
struct Claim {
  enum class Scheme { kOssV1, kOssV4, kAwsV2, kAwsV4 } scheme = Scheme::kOssV1;
  std::string key_id;
  std::string signature;
  Scope scope;                       // V4 only
  std::vector<std::string> headers;  // V4: signed (AWS) or additional (OSS)
};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(Trim(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<Claim> ParseV2Style(Claim::Scheme scheme, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Claim claim;
  claim.scheme = scheme;
  claim.key_id = Trim(text.substr(0, colon));
  claim.signature = Trim(text.substr(colon + 1));
  return claim;
}

// "Credential=AK/date/region/service/request, SignedHeaders=a;b, Signature=hex"
std::optional<Claim> ParseV4Style(Claim::Scheme scheme, std::string_view text) {
  Claim claim;
  claim.scheme = scheme;
  for (const std::string& field : Split(text, ',')) {
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos) return std::nullopt;
    const std::string name = field.substr(0, equals);
    const std::string value = field.substr(equals + 1);
    if (name == "Credential") {
      const auto parts = Split(value, '/');
      if (parts.size() != 5) return std::nullopt;
      claim.key_id = parts[0];
      claim.scope = {parts[1], parts[2]};
    } else if (name == "Signature") {
      claim.signature = value;
    } else if (name == "SignedHeaders" || name == "AdditionalHeaders") {
      claim.headers = Split(value, ';');
    }
  }
  if (claim.key_id.empty() || claim.signature.empty()) return std::nullopt;
  return claim;
}

std::optional<Claim> ParseClaim(const std::string& authorization) {
  const std::string_view text = authorization;
  if (text.starts_with("OSS4-HMAC-SHA256 ")) {
    return ParseV4Style(Claim::Scheme::kOssV4, text.substr(17));
  }
  if (text.starts_with("AWS4-HMAC-SHA256 ")) {
    return ParseV4Style(Claim::Scheme::kAwsV4, text.substr(17));
  }
  if (text.starts_with("OSS ")) return ParseV2Style(Claim::Scheme::kOssV1, text.substr(4));
  if (text.starts_with("AWS ")) return ParseV2Style(Claim::Scheme::kAwsV2, text.substr(4));
  return std::nullopt;
}

// The encoded paths a client may have signed: what it sent, or what it should have sent.
std::vector<std::string> CanonicalPaths(const SignedRequest& request, bool with_bucket) {
  const std::string bucket =
      with_bucket && !request.bucket.empty() ? "/" + request.bucket : std::string();
  return {bucket + request.raw_path, bucket + "/" + UrlEncode(request.key, Slash::kKeep),
          bucket + UrlEncode(request.raw_path, Slash::kKeep)};
}

bool Matches(const Claim& claim, const std::string& secret, const SignedRequest& request,
             const RequestHead& head) {
  switch (claim.scheme) {
    case Claim::Scheme::kOssV1: {
      const std::vector<std::string> dates{head.Header("date"), head.Header("x-oss-date")};
      return std::any_of(dates.begin(), dates.end(), [&](const std::string& date) {
        return OssV1Signature(secret, request, date) == claim.signature;
      });
    }
    case Claim::Scheme::kOssV4:
      return OssV4Signature(secret, request, claim.scope, claim.headers) == claim.signature;
    case Claim::Scheme::kAwsV2: {
      const auto paths = CanonicalPaths(request, true);
      return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
        return AwsV2Signature(secret, request, path) == claim.signature;
      });
    }
    case Claim::Scheme::kAwsV4: {
      const auto paths = CanonicalPaths(request, request.path_style);
      return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
        const AwsV4Input input{path, claim.headers, head.Header("x-amz-content-sha256"),
                               head.Header("x-amz-date")};
        return AwsV4Signature(secret, request, claim.scope, input) == claim.signature;
      });
    }
  }
  return false;
}

std::optional<Refusal> CheckDate(const RequestHead& head) {
  std::string text = head.Header("x-oss-date");
  if (text.empty()) text = head.Header("x-amz-date");
  if (text.empty()) text = head.Header("date");
  const auto date = ParseDate(text);
  if (!date) return Refusal{403, "AccessDenied", "A request must carry a valid date."};
  if (std::abs(std::difftime(*date, std::time(nullptr))) > kMaxSkewSeconds) {
    return Refusal{403, "RequestTimeTooSkewed",
                   "The difference between the request time and the current time is too large."};
  }
  return std::nullopt;
}

Credential ParseCredential(const Json& json) {
  Credential credential;
  credential.secret = json.value("secret", "");
  credential.token = json.value("token", "");
  credential.expires = json.value("expires", std::time_t{0});
  credential.allow = json.value("allow", std::vector<std::string>{});
  credential.readonly = json.value("readonly", false);
  credential.disabled = json.value("disabled", false);
  return credential;
}

}  // namespace

bool Caller::May(Access access, const std::string& bucket, const std::string& key) const {
  if (access == Access::kWrite && credential.readonly) return false;
  if (credential.allow.empty()) return true;
  return std::any_of(credential.allow.begin(), credential.allow.end(), [&](const auto& rule) {
    return rule == bucket || (bucket + "/" + key).starts_with(rule);
  });
}

Dialect DialectOf(const RequestHead& head) {
  const std::string authorization = head.Header("authorization");
  return authorization.starts_with("AWS") ? Dialect::kS3 : Dialect::kOss;
}

Result<> Authenticator::Load() {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) return Error::FromErrno(errno, "stat " + file_);
  const std::string stamp = std::to_string(status.st_ino) + "/" + std::to_string(status.st_size) +
                            "/" + std::to_string(status.st_mtim.tv_sec) + "." +
                            std::to_string(status.st_mtim.tv_nsec);
  const std::lock_guard lock(mutex_);
  if (stamp == stamp_) return {};
  std::ifstream input(file_);
  const std::string text{std::istreambuf_iterator<char>(input), {}};
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Error(Code::kInvalid, file_ + ": not a JSON object");
  std::map<std::string, Credential> credentials;
  try {
    for (const auto& [key_id, value] : json.items()) credentials[key_id] = ParseCredential(value);
  } catch (const Json::exception&) {  // a field of a wrong type
    return Error(Code::kInvalid, file_ + ": a field has a wrong type");
  }
  credentials_ = std::move(credentials);
  stamp_ = stamp;
  return {};
}

std::optional<Credential> Authenticator::FindCredential(const std::string& key_id) {
  Ignore(Load(), "a half-written file is read again with the next request");
  const std::lock_guard lock(mutex_);
  const auto found = credentials_.find(key_id);
  if (found == credentials_.end()) return std::nullopt;
  return found->second;
}

std::variant<Caller, Refusal> Authenticator::Authenticate(const RequestHead& head,
                                                          const SignedRequest& request) {
  const std::string authorization = head.Header("authorization");
  if (authorization.empty()) {
    return Refusal{403, "AccessDenied", "Anonymous access is forbidden for this operation."};
  }
  const auto claim = ParseClaim(authorization);
  if (!claim) return Refusal{400, "InvalidArgument", "Unsupported Authorization Type"};
  const auto credential = FindCredential(claim->key_id);
  if (!credential || credential->disabled) {
    return Refusal{403, "InvalidAccessKeyId",
                   credential
                       ? "The OSS Access Key Id is disabled."
                       : "The OSS Access Key Id you provided does not exist in our records."};
  }
  if (auto skewed = CheckDate(head)) return *std::move(skewed);
  if (claim->scheme == Claim::Scheme::kOssV4 && !region_.empty() &&
      claim->scope.region != region_) {
    return Refusal{403, "SignatureDoesNotMatch",
                   "Invalid signing region in Authorization header; expected " + region_ + "."};
  }
  if (!Matches(*claim, credential->secret, request, head)) {
    return Refusal{403, "SignatureDoesNotMatch",
                   "The request signature we calculated does not match the signature you provided. "
                   "Check your key and signing method."};
  }
  std::string token = head.Header("x-oss-security-token");
  if (token.empty()) token = head.Header("x-amz-security-token");
  if (token != credential->token) {
    return Refusal{403, "InvalidSecurityToken", "The security token you provided is invalid."};
  }
  if (credential->expires != 0 && credential->expires <= std::time(nullptr)) {
    return Refusal{403, "SecurityTokenExpired", "The security token you provided has expired."};
  }
  Caller caller;
  caller.key_id = claim->key_id;
  caller.dialect = DialectOf(head);
  caller.credential = *credential;
  return caller;
}

}  // namespace osbx::fakes

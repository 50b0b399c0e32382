// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_wire/signature.h"

#include <algorithm>

#include "base/base64.h"
#include "base/ids.h"
#include "fakes/oss_wire/digest.h"

namespace osbx::fakes {
namespace {

// Query parameters that are part of the resource in V1, space-separated with a space at either end
// (the union of the lists in Alibaba's own SDKs; names in "x-oss-" belong to it too).
constexpr std::string_view kOssSubResources =
    " acl append asyncFetch bucketInfo callback callback-var cname comp continuation-token cors "
    "delete "
    "encryption endTime group img inventory inventoryId lifecycle link live location logging "
    "metaQuery "
    "objectInfo objectMeta partNumber policy position qos qosInfo referer replication "
    "replicationLocation replicationProgress requestPayment response-cache-control "
    "response-content-disposition response-content-encoding response-content-language "
    "response-content-type response-expires restore security-token sequential startTime stat "
    "status "
    "style styleName symlink tagging transferAcceleration uploadId uploads versionId versioning "
    "versions vod website worm wormExtend wormId ";

constexpr std::string_view kAwsSubResources =
    " acl cors delete lifecycle location logging notification partNumber policy requestPayment "
    "response-cache-control response-content-disposition response-content-encoding "
    "response-content-language response-content-type response-expires tagging torrent uploadId "
    "uploads versionId versioning versions website ";

std::string Header(const Headers& headers, const std::string& name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

// "?acl&uploadId=7" of the parameters named in `names`, sorted, values as they are.
std::string SubResourceQuery(const Query& query, std::string_view names) {
  Query chosen;
  for (const auto& item : query) {
    const bool named = names.find(" " + item.first + " ") != std::string_view::npos;
    if (named || item.first.starts_with("x-oss-")) chosen.push_back(item);
  }
  std::sort(chosen.begin(), chosen.end());
  std::string text;
  for (const auto& [name, value] : chosen) {
    text += text.empty() ? '?' : '&';
    text += name;
    if (!value.empty()) text += "=" + value;
  }
  return text;
}

std::string PrefixedHeaders(const Headers& headers, std::string_view prefix) {
  std::string text;
  for (const auto& [name, value] : headers) {
    if (name.starts_with(prefix)) text += name + ":" + std::string(Trim(value)) + "\n";
  }
  return text;
}

std::string CanonicalQuery(const Query& query, bool equals_when_empty) {
  Query encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(UrlEncode(name, Slash::kEncode), UrlEncode(value, Slash::kEncode));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    text += name;
    if (!value.empty() || equals_when_empty) text += "=" + value;
  }
  return text;
}

std::string Join(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ";") + item;
  return text;
}

}  // namespace

std::string OssV1StringToSign(const SignedRequest& request, const std::string& date) {
  std::string resource = "/";
  if (!request.bucket.empty()) resource += request.bucket + "/" + request.key;
  return request.method + "\n" + Header(request.headers, "content-md5") + "\n" +
         Header(request.headers, "content-type") + "\n" + date + "\n" +
         PrefixedHeaders(request.headers, "x-oss-") + resource +
         SubResourceQuery(request.query, kOssSubResources);
}

std::string OssV1Signature(const std::string& secret, const SignedRequest& request,
                           const std::string& date) {
  return EncodeBase64(HmacSha1(secret, OssV1StringToSign(request, date)));
}

std::string OssV4StringToSign(const SignedRequest& request, const Scope& scope,
                              const std::vector<std::string>& additional_headers) {
  std::string path = "/";
  if (!request.bucket.empty()) path += request.bucket + "/" + request.key;
  std::string headers;
  for (const auto& [name, value] : request.headers) {
    const bool named = std::find(additional_headers.begin(), additional_headers.end(), name) !=
                       additional_headers.end();
    if (named || name == "content-type" || name == "content-md5" || name.starts_with("x-oss-")) {
      headers += name + ":" + std::string(Trim(value)) + "\n";
    }
  }
  std::string payload = Header(request.headers, "x-oss-content-sha256");
  if (payload.empty()) payload = "UNSIGNED-PAYLOAD";
  const std::string canonical = request.method + "\n" + UrlEncode(path, Slash::kKeep) + "\n" +
                                CanonicalQuery(request.query, false) + "\n" + headers + "\n" +
                                Join(additional_headers) + "\n" + payload;
  return "OSS4-HMAC-SHA256\n" + Header(request.headers, "x-oss-date") + "\n" + scope.date + "/" +
         scope.region + "/oss/aliyun_v4_request\n" + Sha256Hex(canonical);
}

std::string OssV4Signature(const std::string& secret, const SignedRequest& request,
                           const Scope& scope, const std::vector<std::string>& additional_headers) {
  std::string key = HmacSha256("aliyun_v4" + secret, scope.date);
  key = HmacSha256(key, scope.region);
  key = HmacSha256(key, "oss");
  key = HmacSha256(key, "aliyun_v4_request");
  return HexEncode(HmacSha256(key, OssV4StringToSign(request, scope, additional_headers)));
}

std::string AwsV2Signature(const std::string& secret, const SignedRequest& request,
                           const std::string& canonical_path) {
  const bool own_date = request.headers.contains("x-amz-date");
  const std::string text = request.method + "\n" + Header(request.headers, "content-md5") + "\n" +
                           Header(request.headers, "content-type") + "\n" +
                           (own_date ? std::string() : Header(request.headers, "date")) + "\n" +
                           PrefixedHeaders(request.headers, "x-amz-") + canonical_path +
                           SubResourceQuery(request.query, kAwsSubResources);
  return EncodeBase64(HmacSha1(secret, text));
}

std::string AwsV4Signature(const std::string& secret, const SignedRequest& request,
                           const Scope& scope, const AwsV4Input& input) {
  std::string headers;
  for (const auto& name : input.signed_headers) {
    headers += name + ":" + std::string(Trim(Header(request.headers, name))) + "\n";
  }
  const std::string canonical = request.method + "\n" + input.canonical_path + "\n" +
                                CanonicalQuery(request.query, true) + "\n" + headers + "\n" +
                                Join(input.signed_headers) + "\n" + input.payload_hash;
  const std::string text = "AWS4-HMAC-SHA256\n" + input.timestamp + "\n" + scope.date + "/" +
                           scope.region + "/s3/aws4_request\n" + Sha256Hex(canonical);
  std::string key = HmacSha256("AWS4" + secret, scope.date);
  key = HmacSha256(key, scope.region);
  key = HmacSha256(key, "s3");
  key = HmacSha256(key, "aws4_request");
  return HexEncode(HmacSha256(key, text));
}

}  // namespace osbx::fakes

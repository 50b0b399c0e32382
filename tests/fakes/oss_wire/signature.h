// SPDX-License-Identifier: Apache-2.0
// The four request signatures that object-store clients use: OSS V1 (`OSS ak:sig`), OSS V4
// (`OSS4-HMAC-SHA256`), and AWS V2 and V4 (for s3fs). Canonicalisation is what Alibaba's "Include a
// V1/V4 signature" and Amazon's "Signing REST requests" pages say. Pure functions; thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/oss_wire/encoding.h"

namespace osbx::fakes {

// Names in lower case.
using Headers = std::map<std::string, std::string>;

struct SignedRequest {
  std::string method;
  std::string bucket;    // "" for the service itself
  std::string key;       // decoded, without the leading slash; "" for the bucket
  std::string raw_path;  // as sent, still encoded, without the bucket of path-style addressing
  bool path_style = false;
  Query query;
  Headers headers;
};

// Where a V4 signature is valid: "20261124" / "cn-hangzhou".
struct Scope {
  std::string date;
  std::string region;
};

std::string OssV1StringToSign(const SignedRequest& request, const std::string& date);
std::string OssV1Signature(const std::string& secret, const SignedRequest& request,
                           const std::string& date);

std::string OssV4StringToSign(const SignedRequest& request, const Scope& scope,
                              const std::vector<std::string>& additional_headers);
std::string OssV4Signature(const std::string& secret, const SignedRequest& request,
                           const Scope& scope, const std::vector<std::string>& additional_headers);

// canonical_path: the encoded path with "/bucket" in front, as the client wrote it.
std::string AwsV2Signature(const std::string& secret, const SignedRequest& request,
                           const std::string& canonical_path);

struct AwsV4Input {
  std::string canonical_path;               // as in the request line
  std::vector<std::string> signed_headers;  // sorted, lower case
  std::string payload_hash;                 // x-amz-content-sha256
  std::string timestamp;                    // x-amz-date
};
std::string AwsV4Signature(const std::string& secret, const SignedRequest& request,
                           const Scope& scope, const AwsV4Input& input);

}  // namespace osbx::fakes

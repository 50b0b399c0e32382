// SPDX-License-Identifier: Apache-2.0
// What the real programs do before they mount: list one key of the prefix with the OSS signature,
// with their time-outs and their number of attempts. Blocks. One thread.
#pragma once

#include <chrono>
#include <string>

namespace osbx::fakes {

struct BucketCheck {
  std::string url;  // with its scheme, without the bucket
  std::string bucket;
  std::string prefix;  // "" or "a/b/"
  std::string key_id;
  std::string secret;
  std::string token;
  std::string region;  // set: V4 signature, else V1
  bool path_style = false;
  std::string proxy;  // "": what http_proxy in the environment says
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds answer_timeout{0};
  int attempts = 1;
  std::chrono::milliseconds first_pause{0};  // between attempts
  int pause_factor = 1;                      // each pause is this much longer than the one before
};

enum class CheckOutcome {
  kOk,
  kDenied,
  kNoBucket,
  kBadRequest,
  kServerError,
  kUnreachable,
  kTimedOut
};

struct CheckResult {
  CheckOutcome outcome = CheckOutcome::kOk;
  std::string code;     // of the server's error
  std::string message;  // likewise
};

CheckResult CheckBucket(const BucketCheck& check);

// An IP address or localhost as endpoint cannot carry a bucket in front of it.
bool NeedsPathStyle(const std::string& url);

}  // namespace osbx::fakes

// SPDX-License-Identifier: Apache-2.0
#include "fakes/ossfs_standin/bucket_check.h"

#include <time.h>

#include <ctime>
#include <memory>
#include <thread>

#include <curl/curl.h>

#include "fakes/oss_wire/encoding.h"
#include "fakes/oss_wire/signature.h"

namespace osbx::fakes {
namespace {

constexpr std::size_t kBodyLimitBytes = 1024UL * 1024;

struct Url {
  std::string scheme;
  std::string authority;
};

Url SplitUrl(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {"http", url};
  std::string authority = url.substr(scheme + 3);
  authority.resize(std::min(authority.find('/'), authority.size()));
  return {url.substr(0, scheme), authority};
}

std::size_t Append(char* data, std::size_t size, std::size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size * count > kBodyLimitBytes) return 0;
  body.append(data, size * count);
  return size * count;
}

std::string Authorization(const BucketCheck& check, const Query& query, Headers& headers) {
  SignedRequest request;
  request.method = "GET";
  request.bucket = check.bucket;
  request.query = query;
  if (!check.token.empty()) headers["x-oss-security-token"] = check.token;
  const std::time_t now = std::time(nullptr);
  if (check.region.empty()) {
    headers["date"] = HttpDate(now);
    request.headers = headers;
    return "OSS " + check.key_id + ":" + OssV1Signature(check.secret, request, headers["date"]);
  }
  headers["x-oss-date"] = IsoBasicDate(now);
  headers["x-oss-content-sha256"] = "UNSIGNED-PAYLOAD";
  request.headers = headers;
  const Scope scope{headers["x-oss-date"].substr(0, 8), check.region};
  return "OSS4-HMAC-SHA256 Credential=" + check.key_id + "/" + scope.date + "/" + scope.region +
         "/oss/aliyun_v4_request,Signature=" + OssV4Signature(check.secret, request, scope, {});
}

CheckResult Judge(long status, const std::string& body) {
  const auto codes = XmlTexts(body, "Code");
  const auto messages = XmlTexts(body, "Message");
  CheckResult result;
  result.code = codes.empty() ? "HTTP " + std::to_string(status) : codes.front();
  result.message = messages.empty() ? std::string() : messages.front();
  if (status == 200) return {};
  if (status == 403) {
    result.outcome = CheckOutcome::kDenied;
  } else if (status == 404) {
    result.outcome = CheckOutcome::kNoBucket;
  } else if (status >= 400 && status < 500) {
    result.outcome = CheckOutcome::kBadRequest;
  } else {
    result.outcome = CheckOutcome::kServerError;
  }
  return result;
}

CheckResult Attempt(const BucketCheck& check) {
  const Query query{{"delimiter", "/"}, {"max-keys", "1"}, {"prefix", check.prefix}};
  const Url url = SplitUrl(check.url);
  std::string target = url.scheme + "://";
  target += check.path_style ? url.authority + "/" + check.bucket + "/?"
                             : check.bucket + "." + url.authority + "/?";
  target += "delimiter=%2F&max-keys=1&prefix=" + UrlEncode(check.prefix, Slash::kEncode);

  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  Headers headers;
  const std::string authorization = Authorization(check, query, headers);
  curl_slist* raw = curl_slist_append(nullptr, ("Authorization: " + authorization).c_str());
  for (const auto& [name, value] : headers) {
    std::string line = name;
    raw = curl_slist_append(raw, line.append(": ").append(value).c_str());
  }
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> list(raw, &curl_slist_free_all);
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, target.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(check.connect_timeout.count()));
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(check.answer_timeout.count()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  if (!check.proxy.empty()) curl_easy_setopt(curl.get(), CURLOPT_PROXY, check.proxy.c_str());
  const CURLcode outcome = curl_easy_perform(curl.get());
  if (outcome == CURLE_OPERATION_TIMEDOUT) return {CheckOutcome::kTimedOut, "", ""};
  if (outcome != CURLE_OK) return {CheckOutcome::kUnreachable, "", curl_easy_strerror(outcome)};
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return Judge(status, body);
}

bool WorthRepeating(CheckOutcome outcome) {
  return outcome == CheckOutcome::kServerError || outcome == CheckOutcome::kUnreachable ||
         outcome == CheckOutcome::kTimedOut;
}

}  // namespace

CheckResult CheckBucket(const BucketCheck& check) {
  CheckResult result;
  auto pause = check.first_pause;
  for (int attempt = 0; attempt < check.attempts; ++attempt) {
    result = Attempt(check);
    if (!WorthRepeating(result.outcome)) return result;
    std::this_thread::sleep_for(pause);
    pause *= check.pause_factor;
  }
  return result;
}

bool NeedsPathStyle(const std::string& url) {
  std::string host = SplitUrl(url).authority;
  host.resize(std::min(host.rfind(':'), host.size()));
  return host == "localhost" || host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace osbx::fakes

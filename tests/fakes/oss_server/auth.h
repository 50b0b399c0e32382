// SPDX-License-Identifier: Apache-2.0
// Who asks, and may they? Verifies the four signatures against creds.json, which is read again when
// it changes, so that a test can rotate or revoke keys. Thread-safe.
#pragma once

#include <ctime>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "fakes/oss_server/http.h"

namespace osbx::fakes {

enum class Dialect { kOss, kS3 };
enum class Access { kRead, kWrite };

// Answered as 403/404/… with an XML body.
struct Refusal {
  int status = 403;
  std::string code;
  std::string message;
};

struct Credential {
  std::string secret;
  std::string token;               // of STS; must then be sent with every request
  std::time_t expires = 0;         // 0: never
  std::vector<std::string> allow;  // "bucket" or "bucket/prefix/"; empty: everything
  bool readonly = false;
  bool disabled = false;
};

struct Caller {
  std::string key_id;
  Dialect dialect = Dialect::kOss;
  Credential credential;

  // A key, a list's prefix, or "" for the bucket itself.
  bool May(Access access, const std::string& bucket, const std::string& key) const;
};

Dialect DialectOf(const RequestHead& head);

class Authenticator {
 public:
  Authenticator(std::string credentials_file, std::string region)
      : file_(std::move(credentials_file)), region_(std::move(region)) {}

  Result<> Load();  // also checks that the file can be read at all
  std::variant<Caller, Refusal> Authenticate(const RequestHead& head, const SignedRequest& request);

 private:
  std::optional<Credential> FindCredential(const std::string& key_id);

  const std::string file_;
  const std::string region_;  // "": any region is right
  std::mutex mutex_;
  std::map<std::string, Credential> credentials_;
  std::string stamp_;  // of the file when it was read
};

}  // namespace osbx::fakes

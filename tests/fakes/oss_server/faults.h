// SPDX-License-Identifier: Apache-2.0
// Faults that a test orders (hang, delay, status, close), counters and a log of requests, all
// behind
// /-/ on the server's own address. The log holds no secrets. Thread-safe; Apply blocks its caller.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "fakes/oss_server/http.h"

namespace osbx::fakes {

struct FaultRule {
  std::string action;  // hang, delay, status, close
  std::string method;  // "" matches every request; likewise below
  std::string bucket;
  std::string key_prefix;  // also matched against the prefix of a list
  std::string query;       // the name of a parameter that must be there
  int status = 503;
  double seconds = 600;     // how long to hang or delay
  std::int64_t count = -1;  // how many requests; -1: all
};

struct LoggedRequest {
  std::string method;
  std::string bucket;
  std::string key;
  std::string query;
  std::string key_id;
  int status = 0;
  double milliseconds = 0;
};

class FaultBoard {
 public:
  // Waits, or says what to answer instead; nothing when the request goes on as usual.
  std::optional<Response> Apply(const std::string& method, const std::string& bucket,
                                const std::string& key, const Query& query);
  void Log(LoggedRequest entry);

  // The /-/ endpoints: POST|DELETE fault, GET stats, GET log?n=100.
  Response Serve(const RequestHead& head, const std::string& body);

  void Stop();  // releases everything that hangs, now and later

 private:
  Result<> AddRule(const std::string& json);
  void DropRules();
  bool Sleep(double seconds);  // false when released early
  std::string StatsJson();
  std::string LogJson(std::size_t count);

  std::mutex mutex_;
  std::condition_variable released_;
  std::uint64_t release_number_ = 0;
  bool stopping_ = false;
  std::list<FaultRule> rules_;
  std::deque<LoggedRequest> log_;
  std::map<std::string, std::uint64_t> by_method_;
  std::map<int, std::uint64_t> by_status_;
  std::uint64_t total_ = 0;
  std::uint64_t faulted_ = 0;
  std::uint64_t waiting_ = 0;  // requests held by a hang or delay now
};

}  // namespace osbx::fakes

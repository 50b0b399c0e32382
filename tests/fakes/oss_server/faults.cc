// SPDX-License-Identifier: Apache-2.0
#include "fakes/oss_server/faults.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace osbx::fakes {
namespace {

constexpr std::size_t kLogSize = 2000;
constexpr std::size_t kDefaultLogCount = 100;

bool Matches(const FaultRule& rule, const std::string& method, const std::string& bucket,
             const std::string& key, const Query& query) {
  if (!rule.method.empty() && rule.method != method) return false;
  if (!rule.bucket.empty() && rule.bucket != bucket) return false;
  std::string subject = key;
  bool has_parameter = rule.query.empty();
  for (const auto& [name, value] : query) {
    if (name == "prefix" && key.empty()) subject = value;
    if (name == rule.query) has_parameter = true;
  }
  return has_parameter && subject.starts_with(rule.key_prefix);
}

Response JsonResponse(int status, const std::string& body) {
  Response response;
  response.status = status;
  response.headers["Content-Type"] = "application/json";
  response.body = body + "\n";
  return response;
}

}  // namespace

bool FaultBoard::Sleep(double seconds) {
  std::unique_lock lock(mutex_);
  const std::uint64_t number = release_number_;
  ++waiting_;
  const bool released = released_.wait_for(lock, std::chrono::duration<double>(seconds),
                                           [&] { return stopping_ || release_number_ != number; });
  --waiting_;
  return !released;
}

std::optional<Response> FaultBoard::Apply(const std::string& method, const std::string& bucket,
                                          const std::string& key, const Query& query) {
  FaultRule rule;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const FaultRule& candidate) {
      return Matches(candidate, method, bucket, key, query);
    });
    if (found == rules_.end()) return std::nullopt;
    rule = *found;
    ++faulted_;
    if (found->count > 0 && --found->count == 0) rules_.erase(found);
  }
  Response response;
  if (rule.action == "delay") {
    Sleep(rule.seconds);
    return std::nullopt;
  }
  if (rule.action == "hang") {
    if (!Sleep(rule.seconds)) return std::nullopt;  // released: answered as usual
    response.drop_connection = true;
    return response;
  }
  if (rule.action == "close") {
    response.drop_connection = true;
    return response;
  }
  response.status = rule.status;
  response.headers["Content-Type"] = "application/xml";
  response.body =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InjectedFault</Code>"
      "<Message>This fault was ordered by a test.</Message></Error>";
  return response;
}

void FaultBoard::Log(LoggedRequest entry) {
  const std::lock_guard lock(mutex_);
  ++total_;
  ++by_method_[entry.method];
  ++by_status_[entry.status];
  log_.push_back(std::move(entry));
  if (log_.size() > kLogSize) log_.pop_front();
}

Result<> FaultBoard::AddRule(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Error(Code::kInvalid, "not a JSON object");
  FaultRule rule;
  try {
    rule.action = json.value("action", "");
    rule.method = json.value("method", "");
    rule.bucket = json.value("bucket", "");
    rule.key_prefix = json.value("key_prefix", "");
    rule.query = json.value("query", "");
    rule.status = json.value("status", rule.status);
    rule.seconds = json.value("seconds", rule.seconds);
    rule.count = json.value("count", rule.count);
  } catch (const Json::exception&) {  // a field of a wrong type
    return Error(Code::kInvalid, "a field has a wrong type");
  }
  if (rule.action != "hang" && rule.action != "delay" && rule.action != "status" &&
      rule.action != "close") {
    return Error(Code::kInvalid, "action must be hang, delay, status or close");
  }
  const std::lock_guard lock(mutex_);
  rules_.push_back(std::move(rule));
  return {};
}

void FaultBoard::DropRules() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
  ++release_number_;
  released_.notify_all();
}

void FaultBoard::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  released_.notify_all();
}

std::string FaultBoard::StatsJson() {
  const std::lock_guard lock(mutex_);
  Json json{{"total", total_}, {"faulted", faulted_}, {"waiting", waiting_}};
  json["methods"] = by_method_;
  json["statuses"] = Json::object();
  for (const auto& [status, count] : by_status_) json["statuses"][std::to_string(status)] = count;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string FaultBoard::LogJson(std::size_t count) {
  const std::lock_guard lock(mutex_);
  Json json = Json::array();
  for (std::size_t i = log_.size() - std::min(count, log_.size()); i < log_.size(); ++i) {
    const LoggedRequest& entry = log_[i];
    json.push_back({{"method", entry.method},
                    {"bucket", entry.bucket},
                    {"key", entry.key},
                    {"query", entry.query},
                    {"key_id", entry.key_id},
                    {"status", entry.status},
                    {"ms", entry.milliseconds}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Response FaultBoard::Serve(const RequestHead& head, const std::string& body) {
  if (head.raw_path == "/-/fault" && head.method == "POST") {
    const auto added = AddRule(body);
    if (!added.has_value()) return JsonResponse(400, Json(added.error().message()).dump());
    return JsonResponse(200, "{}");
  }
  if (head.raw_path == "/-/fault" && head.method == "DELETE") {
    DropRules();
    return JsonResponse(200, "{}");
  }
  if (head.raw_path == "/-/stats") return JsonResponse(200, StatsJson());
  if (head.raw_path == "/-/log") {
    const std::string count = head.Parameter("n");
    return JsonResponse(
        200, LogJson(count.empty() ? kDefaultLogCount : std::strtoul(count.c_str(), nullptr, 10)));
  }
  return JsonResponse(404, "{}");
}

}  // namespace osbx::fakes

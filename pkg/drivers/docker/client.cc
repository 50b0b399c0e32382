// SPDX-License-Identifier: Apache-2.0
#include "drivers/docker/client.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "drivers/docker/decode.h"
#include "drivers/docker/encode.h"
#include "drivers/docker/pull_flights.h"
#include "drivers/docker/status.h"
#include "drivers/docker/transport.h"

namespace osbx::docker {
namespace {

constexpr char kDefaultHost[] = "unix:///var/run/docker.sock";
// What this client is written against. An engine of today that no longer speaks it is spoken to in
// the lowest version it still knows; a higher one is never asked for.
constexpr int kApiMajor = 1;
constexpr int kApiMinor = 41;

struct ApiVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
};

ApiVersion ParseApiVersion(std::string_view text) {
  ApiVersion version;
  const char* end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, version.major);
  if (error == std::errc() && dot != end) std::from_chars(dot + 1, end, version.minor);
  return version;
}

}  // namespace

Result<std::unique_ptr<Client>> Client::Open(ClientOptions options, Clock& clock) {
  if (options.host.empty()) {
    const char* host = std::getenv("DOCKER_HOST");
    options.host = host != nullptr && *host != '\0' ? host : kDefaultHost;
  }
  OSBX_TRY(Endpoint endpoint, ParseHost(options.host));
  auto transport = std::make_unique<Transport>(std::move(endpoint));
  return std::unique_ptr<Client>(new Client(std::move(options), clock, std::move(transport)));
}

Client::Client(ClientOptions options, Clock& clock, std::unique_ptr<Transport> transport)
    : options_(std::move(options)),
      clock_(clock),
      transport_(std::move(transport)),
      pulls_(std::make_unique<PullFlights>(clock)),
      breaker_(options_.breaker, clock) {}

Client::~Client() = default;

Call Client::WithDefaults(const Call& call) const {
  Call filled = call;
  if (filled.timeout <= Duration{0}) filled.timeout = options_.timeout;
  return filled;
}

Result<Response> Client::Do(Request request, const Call& call) {
  OSBX_CHECK(CheckPath(request.path));
  const Call filled = WithDefaults(call);
  std::string path;
  if (!request.unversioned) {
    OSBX_TRY(path, ApiPrefix(filled));
  }
  path += request.path;
  if (!request.bypass_breaker) {
    if (Result<> admitted = breaker_.Admit(); !admitted) {
      calls_.CountHeld(request.method, request.path);
      return std::move(admitted).error();
    }
  }
  const MonoTime start = clock_.Mono();
  Result<Response> response = transport_->Do(request, path, filled.timeout, filled.stop);
  const CallOutcome outcome = OutcomeOf(response ? nullptr : &response.error(), request.long_poll);
  if (request.bypass_breaker) {
    breaker_.ReportBypassed(outcome);
  } else {
    breaker_.Report(outcome);
  }
  if (response) {
    const bool success = response->status >= 200 && response->status < 300;
    if (!success && response->status != 304) {
      response = StatusError(response->status, response->body);
    }
  }
  calls_.Count(request.method, request.path, response ? nullptr : &response.error(),
               clock_.Mono() - start, request.long_poll);
  return response;
}

Result<> Client::Negotiate(const Call& call, bool bypass_breaker) {
  Request request;
  request.path = "/version";
  request.unversioned = true;
  request.bypass_breaker = bypass_breaker;
  OSBX_TRY(const Response response, Do(std::move(request), call));
  OSBX_TRY(const VersionInfo version, DecodeVersion(response.body));
  ApiVersion spoken{kApiMajor, kApiMinor};
  if (ParseApiVersion(version.api) < spoken) {
    return Error(Code::kFailedPrecondition, "docker: engine " + version.engine + " speaks API " +
                                                version.api +
                                                ", at least 1.41 (Docker 20.10) is needed");
  }
  spoken = std::max(spoken, ParseApiVersion(version.min_api));
  const std::lock_guard lock(version_mutex_);
  api_prefix_ = "/v" + std::to_string(spoken.major) + "." + std::to_string(spoken.minor);
  return {};
}

Result<std::string> Client::ApiPrefix(const Call& call) {
  {
    const std::lock_guard lock(version_mutex_);
    if (!api_prefix_.empty()) return api_prefix_;
  }
  OSBX_CHECK(Negotiate(call, /*bypass_breaker=*/false));
  const std::lock_guard lock(version_mutex_);
  return api_prefix_;
}

Result<> Client::Ping(const Call& call) {
  Request request;
  request.path = "/_ping";
  request.unversioned = true;
  request.bypass_breaker = true;
  OSBX_CHECK(Do(std::move(request), call));
  return {};
}

Result<VersionInfo> Client::Version(const Call& call) {
  Request request;
  request.path = "/version";
  request.unversioned = true;
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeVersion(response.body);
}

Result<EngineInfo> Client::Info(const Call& call) {
  Request request;
  request.path = "/info";
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeInfo(response.body);
}

Error Client::StreamEvents(const EventQuery& query, const Call& call,
                           const std::function<void()>& on_connected,
                           const std::function<void(const Event&)>& on_event) {
  // The engine may have been replaced by another version since the last connection.
  const Call short_call{.timeout = options_.timeout, .stop = call.stop};
  if (Result<> agreed = Negotiate(short_call, /*bypass_breaker=*/true); !agreed) {
    return std::move(agreed).error();
  }
  LineSplitter lines;
  Request request;
  request.path = "/events?filters=" + UrlEncode(EncodeFilters(query.filters));
  if (query.since_nano > 0) request.path += "&since=" + NanoText(query.since_nano);
  request.bypass_breaker = true;
  request.long_poll = true;
  request.on_connected = [&] {
    breaker_.ReportBypassed(CallOutcome::kReached);
    on_connected();
  };
  request.on_data = [&](std::string_view bytes) {
    std::vector<std::string> complete;
    lines.Feed(bytes, complete);
    for (const std::string& line : complete) {
      if (const auto event = ParseEvent(line)) on_event(*event);
    }
    return true;
  };
  Result<Response> ended = Do(std::move(request), call);
  if (!ended) return std::move(ended).error();
  return Error(Code::kUnavailable, "docker: the event stream ended");
}

}  // namespace osbx::docker

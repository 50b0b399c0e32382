// SPDX-License-Identifier: Apache-2.0
// Images: inspect, pull, remove.
#include <utility>

#include "base/ids.h"
#include "drivers/docker/client.h"
#include "drivers/docker/decode.h"
#include "drivers/docker/encode.h"
#include "drivers/docker/pull_flights.h"
#include "drivers/docker/transport.h"

namespace osbx::docker {
namespace {

// Which pulls are the same; the credential goes in as a digest.
std::string FlightKey(std::string_view reference, const PullOptions& options) {
  const RegistryAuth& auth = options.auth;
  Secret plain(auth.username + "\n" + auth.server + "\n" + std::string(auth.password.Reveal()));
  return std::string(reference) + "\n" + options.platform + "\n" + Sha256Hex(plain.Reveal());
}

Error PullError(int http_status, const std::string& message) {
  return Error(PullErrorCode(http_status, message), "docker: pull: " + message)
      .WithHttpStatus(http_status);
}

}  // namespace

Result<ImageInfo> Client::InspectImage(std::string_view reference, const Call& call) {
  Request request;
  request.path = "/images/" + UrlEncode(reference) + "/json";
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeImage(response.body);
}

Result<> Client::PullImage(std::string_view reference, const PullOptions& options,
                           const Call& call) {
  Call filled = call;
  if (filled.timeout <= Duration{0}) filled.timeout = options_.pull_timeout;
  return pulls_->Run(FlightKey(reference, options), filled.timeout, filled.stop,
                     [&] { return PullOnce(reference, options, filled); });
}

Result<> Client::PullOnce(std::string_view reference, const PullOptions& options,
                          const Call& call) {
  const ImageReference image = SplitReference(reference);
  Request request;
  request.method = Method::kPost;
  request.path =
      "/images/create?fromImage=" + UrlEncode(image.repository) + "&tag=" + UrlEncode(image.tag);
  if (!options.platform.empty()) request.path += "&platform=" + UrlEncode(options.platform);
  request.registry_auth = EncodeAuth(options.auth);
  request.long_poll = true;

  // Failures come inside the stream, after a status line that said 200.
  LineSplitter lines;
  std::string failure;
  const auto take = [&](const std::string& line) {
    const auto parsed = ParsePullLine(line);
    if (!parsed) return;
    if (parsed->error) {
      failure = *parsed->error;
    } else if (options.on_progress) {
      options.on_progress(parsed->progress);
    }
  };
  request.on_data = [&](std::string_view bytes) {
    std::vector<std::string> complete;
    lines.Feed(bytes, complete);
    for (const std::string& line : complete) take(line);
    return true;
  };
  Result<Response> response = Do(std::move(request), call);
  if (!response) {
    Error error = std::move(response).error();
    if (error.http_status() == 0) return error;
    return PullError(error.http_status(), error.message());
  }
  take(lines.TakeRest());
  if (!failure.empty()) return PullError(response->status, failure);
  return {};
}

Result<std::string> Client::CommitContainer(std::string_view id, const CommitSpec& spec,
                                            const Call& call) {
  Request request;
  request.method = Method::kPost;
  request.path = "/commit?container=" + UrlEncode(id) + "&repo=" + UrlEncode(spec.repository) +
                 "&tag=" + UrlEncode(spec.tag) + "&pause=1";
  for (const std::string& change : spec.changes) request.path += "&changes=" + UrlEncode(change);
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeId(response.body);
}

Result<> Client::RemoveImage(std::string_view reference, bool force, const Call& call) {
  Request request;
  request.method = Method::kDelete;
  request.path = "/images/" + UrlEncode(reference) + (force ? "?force=1" : "");
  OSBX_CHECK(Do(std::move(request), call));
  return {};
}

}  // namespace osbx::docker

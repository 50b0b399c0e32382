// SPDX-License-Identifier: Apache-2.0
// Exec: a further process in a running container.
#include <utility>

#include <nlohmann/json.hpp>

#include "drivers/docker/client.h"
#include "drivers/docker/decode.h"
#include "drivers/docker/encode.h"
#include "drivers/docker/hijack.h"
#include "drivers/docker/transport.h"

namespace osbx::docker {

Result<std::string> Client::CreateExec(std::string_view container, const ExecSpec& spec,
                                       const Call& call) {
  Request request;
  request.method = Method::kPost;
  request.path = "/containers/" + UrlEncode(container) + "/exec";
  OSBX_TRY(request.body, ToBody(Encode(spec)));
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeId(response.body);
}

Result<ExecStream> Client::StartExec(std::string_view exec_id, bool tty, const Call& call) {
  const Call filled = WithDefaults(call);
  OSBX_TRY(const std::string prefix, ApiPrefix(filled));
  HijackRequest request;
  request.path = prefix + "/exec/" + UrlEncode(exec_id) + "/start";
  OSBX_CHECK(CheckPath(request.path));
  OSBX_CHECK(breaker_.Admit());
  request.body = tty ? R"({"Detach":false,"Tty":true})" : R"({"Detach":false,"Tty":false})";
  request.tty = tty;
  request.timeout = filled.timeout;
  Result<ExecStream> stream = Hijack(*transport_, request, filled.stop);
  breaker_.Report(OutcomeOf(stream ? nullptr : &stream.error(), /*long_poll=*/false));
  return stream;
}

Result<> Client::ResizeExec(std::string_view exec_id, int rows, int columns, const Call& call) {
  Request request;
  request.method = Method::kPost;
  request.path = "/exec/" + UrlEncode(exec_id) + "/resize?h=" + std::to_string(rows) +
                 "&w=" + std::to_string(columns);
  OSBX_CHECK(Do(std::move(request), call));
  return {};
}

Result<ExecInfo> Client::InspectExec(std::string_view exec_id, const Call& call) {
  Request request;
  request.path = "/exec/" + UrlEncode(exec_id) + "/json";
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeExec(response.body);
}

}  // namespace osbx::docker

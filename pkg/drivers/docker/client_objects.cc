// SPDX-License-Identifier: Apache-2.0
// Networks and volumes.
#include <utility>

#include <nlohmann/json.hpp>

#include "drivers/docker/client.h"
#include "drivers/docker/decode.h"
#include "drivers/docker/encode.h"
#include "drivers/docker/transport.h"

namespace osbx::docker {
namespace {

std::string WithFilters(std::string path, const Filters& filters) {
  if (!filters.empty()) path += "?filters=" + UrlEncode(EncodeFilters(filters));
  return path;
}

}  // namespace

Result<NetworkInfo> Client::InspectNetwork(std::string_view name, const Call& call) {
  Request request;
  request.path = "/networks/" + UrlEncode(name);
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeNetwork(response.body);
}

Result<std::vector<NetworkInfo>> Client::ListNetworks(const Filters& filters, const Call& call) {
  Request request;
  request.path = WithFilters("/networks", filters);
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeNetworkList(response.body);
}

Result<std::string> Client::CreateNetwork(const NetworkSpec& spec, const Call& call) {
  Request request;
  request.method = Method::kPost;
  request.path = "/networks/create";
  OSBX_TRY(request.body, ToBody(Encode(spec)));
  Result<Response> response = Do(std::move(request), call);
  if (!response && response.error().http_status() == 409) {
    return std::move(response).error().WithCode(Code::kAlreadyExists);
  }
  if (!response) return std::move(response).error();
  return DecodeId(response->body);
}

Result<> Client::RemoveNetwork(std::string_view name, const Call& call) {
  Request request;
  request.method = Method::kDelete;
  request.path = "/networks/" + UrlEncode(name);
  OSBX_CHECK(Do(std::move(request), call));
  return {};
}

Result<VolumeInfo> Client::InspectVolume(std::string_view name, const Call& call) {
  Request request;
  request.path = "/volumes/" + UrlEncode(name);
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeVolume(response.body);
}

Result<std::vector<VolumeInfo>> Client::ListVolumes(const Filters& filters, const Call& call) {
  Request request;
  request.path = WithFilters("/volumes", filters);
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeVolumeList(response.body);
}

Result<VolumeInfo> Client::CreateVolume(const VolumeSpec& spec, const Call& call) {
  Request request;
  request.method = Method::kPost;
  request.path = "/volumes/create";
  OSBX_TRY(request.body, ToBody(Encode(spec)));
  OSBX_TRY(const Response response, Do(std::move(request), call));
  return DecodeVolume(response.body);
}

Result<> Client::RemoveVolume(std::string_view name, bool force, const Call& call) {
  Request request;
  request.method = Method::kDelete;
  request.path = "/volumes/" + UrlEncode(name) + (force ? "?force=1" : "");
  OSBX_CHECK(Do(std::move(request), call));
  return {};
}

}  // namespace osbx::docker

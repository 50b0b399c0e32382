// SPDX-License-Identifier: Apache-2.0
// The engine's JSON as typed values. Pure and total: a missing or mistyped field gives its default,
// a document that is no object (or array, for lists) gives Internal. Never keeps an environment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drivers/docker/types.h"

namespace osbx::docker {

Result<ContainerInfo> DecodeContainer(std::string_view body);
Result<std::vector<ContainerSummary>> DecodeContainerList(std::string_view body);
Result<ContainerStats> DecodeStats(std::string_view body);
Result<ImageInfo> DecodeImage(std::string_view body);
Result<NetworkInfo> DecodeNetwork(std::string_view body);
Result<std::vector<NetworkInfo>> DecodeNetworkList(std::string_view body);
Result<VolumeInfo> DecodeVolume(std::string_view body);
Result<std::vector<VolumeInfo>> DecodeVolumeList(std::string_view body);
Result<ExecInfo> DecodeExec(std::string_view body);
Result<VersionInfo> DecodeVersion(std::string_view body);
Result<EngineInfo> DecodeInfo(std::string_view body);
Result<std::string> DecodeId(std::string_view body);  // {"Id":"…"}
Result<int> DecodeExitCode(std::string_view body);    // {"StatusCode":0}
// {"message":"…"} of an error body; else the body's beginning.
std::string DecodeMessage(std::string_view body);

ContainerStatus ParseContainerStatus(std::string_view word);
std::string_view ContainerStatusName(ContainerStatus status);
// nullopt for the engine's year 1 and for garbage.
std::optional<Time> ParseEngineTime(std::string_view text);

}  // namespace osbx::docker

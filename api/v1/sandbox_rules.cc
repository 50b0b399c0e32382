// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <map>

#include "api/causes.h"
#include "api/v1/json_fields.h"
#include "api/v1/paths.h"
#include "api/v1/rules.h"
#include "base/quantity.h"

namespace osbx::api::v1 {
namespace {

constexpr std::int64_t kDockerMinimumMemory =
    std::int64_t{6} * 1024 * 1024;  // bytes; less is refused by Docker

std::string ProblemOfMemory(std::string_view text) {
  const auto bytes = ParseMemory(text);
  if (!bytes.has_value()) {
    return "must be a whole number above zero with an optional unit such as Mi or Gi";
  }
  return *bytes < kDockerMinimumMemory ? "must be at least 6Mi" : "";
}

std::string ProblemOfCpu(std::string_view text) {
  return ParseCpu(text).has_value() ? ""
                                    : "must be cores (1, 0.5) or thousandths (500m) above zero";
}

std::string ProblemOfGpu(std::string_view text) {
  if (text == "all") return "";
  std::int32_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  return whole && count > 0 ? "" : "must be a whole number above zero, or all";
}

// A NUL would cut the text short wherever C strings carry it. Values are not shown: an environment
// may hold secrets.
void RefuseNul(const Json& value, const std::string& path, std::vector<Cause>& causes) {
  if (value.is_string() && value.get_ref<const std::string&>().find('\0') != std::string::npos) {
    causes.push_back(InvalidHidden(path, "must not contain NUL"));
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) RefuseNul(value[i], Join(path, i), causes);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (key.find('\0') != std::string::npos) {
        causes.push_back(InvalidHidden(path, "must not contain a key with NUL"));
      }
      RefuseNul(member, Join(path, key), causes);
    }
  }
}

void CheckEntrypoint(const Json& spec, std::vector<Cause>& causes) {
  const Json* entrypoint = ListIn(&spec, "entrypoint");
  if (entrypoint == nullptr || entrypoint->empty()) return;
  const Json& program = entrypoint->front();
  if (program.is_string() && program.get_ref<const std::string&>().empty()) {
    causes.push_back(Required("spec.entrypoint[0]", "the program must not be empty"));
  }
}

void CheckPaths(const Json& volume, const std::string& path,
                std::map<std::string, std::size_t>& seen, std::size_t index,
                std::vector<Cause>& causes) {
  if (const std::string* mount_path = TextIn(&volume, "mountPath");
      mount_path != nullptr && !mount_path->empty()) {
    const std::string problem = ProblemOfMountPath(*mount_path);
    if (!problem.empty()) {
      causes.push_back(InvalidText(Join(path, "mountPath"), *mount_path, problem));
    } else if (!seen.emplace(CleanPath(*mount_path), index).second) {
      causes.push_back(Duplicate(Join(path, "mountPath"), Json(*mount_path)));
    }
  }
  if (const std::string* sub_path = TextIn(&volume, "subPath"); sub_path != nullptr) {
    const std::string problem = ProblemOfSubPath(*sub_path);
    if (!problem.empty()) causes.push_back(InvalidText(Join(path, "subPath"), *sub_path, problem));
  }
}

void CheckVolumes(const Json& volumes, std::vector<Cause>& causes) {
  std::map<std::string, std::size_t> mount_paths;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const std::string path = Join("spec.volumes", i);
    CheckPaths(volumes[i], path, mount_paths, i, causes);
    if (const Json* ossfs = ObjectIn(&volumes[i], "ossfs"); ossfs != nullptr) {
      CheckOssfs(*ossfs, Join(path, "ossfs"), causes);
    }
    if (const Json* host = ObjectIn(&volumes[i], "host"); host != nullptr) {
      CheckHost(*host, Join(path, "host"), causes);
    }
  }
}

}  // namespace

void CheckLimits(const Json& limits, const std::string& path, std::vector<Cause>& causes) {
  for (const auto& [name, value] : limits.items()) {
    if (!value.is_string() && !value.is_number()) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    const std::string field = JoinKey(path, name);
    std::string problem;
    if (name == "memory") {
      problem = ProblemOfMemory(text);
    } else if (name == "cpu") {
      problem = ProblemOfCpu(text);
    } else if (name == "gpu") {
      problem = ProblemOfGpu(text);
    } else {
      causes.push_back(Unsupported(field, Json(name), {"cpu", "memory", "gpu"}));
      continue;
    }
    if (!problem.empty()) causes.push_back(InvalidValue(field, value, problem));
  }
}

std::vector<Cause> SandboxRules(const Json& object, const Json* /*old_object*/) {
  std::vector<Cause> causes;
  const Json* spec = ObjectIn(&object, "spec");
  if (spec == nullptr) return causes;
  CheckEntrypoint(*spec, causes);
  if (const Json* limits = ObjectIn(ObjectIn(spec, "resources"), "limits"); limits != nullptr) {
    CheckLimits(*limits, "spec.resources.limits", causes);
  }
  if (const Json* volumes = ListIn(spec, "volumes"); volumes != nullptr) {
    CheckVolumes(*volumes, causes);
  }
  for (const char* field : {"entrypoint", "env", "platform", "metadata"}) {
    if (const Json* member = MemberOf(spec, field); member != nullptr) {
      RefuseNul(*member, Join("spec", field), causes);
    }
  }
  return causes;
}

}  // namespace osbx::api::v1

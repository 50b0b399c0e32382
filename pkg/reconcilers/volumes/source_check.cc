// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/volumes/source_check.h"

#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "api/v1/paths.h"
#include "drivers/mount/backend.h"
#include "registry/json_access.h"

namespace osbx::reconcilers {
namespace {

using registry::Member;
using registry::StringMember;

std::string TextOf(const Json& object, std::string_view name) {
  return std::string(StringMember(object, name));
}

// Values of a wrong type are the schema's to refuse; here they are as if absent.
mount::OssfsSource SourceOf(const Json& ossfs) {
  mount::OssfsSource source{.version = TextOf(ossfs, "version"),
                            .endpoint = TextOf(ossfs, "endpoint"),
                            .bucket = TextOf(ossfs, "bucket"),
                            .prefix = TextOf(ossfs, "prefix"),
                            .options = {}};
  const Json* options = Member(ossfs, "options");
  if (options == nullptr || !options->is_array()) return source;
  for (const Json& option : *options)
    source.options.push_back(option.is_string() ? option.get<std::string>() : "invalid");
  return source;
}

void CheckOssfs(const Json& ossfs, const std::string& path, std::vector<Cause>& causes) {
  for (Cause& cause : mount::Validate(SourceOf(ossfs))) {
    cause.field = api::Join(path, cause.field);
    causes.push_back(std::move(cause));
  }
}

// A sub-path becomes a part of the prefix.
void CheckSubPath(const Json& ossfs, const std::string& sub_path, const std::string& path,
                  std::vector<Cause>& causes) {
  mount::OssfsSource source = SourceOf(ossfs);
  source.prefix = api::v1::JoinPrefix(source.prefix, sub_path);
  for (Cause& cause : mount::Validate(source)) {
    if (cause.field != "prefix") continue;
    cause.field = path;
    causes.push_back(std::move(cause));
  }
}

void CheckVolume(const Json& volume, const std::string& path, std::vector<Cause>& causes) {
  const Json* ossfs = Member(volume, "ossfs");
  if (ossfs == nullptr || !ossfs->is_object()) return;
  const std::size_t before = causes.size();
  CheckOssfs(*ossfs, api::Join(path, "ossfs"), causes);
  const std::string sub_path = TextOf(volume, "subPath");
  if (causes.size() == before && !sub_path.empty())
    CheckSubPath(*ossfs, sub_path, api::Join(path, "subPath"), causes);
}

}  // namespace

std::vector<Cause> CheckSources(const api::Kind& kind, const Json& object) {
  std::vector<Cause> causes;
  const Json* spec = Member(object, "spec");
  if (spec == nullptr || !spec->is_object()) return causes;
  if (kind.kind == "Volume") CheckVolume(*spec, "spec", causes);
  const Json* volumes = Member(*spec, "volumes");
  if (kind.kind != "Sandbox" || volumes == nullptr || !volumes->is_array()) return causes;
  for (std::size_t i = 0; i < volumes->size(); ++i) {
    if ((*volumes)[i].is_object()) CheckVolume((*volumes)[i], api::Join("spec.volumes", i), causes);
  }
  return causes;
}

}  // namespace osbx::reconcilers

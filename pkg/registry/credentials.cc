// SPDX-License-Identifier: Apache-2.0
#include "registry/credentials.h"

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "api/v1/rules.h"
#include "base/base64.h"
#include "base/ids.h"
#include "registry/json_access.h"

namespace osbx::registry {
namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::array<const char*, 2> kKeyFields = {"accessKeyId", "accessKeySecret"};
constexpr std::size_t kMaxName = 253;
constexpr std::size_t kHashDigits = 8;

struct Source {
  Json* ossfs = nullptr;
  const Json* live = nullptr;  // the same source of the stored object, if any
  const api::Schema* schema = nullptr;
  std::string volume;
  std::string path;
};

const api::Schema* Below(const api::Schema* schema, std::string_view name) {
  return schema == nullptr ? nullptr : schema->Find(name);
}

const Json* LiveVolume(const Json* live, std::string_view name) {
  const Json* volumes = live == nullptr ? nullptr : MemberPath(*live, {"spec", "volumes"});
  if (volumes == nullptr || !volumes->is_array()) return nullptr;
  for (const Json& volume : *volumes) {
    if (StringMember(volume, "name") == name) return &volume;
  }
  return nullptr;
}

std::vector<Source> SourcesOf(const api::Kind& kind, Json& object, const Json* live) {
  std::vector<Source> sources;
  Json* spec = MutableMember(object, "spec");
  if (spec == nullptr) return sources;
  const api::Schema* schema = Below(kind.schema.get(), "spec");
  if (kind.kind == "Volume") {
    if (Json* ossfs = MutableMember(*spec, "ossfs")) {
      sources.push_back({ossfs, live == nullptr ? nullptr : MemberPath(*live, {"spec", "ossfs"}),
                         Below(schema, "ossfs"), "volume", "spec.ossfs"});
    }
    return sources;
  }
  Json* volumes = kind.kind == "Sandbox" ? MutableMember(*spec, "volumes") : nullptr;
  const api::Schema* list = Below(schema, "volumes");
  if (volumes == nullptr || !volumes->is_array() || list == nullptr) return sources;
  for (std::size_t i = 0; i < volumes->size(); ++i) {
    Json* ossfs = MutableMember((*volumes)[i], "ossfs");
    if (ossfs == nullptr) continue;
    const std::string_view name = StringMember((*volumes)[i], "name");
    const Json* live_volume = LiveVolume(live, name);
    sources.push_back({ossfs, live_volume == nullptr ? nullptr : Member(*live_volume, "ossfs"),
                       Below(list->items.get(), "ossfs"),
                       name.empty() ? "volume" : std::string(name),
                       api::Join("spec.volumes", i) + ".ossfs"});
  }
  return sources;
}

// `text` cut to what fits in a name together with `suffix`.
std::string Named(const std::string& text, const std::string& suffix) {
  return text.substr(0, kMaxName - suffix.size()) + suffix;
}

// The plain name, unless something else has it; then one with a hash. A choice once made is kept.
std::string ChooseName(const api::Kind& kind, const Json& object, const Source& source,
                       const InlineKeysContext& context) {
  const std::string owner(MetadataString(object, "name"));
  const std::string hash =
      Sha256Hex(kind.plural + "/" + owner + "/" + source.volume).substr(0, kHashDigits);
  const std::string stem = owner + "-" + source.volume;
  const std::string plain = Named(stem, stem.size() + 4 > kMaxName ? "-" + hash + "-oss" : "-oss");
  const std::string hashed = Named(stem, "-" + hash + "-oss");
  if (source.live != nullptr) {
    const Json* ref = MemberPath(*source.live, {"credentialsRef"});
    const std::string_view chosen = ref == nullptr ? "" : StringMember(*ref, "name");
    if (chosen == plain || chosen == hashed) return std::string(chosen);
  }
  return context.taken && context.taken(plain) ? hashed : plain;
}

// Schema and pair rules of the inline keys, which the object no longer has when it is validated.
bool CheckKeys(const Source& source, std::vector<Cause>& causes) {
  const std::size_t before = causes.size();
  for (const char* field : kKeyFields) {
    const api::Schema* schema = Below(source.schema, field);
    const Json* value = Member(*source.ossfs, field);
    if (schema == nullptr || value == nullptr) continue;
    for (Cause& cause : api::Validate(*schema, *value, api::Join(source.path, field))) {
      causes.push_back(std::move(cause));
    }
  }
  if (causes.size() == before) {
    api::v1::CheckOssfsCredentials(*source.ossfs, source.path, causes);
  }
  return causes.size() == before;
}

// The registry's keys of a Sandbox; null when there are none, or they are not as they should be.
std::optional<InlineKeys> TakeImageAuth(const api::Kind& kind, Json& object,
                                        const InlineKeysContext& context,
                                        std::vector<Cause>& causes) {
  static constexpr const char* kAuth = "imagePullAuth";
  static constexpr const char* kRef = "imagePullSecret";
  Json* spec = kind.kind == "Sandbox" ? MutableMember(object, "spec") : nullptr;
  if (spec == nullptr || Member(*spec, kAuth) == nullptr) return std::nullopt;
  const std::string path = std::string("spec.") + kAuth;
  const Json auth = (*spec)[kAuth];
  spec->erase(kAuth);
  const std::string stem(MetadataString(object, "name"));
  const std::string plain = Named(stem, "-image-pull");
  const std::string hash = Sha256Hex(kind.plural + "/" + stem).substr(0, kHashDigits);
  const std::string name =
      context.taken && context.taken(plain) ? Named(stem, "-" + hash + "-image-pull") : plain;
  const Json* ref = Member(*spec, kRef);
  const std::size_t before = causes.size();
  if (ref != nullptr && StringMember(*ref, "name") != name) {
    causes.push_back(api::Forbidden(path, "may not be given together with imagePullSecret"));
  }
  if (const api::Schema* schema = Below(Below(kind.schema.get(), "spec"), kAuth)) {
    for (Cause& cause : api::Validate(*schema, auth, path)) causes.push_back(std::move(cause));
  }
  (*spec)[kRef] = Json{{"name", name}};
  if (causes.size() != before) return std::nullopt;
  InlineKeys keys{.secret_name = name};
  for (const char* field : {"username", "password"}) {
    keys.values.emplace_back(field, Secret(StringMember(auth, field)));
  }
  return keys;
}

// Whether there was any.
bool EraseKeys(Json& value) {
  bool erased = false;
  if (value.is_object()) {
    for (const char* field : {kKeyFields[0], kKeyFields[1], "imagePullAuth"}) {
      erased = value.erase(field) > 0 || erased;
    }
  }
  if (value.is_structured()) {
    for (Json& member : value) erased = EraseKeys(member) || erased;
  }
  return erased;
}

}  // namespace

std::vector<InlineKeys> TakeInlineKeys(const api::Kind& kind, Json& object,
                                       const InlineKeysContext& context,
                                       std::vector<Cause>& causes) {
  std::vector<InlineKeys> taken;
  for (const Source& source : SourcesOf(kind, object, context.live)) {
    Json& ossfs = *source.ossfs;
    if (!ossfs.is_object()) continue;
    const bool inline_keys = std::any_of(kKeyFields.begin(), kKeyFields.end(), [&](const char* f) {
      return Member(ossfs, f) != nullptr;
    });
    if (!inline_keys) continue;
    const std::string name = ChooseName(kind, object, source, context);
    const Json* ref = Member(ossfs, "credentialsRef");
    // Our own reference of an earlier write is no second source of credentials.
    if (ref != nullptr && StringMember(*ref, "name") == name) ossfs.erase("credentialsRef");
    if (CheckKeys(source, causes)) {
      InlineKeys keys{.secret_name = name};
      for (const char* field : kKeyFields) {
        keys.values.emplace_back(field, Secret(StringMember(ossfs, field)));
      }
      taken.push_back(std::move(keys));
    }
    for (const char* field : kKeyFields) ossfs.erase(field);
    ossfs["credentialsRef"] = Json{{"name", name}};
  }
  if (auto keys = TakeImageAuth(kind, object, context, causes)) taken.push_back(*std::move(keys));
  return taken;
}

Json SecretOf(const InlineKeys& keys, const Json& owner) {
  Json reference{{"apiVersion", StringMember(owner, "apiVersion")},
                 {"kind", StringMember(owner, "kind")},
                 {"name", MetadataString(owner, "name")},
                 {"uid", MetadataString(owner, "uid")},
                 {"controller", true},
                 {"blockOwnerDeletion", false}};
  Json data = Json::object();
  for (const auto& [name, value] : keys.values) data[name] = EncodeBase64(value.Reveal());
  return Json{{"apiVersion", "v1"},
              {"kind", "Secret"},
              {"metadata",
               {{"name", keys.secret_name},
                {"namespace", MetadataString(owner, "namespace")},
                {"ownerReferences", Json::array({std::move(reference)})}}},
              {"type", "Opaque"},
              {"data", std::move(data)}};
}

bool BelongsTo(const Json& secret, std::string_view kind, std::string_view name) {
  const Json* owners = Member(Metadata(secret), "ownerReferences");
  if (owners == nullptr || !owners->is_array()) return false;
  return std::any_of(owners->begin(), owners->end(), [&](const Json& owner) {
    const Json* controller = Member(owner, "controller");
    return controller != nullptr && *controller == Json(true) &&
           StringMember(owner, "kind") == kind && StringMember(owner, "name") == name;
  });
}

void RedactLastApplied(Json& object) {
  Json* metadata = MutableMember(object, "metadata");
  Json* annotations = metadata == nullptr ? nullptr : MutableMember(*metadata, "annotations");
  Json* text = annotations == nullptr ? nullptr : MutableMember(*annotations, kLastApplied);
  if (text == nullptr || !text->is_string()) return;
  const auto& manifest = text->get_ref<const std::string&>();
  // JSON may spell a name with escapes, so the absence of the plain names proves nothing then.
  const bool suspicious = manifest.find("accessKey") != std::string::npos ||
                          manifest.find("imagePullAuth") != std::string::npos ||
                          manifest.find("\\u") != std::string::npos;
  if (!suspicious) return;
  Json copy = Json::parse(manifest, nullptr, false);
  if (copy.is_discarded()) {
    annotations->erase(std::string(kLastApplied));
    if (annotations->empty()) metadata->erase("annotations");
    return;
  }
  if (EraseKeys(copy)) *text = Dump(copy) + "\n";  // kubectl ends it with a newline too
}

}  // namespace osbx::registry

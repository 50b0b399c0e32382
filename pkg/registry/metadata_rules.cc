// SPDX-License-Identifier: Apache-2.0
#include "registry/metadata_rules.h"

#include <array>

#include <nlohmann/json.hpp>

#include "api/causes.h"
#include "base/rfc3339.h"
#include "registry/errors.h"
#include "registry/finalizers.h"
#include "registry/json_access.h"
#include "registry/names.h"

namespace osbx::registry {
namespace {

constexpr int kMaxDepth = 100;                             // real objects stay below 20
constexpr std::size_t kMaxAnnotationBytes = 256UL * 1024;  // keys and values together
constexpr std::size_t kMaxGenerateBase = 58;

bool IsDeeperThan(const Json& value, int limit) {
  if (!value.is_structured()) return false;
  if (limit == 0) return true;
  for (const Json& member : value) {
    if (IsDeeperThan(member, limit - 1)) return true;
  }
  return false;
}

// ---- Types, in the words of Go's decoder ----

enum class GoType { kString, kInt64, kBool, kMap, kStrings, kOwners, kAny };

struct GoField {
  std::string_view name;
  GoType type;
};

constexpr std::array kMetaFields = {
    GoField{"name", GoType::kString},
    GoField{"generateName", GoType::kString},
    GoField{"namespace", GoType::kString},
    GoField{"selfLink", GoType::kString},
    GoField{"uid", GoType::kString},
    GoField{"resourceVersion", GoType::kString},
    GoField{"generation", GoType::kInt64},
    GoField{"creationTimestamp", GoType::kString},
    GoField{"deletionTimestamp", GoType::kString},
    GoField{"deletionGracePeriodSeconds", GoType::kInt64},
    GoField{"labels", GoType::kMap},
    GoField{"annotations", GoType::kMap},
    GoField{"finalizers", GoType::kStrings},
    GoField{"ownerReferences", GoType::kOwners},
};

constexpr std::array kOwnerFields = {
    GoField{"apiVersion", GoType::kString}, GoField{"kind", GoType::kString},
    GoField{"name", GoType::kString},       GoField{"uid", GoType::kString},
    GoField{"controller", GoType::kBool},   GoField{"blockOwnerDeletion", GoType::kBool},
};

std::string_view GoName(GoType type) {
  switch (type) {
    case GoType::kString:
      return "string";
    case GoType::kInt64:
      return "int64";
    case GoType::kBool:
      return "bool";
    case GoType::kMap:
      return "map[string]string";
    case GoType::kStrings:
      return "[]string";
    case GoType::kOwners:
      return "[]v1.OwnerReference";
    case GoType::kAny:
      break;
  }
  return "interface {}";
}

std::string_view GoValue(const Json& value) {
  if (value.is_number()) return "number";
  if (value.is_boolean()) return "bool";
  return api::JsonTypeName(value);
}

// The value that does not decode, and the Go type it should have.
struct Mismatch {
  const Json* value = nullptr;
  std::string_view type;
  std::string_view structure = "ObjectMeta";
  std::string field = {};
};

bool Decodes(GoType type, const Json& value, Mismatch& mismatch) {
  const auto all_strings = [&] {
    for (const Json& item : value) {
      if (item.is_string() || item.is_null()) continue;
      mismatch.value = &item;
      mismatch.type = "string";
      return false;
    }
    return true;
  };
  mismatch.value = &value;
  mismatch.type = GoName(type);
  switch (type) {
    case GoType::kString:
      return value.is_string();
    case GoType::kInt64:
      return value.is_number_integer();
    case GoType::kBool:
      return value.is_boolean();
    case GoType::kMap:
      return value.is_object() && all_strings();
    case GoType::kStrings:
      return value.is_array() && all_strings();
    case GoType::kOwners:
      return value.is_array();
    case GoType::kAny:
      break;
  }
  return true;
}

template <class Fields>
bool DecodeFields(const Fields& fields, const Json& object, std::string_view structure,
                  Mismatch& mismatch) {
  for (const GoField& field : fields) {
    const Json* value = Member(object, field.name);
    if (value != nullptr && !Decodes(field.type, *value, mismatch)) {
      mismatch.structure = structure;
      mismatch.field = field.name;
      return false;
    }
  }
  return true;
}

bool DecodeOwners(const Json& metadata, Mismatch& mismatch) {
  const Json* owners = Member(metadata, "ownerReferences");
  if (owners == nullptr) return true;
  for (const Json& owner : *owners) {
    if (!owner.is_object()) {
      mismatch = {&owner, "v1.OwnerReference", "ObjectMeta", "ownerReferences"};
      return false;
    }
    if (!DecodeFields(kOwnerFields, owner, "OwnerReference", mismatch)) return false;
  }
  return true;
}

// Go's zero values are absent on the wire; a null in a map of strings is its zero value.
void DropEmpty(Json& metadata) {
  for (const char* map : {"labels", "annotations"}) {
    if (Json* values = MutableMember(metadata, map)) {
      for (Json& value : *values) {
        if (value.is_null()) value = "";
      }
    }
  }
  for (auto member = metadata.begin(); member != metadata.end();) {
    const bool managed = member.key() == "managedFields";  // [] clears, so it is told from absent
    const bool empty = member->is_null() || (member->is_structured() && member->empty()) ||
                       (member->is_string() && member->get_ref<const std::string&>().empty());
    member = empty && (!managed || member->is_null()) ? metadata.erase(member) : std::next(member);
  }
}

// ---- Validation ----

Faults CheckName(const api::Kind& kind, std::string_view name) {
  // The name of a sandbox becomes a host name.
  const bool label = kind.kind == "Namespace" || kind.kind == "Sandbox";
  return label ? CheckDnsLabel(name) : CheckDnsSubdomain(name);
}

void ValidateNames(const api::Kind& kind, const Json& metadata, std::vector<Cause>& causes) {
  const std::string_view name = StringMember(metadata, "name");
  std::string_view base = StringMember(metadata, "generateName");
  if (!base.empty()) {
    const std::string shown(base);
    // The suffix follows, so a trailing dash is fine; so is a base that will be cut.
    std::string probe(base.substr(0, kMaxGenerateBase));
    if (probe.ends_with('-')) probe.back() = 'a';
    for (const std::string& fault : CheckName(kind, probe)) {
      causes.push_back(api::InvalidText("metadata.generateName", shown, fault));
    }
  }
  if (name.empty()) {
    if (base.empty()) {
      causes.push_back(api::Required("metadata.name", "name or generateName is required"));
    }
    return;
  }
  for (const std::string& fault : CheckName(kind, name)) {
    causes.push_back(api::InvalidText("metadata.name", name, fault));
  }
}

void ValidateLabels(const Json& metadata, std::vector<Cause>& causes) {
  const Json* labels = Member(metadata, "labels");
  if (labels == nullptr) return;
  for (const auto& [key, value] : labels->items()) {
    for (const std::string& fault : CheckQualifiedName(key)) {
      causes.push_back(api::InvalidText("metadata.labels", key, fault));
    }
    const auto& text = value.get_ref<const std::string&>();
    for (const std::string& fault : CheckLabelValue(text)) {
      causes.push_back(api::InvalidText("metadata.labels", text, fault));
    }
  }
}

void ValidateAnnotations(const Json& metadata, std::vector<Cause>& causes) {
  const Json* annotations = Member(metadata, "annotations");
  if (annotations == nullptr) return;
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations->items()) {
    // Annotation keys may be written in capitals.
    std::string lower = key;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    for (const std::string& fault : CheckQualifiedName(lower)) {
      causes.push_back(api::InvalidText("metadata.annotations", key, fault));
    }
    bytes += key.size() + value.get_ref<const std::string&>().size();
  }
  if (bytes > kMaxAnnotationBytes) {
    causes.push_back(api::TooLong("metadata.annotations", kMaxAnnotationBytes));
  }
}

void ValidateOwners(const Json& metadata, std::vector<Cause>& causes) {
  const Json* owners = Member(metadata, "ownerReferences");
  if (owners == nullptr) return;
  bool controlled = false;
  for (std::size_t i = 0; i < owners->size(); ++i) {
    const Json& owner = (*owners)[i];
    const std::string path = api::Join("metadata.ownerReferences", i);
    for (const char* field : {"apiVersion", "kind", "name", "uid"}) {
      // An absent one is the schema's to report.
      if (owner.contains(field) && StringMember(owner, field).empty()) {
        causes.push_back(api::InvalidText(api::Join(path, field), "",
                                          std::string(field) + " must not be empty"));
      }
    }
    const Json* controller = Member(owner, "controller");
    if (controller == nullptr || !controller->get<bool>()) continue;
    if (controlled) {
      causes.push_back(api::InvalidText("metadata.ownerReferences", StringMember(owner, "name"),
                                        "Only one reference can have Controller set to true"));
    }
    controlled = true;
  }
}

void ValidateFinalizers(const Json& object, const Json* old_object, std::vector<Cause>& causes) {
  const Json* finalizers = Member(Metadata(object), "finalizers");
  if (finalizers == nullptr) return;
  const Json* old_finalizers =
      old_object == nullptr ? nullptr : Member(Metadata(*old_object), "finalizers");
  std::string added;
  for (std::size_t i = 0; i < finalizers->size(); ++i) {
    const Json& finalizer = (*finalizers)[i];
    const std::string name = finalizer.is_string() ? finalizer.get<std::string>() : "";
    for (const std::string& fault : CheckQualifiedName(name)) {
      causes.push_back(api::InvalidText("metadata.finalizers", name, fault));
    }
    if (old_finalizers == nullptr || !HasString(*old_finalizers, name)) {
      added += (added.empty() ? "" : ", ") + Quoted(name);
    }
  }
  if (old_object != nullptr && IsDeleting(*old_object) && !added.empty()) {
    causes.push_back(api::Forbidden("metadata.finalizers",
                                    "no new finalizers can be added if the object is being "
                                    "deleted, found new finalizers []string{" +
                                        added + "}"));
  }
}

}  // namespace

Result<> CheckDepth(const Json& body) {
  if (IsDeeperThan(body, kMaxDepth)) {
    return BadRequest("the body is nested more than " + std::to_string(kMaxDepth) + " levels deep");
  }
  return {};
}

Result<> DecodeTypeMeta(const api::Kind& kind, std::string_view name, Json& object) {
  if (!object.is_object()) return BadRequest("the body of the request must be an object");
  const bool core = kind.group.empty();
  const std::string_view version = StringMember(object, "apiVersion");
  const std::string_view kind_name = StringMember(object, "kind");
  if (kind_name.empty() && !(core && version.empty())) {
    return BadRequest("Object 'Kind' is missing in the body of the request");
  }
  if (version.empty() && !core) {
    return BadRequest("Object 'apiVersion' is missing in the body of the request");
  }
  if (!version.empty() && version != kind.ApiVersion()) {
    return BadRequest("the API version in the data (" + std::string(version) +
                      ") does not match the expected API version (" + kind.ApiVersion() + ")");
  }
  if (!kind_name.empty() && kind_name != kind.kind) {
    return Invalid(kind, name.empty() ? MetadataString(object, "name") : name,
                   {api::InvalidText("kind", kind_name, "must be " + kind.kind)});
  }
  object["apiVersion"] = kind.ApiVersion();
  object["kind"] = kind.kind;
  return {};
}

Result<> DecodeMetadata(const api::Kind& kind, Json& object) {
  const auto refuse = [&](const Mismatch& mismatch) {
    std::string where = std::string(mismatch.structure);
    if (!mismatch.field.empty()) where += "." + mismatch.field;
    return BadRequest(kind.kind + " in version " + Quoted(kind.version) +
                      " cannot be handled as a " + kind.kind + ": json: cannot unmarshal " +
                      std::string(GoValue(*mismatch.value)) + " into Go struct field " + where +
                      " of type " + std::string(mismatch.type));
  };
  const Json* found = Member(object, "metadata");
  if (found != nullptr && !found->is_object()) {
    return refuse({found, "v1.ObjectMeta", kind.kind, "metadata"});
  }
  Json& metadata = EnsureObject(object, "metadata");
  Mismatch mismatch;
  if (!DecodeFields(kMetaFields, metadata, "ObjectMeta", mismatch)) return refuse(mismatch);
  if (!DecodeOwners(metadata, mismatch)) return refuse(mismatch);
  DropEmpty(metadata);
  return {};
}

Result<> MatchUrl(std::string_view ns, std::string_view name, Json& object) {
  Json& metadata = EnsureObject(object, "metadata");
  const std::string_view own_ns = StringMember(metadata, "namespace");
  if (!own_ns.empty() && own_ns != ns) {
    return BadRequest(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  if (!ns.empty()) metadata["namespace"] = std::string(ns);
  if (name.empty()) return {};
  const std::string_view own_name = StringMember(metadata, "name");
  if (own_name.empty()) {
    return BadRequest("the name of the object (" + std::string(name) +
                      " based on URL) was undeterminable: name must be provided");
  }
  if (own_name != name) {
    return BadRequest("the name of the object (" + std::string(own_name) +
                      ") does not match the name on the URL (" + std::string(name) + ")");
  }
  return {};
}

void ValidateMetadata(const api::Kind& kind, const Json& object, const Json* old_object,
                      std::vector<Cause>& causes) {
  const Json& metadata = Metadata(object);
  if (old_object == nullptr) ValidateNames(kind, metadata, causes);
  ValidateLabels(metadata, causes);
  ValidateAnnotations(metadata, causes);
  ValidateOwners(metadata, causes);
  ValidateFinalizers(object, old_object, causes);
}

void WarnAboutFinalizers(const Json& object, const Json* old_object,
                         std::vector<std::string>& warnings) {
  const Json* finalizers = Member(Metadata(object), "finalizers");
  if (finalizers == nullptr) return;
  const Json* old_finalizers =
      old_object == nullptr ? nullptr : Member(Metadata(*old_object), "finalizers");
  for (const Json& finalizer : *finalizers) {
    if (!finalizer.is_string()) continue;
    const auto& name = finalizer.get_ref<const std::string&>();
    const bool known = old_finalizers != nullptr && HasString(*old_finalizers, name);
    if (known || name.find('/') != std::string::npos || name == kForegroundFinalizer ||
        name == kOrphanFinalizer || name == kNamespaceFinalizer) {
      continue;
    }
    warnings.push_back("metadata.finalizers: " + Quoted(name) +
                       ": prefer a domain-qualified finalizer name including a path (/) to avoid "
                       "accidental conflicts with other finalizer writers");
  }
}

void StampNew(const api::Kind& kind, Json& object, std::string uid, Time now) {
  Json& metadata = EnsureObject(object, "metadata");
  for (const char* owned : {"selfLink", "deletionTimestamp", "deletionGracePeriodSeconds",
                            "resourceVersion", "generation"}) {
    metadata.erase(owned);
  }
  metadata["uid"] = std::move(uid);
  metadata["creationTimestamp"] = FormatTime(now);
  if (!kind.group.empty()) metadata["generation"] = 1;
}

void KeepServerOwned(const Json& old_object, Json& object) {
  Json& metadata = EnsureObject(object, "metadata");
  const Json& old_metadata = Metadata(old_object);
  for (const char* owned :
       {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    if (const Json* value = Member(old_metadata, owned)) {
      metadata[owned] = *value;
    } else {
      metadata.erase(owned);
    }
  }
  metadata.erase("selfLink");
}

bool IsDeleting(const Json& object) {
  return Member(Metadata(object), "deletionTimestamp") != nullptr;
}

bool HasFinalizers(const Json& object) {
  const auto holds = [](const Json* list) {
    return list != nullptr && list->is_array() && !list->empty();
  };
  if (holds(Member(Metadata(object), "finalizers"))) return true;
  return StringMember(object, "kind") == "Namespace" &&
         holds(MemberPath(object, {"spec", "finalizers"}));
}

bool DesiredStateDiffers(const api::Kind& kind, const Json& a, const Json& b) {
  const auto counts = [&](const std::string& name) {
    return name != "metadata" && (name != "status" || !kind.status_subresource);
  };
  const auto covered = [&](const Json& x, const Json& y) {
    for (const auto& [name, value] : x.items()) {
      if (!counts(name)) continue;
      const auto other = y.find(name);
      if (other == y.end() || *other != value) return false;
    }
    return true;
  };
  return !covered(a, b) || !covered(b, a);
}

void NormalizeTimes(const api::Schema& schema, Json& value) {
  if (value.is_string()) {
    const bool micro = schema.format == "micro-time";
    if (micro || schema.format != "date-time") return;
    const Result<Time> time = ParseTime(value.get_ref<const std::string&>());
    if (!time) return;  // validation reports it
    const bool whole = time->time_since_epoch() % std::chrono::seconds(1) == Duration::zero();
    value = whole ? FormatTime(*time) : FormatMicroTime(*time);
  } else if (value.is_array()) {
    if (schema.items == nullptr) return;
    for (Json& item : value) NormalizeTimes(*schema.items, item);
  } else if (value.is_object()) {
    for (auto member = value.begin(); member != value.end(); ++member) {
      const api::Schema* below = schema.Find(member.key());
      if (below == nullptr) below = schema.additional.get();
      if (below != nullptr) NormalizeTimes(*below, *member);
    }
  }
}

}  // namespace osbx::registry

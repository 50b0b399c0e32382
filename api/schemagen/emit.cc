// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include "api/schemagen/model.h"

namespace osbx::schemagen {
namespace {

std::string Quoted(const std::string& text) {
  return Document(text).dump();
}

std::string KindText(const SchemaFile& file, const char* key) {
  return file.document.at(key).get<std::string>();
}

std::string ApiVersion(const SchemaFile& file) {
  const std::string group = KindText(file, "group");
  return (group.empty() ? "" : group + "/") + KindText(file, "version");
}

// Top-level structs of a kind are plain members: every object has a spec and a status to look at.
std::string KindFieldType(const Field& field) {
  constexpr std::string_view kOptional = "std::optional<";
  const bool part = field.json_name == "spec" || field.json_name == "status" ||
                    field.json_name == "involvedObject";
  if (part && field.type.starts_with(kOptional)) {
    return field.type.substr(kOptional.size(), field.type.size() - kOptional.size() - 1);
  }
  return field.type;
}

// A part that is a plain member is written when it holds anything.
std::string KindFieldWrite(const Field& field) {
  return KindFieldType(field) != field.type ? "PutIfAny" : field.write;
}

void EmitField(std::ostream& out, const Field& field, const std::string& type) {
  if (!field.description.empty()) out << "  // " << field.description << "\n";
  out << "  " << type << " " << field.cpp_name;
  if (field.init.empty()) {
    out << "{};\n";
  } else {
    out << " = " << field.init << ";\n";
  }
}

void EmitTail(std::ostream& out, const std::string& name) {
  out << "\n  static Result<" << name << "> FromJson(const Json& json);\n"
      << "  Json ToJson() const;\n"
      << "  bool operator==(const " << name << "& other) const;\n};\n\n";
}

void EmitKindStruct(std::ostream& out, const SchemaFile& file) {
  const std::string kind = KindText(file, "kind");
  const std::string description = file.document.value("description", "");
  if (!description.empty()) out << "// " << description << "\n";
  const std::string constant = "  static constexpr std::string_view ";
  out << "struct " << kind << " {\n"
      << constant << "kGroup = " << Quoted(KindText(file, "group")) << ";\n"
      << constant << "kVersion = " << Quoted(KindText(file, "version")) << ";\n"
      << constant << "kApiVersion = " << Quoted(ApiVersion(file)) << ";\n"
      << constant << "kKind = " << Quoted(kind) << ";\n"
      << constant << "kPlural = " << Quoted(KindText(file, "plural")) << ";\n"
      << "  static constexpr bool kNamespaced = "
      << (KindText(file, "scope") == "Namespaced" ? "true" : "false") << ";\n\n"
      << "  ObjectMeta metadata{};\n";
  for (const Field& field : file.kind_fields) EmitField(out, field, KindFieldType(field));
  EmitTail(out, kind);
}

struct Codec {
  std::string name;
  std::vector<Field> fields;
  std::string prologue;  // of ToJson
};

void EmitCodec(std::ostream& out, const Codec& codec) {
  out << "Result<" << codec.name << "> " << codec.name << "::FromJson(const Json& json) {\n"
      << "  " << codec.name << " out;\n"
      << "  codec::Failure failure;\n"
      << "  const bool ok = codec::IsObject(json, failure)";
  for (const Field& field : codec.fields) {
    out << " &&\n                  codec::" << field.read << "(json, " << Quoted(field.json_name)
        << ", out." << field.cpp_name << ", failure)";
  }
  out << ";\n  if (!ok) return codec::ToError(std::move(failure));\n  return out;\n}\n\n";

  out << "Json " << codec.name << "::ToJson() const {\n  Json json = Json::object();\n"
      << codec.prologue;
  for (const Field& field : codec.fields) {
    if (field.write.empty()) continue;  // sensitive: never leaves the process this way
    out << "  codec::" << field.write << "(json, " << Quoted(field.json_name) << ", "
        << field.cpp_name << ");\n";
  }
  out << "  return json;\n}\n\n";
  out << "bool " << codec.name << "::operator==(const " << codec.name
      << "& other) const = default;\n\n";
}

Codec KindCodec(const SchemaFile& file) {
  Codec codec;
  codec.name = KindText(file, "kind");
  codec.prologue = "  json[\"apiVersion\"] = kApiVersion;\n  json[\"kind\"] = kKind;\n";
  Field metadata;
  metadata.json_name = "metadata";
  metadata.cpp_name = "metadata";
  metadata.read = "Read";
  metadata.write = "Put";
  codec.fields.push_back(metadata);
  for (Field field : file.kind_fields) {
    field.write = KindFieldWrite(field);
    codec.fields.push_back(std::move(field));
  }
  return codec;
}

constexpr const char* kBanner = "// SPDX-License-Identifier: Apache-2.0\n";

}  // namespace

std::string EmitHeader(const SchemaFile& file) {
  std::ostringstream out;
  out << kBanner << "// Generated from api/v1/" << file.stem << ".schema.yaml; do not edit.\n"
      << "// Plain values. An empty string, list or map means \"absent\"; FromJson ignores "
         "unknown\n"
      << "// fields and reports a wrong type with its path; ToJson writes no sensitive field.\n"
      << "#pragma once\n\n"
      << "#include <cstdint>\n#include <map>\n#include <optional>\n#include <string>\n"
      << "#include <string_view>\n#include <vector>\n\n";
  if (file.is_kind) out << "#include \"api/v1/object_meta.h\"\n";
  if (file.uses_common) out << "#include \"api/v1/common.h\"\n";
  out << "#include \"base/clock.h\"\n#include \"base/json.h\"\n#include \"base/result.h\"\n"
      << "#include \"base/secret.h\"\n\nnamespace osbx::api::v1 {\n\n";
  for (const Struct& made : file.structs) {
    for (const Constant& constant : made.constants) {
      out << "inline constexpr std::string_view " << constant.name << " = "
          << Quoted(constant.value) << ";\n";
    }
    if (!made.constants.empty()) out << "\n";
    if (!made.description.empty()) out << "// " << made.description << "\n";
    out << "struct " << made.name << " {\n";
    for (const Field& field : made.fields) EmitField(out, field, field.type);
    EmitTail(out, made.name);
  }
  if (file.is_kind) EmitKindStruct(out, file);
  out << "}  // namespace osbx::api::v1\n";
  return out.str();
}

std::string EmitSource(const SchemaFile& file) {
  std::ostringstream out;
  out << kBanner << "// Generated from api/v1/" << file.stem << ".schema.yaml; do not edit.\n"
      << "#include \"api/v1/" << file.stem << ".h\"\n\n#include <utility>\n\n"
      << "#include \"api/v1/codec.h\"\n\nnamespace osbx::api::v1 {\n\n";
  for (const Struct& made : file.structs) EmitCodec(out, {made.name, made.fields, ""});
  if (file.is_kind) EmitCodec(out, KindCodec(file));
  out << "}  // namespace osbx::api::v1\n";
  return out.str();
}

std::string EmitEmbedded(const std::vector<SchemaFile>& files) {
  std::vector<const SchemaFile*> sorted;
  for (const SchemaFile& file : files) sorted.push_back(&file);
  // Shared structs first, then core kinds, then the other groups; each by name.
  const auto order = [](const SchemaFile* file) {
    const std::string group = file->is_kind ? KindText(*file, "group") : "";
    return std::make_tuple(file->is_kind, group, file->stem);
  };
  std::sort(sorted.begin(), sorted.end(),
            [&](const SchemaFile* a, const SchemaFile* b) { return order(a) < order(b); });

  std::ostringstream out;
  out << kBanner << "// Generated from api/v1/*.schema.yaml; do not edit.\n"
      << "#include \"api/embedded_schemas.h\"\n\n#include <array>\n\nnamespace osbx::api "
         "{\nnamespace {\n\n"
      << "constexpr std::array<std::string_view, " << sorted.size() << "> kDocuments{\n";
  for (const SchemaFile* file : sorted) {
    out << "    R\"schema(" << file->document.dump() << ")schema\",\n";
  }
  out << "};\n\n}  // namespace\n\nstd::span<const std::string_view> EmbeddedSchemas() {\n"
      << "  return kDocuments;\n}\n\n}  // namespace osbx::api\n";
  return out.str();
}

}  // namespace osbx::schemagen

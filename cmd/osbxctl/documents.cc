// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "api/yaml.h"

namespace osbx::ctl {
namespace {

namespace fs = std::filesystem;

Result<std::string> ReadAll(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Error(Code::kNotFound, "the path \"" + path + "\" does not exist or cannot be read");
  text << file.rdbuf();
  return text.str();
}

template <class Iterator>
void Collect(Iterator entries, std::vector<std::string>& files) {
  for (const auto& entry : entries) {
    const std::string extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json")
      files.push_back(entry.path());
  }
}

Result<std::vector<std::string>> Expand(const std::string& path, bool recursive) {
  std::error_code failed;
  if (path == "-" || !fs::is_directory(path, failed)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  if (recursive) {
    Collect(fs::recursive_directory_iterator(path, failed), files);
  } else {
    Collect(fs::directory_iterator(path, failed), files);
  }
  if (failed) return Error::FromErrno(failed.value(), "read directory " + path);
  if (files.empty()) return Error(Code::kNotFound, "no *.yaml, *.yml or *.json in " + path);
  std::ranges::sort(files);
  return files;
}

// A member that must be a text; an absent one is empty.
Result<std::string> TextAt(const Json& object, const char* field) {
  if (!object.contains(field)) return std::string();
  if (!object[field].is_string())
    return Error(Code::kInvalid, std::string(field) + ": must be a string");
  return object[field].get<std::string>();
}

// What every object must have before a server can be asked about it.
Result<> CheckHead(const Json& object) {
  if (!object.is_object()) return Error(Code::kInvalid, "must be an object");
  OSBX_TRY(const std::string api_version, TextAt(object, "apiVersion"));
  OSBX_TRY(const std::string kind, TextAt(object, "kind"));
  if (api_version.empty() || kind.empty())
    return Error(Code::kInvalid, "apiVersion and kind must be set");
  const Json metadata = object.value("metadata", Json::object());
  if (!metadata.is_object()) return Error(Code::kInvalid, "metadata: must be an object");
  const auto name = TextAt(metadata, "name");
  const auto ns = TextAt(metadata, "namespace");
  for (const auto* text : {&name, &ns}) {
    if (!*text) return Error((*text).error()).Wrap("metadata");
  }
  if (name->empty()) return Error(Code::kInvalid, "metadata.name: must be set");
  return {};
}

// `kind: List` stands for its items.
Result<> Append(const Json& value, const std::string& place, std::vector<Document>& out) {
  if (value.is_object() && value.value("kind", Json()) == "List" && value.contains("items") &&
      value["items"].is_array()) {
    for (const Json& item : value["items"]) OSBX_CHECK(Append(item, place, out));
    return {};
  }
  if (auto sound = CheckHead(value); !sound) return std::move(sound).error().Wrap(place);
  out.push_back({value, place});
  return {};
}

}  // namespace

CLI::Option* AddFileOptions(CLI::App& command, FileOptions& options, const std::string& use) {
  command.add_flag("-R,--recursive", options.recursive,
                   "With -f DIRECTORY: the directories below it, too");
  return command
      .add_option(
          "-f,--filename", options.paths,
          use + " the objects in this file, directory or, with -, standard input; may be repeated")
      ->allow_extra_args(false);
}

Result<std::vector<Document>> ReadDocuments(const FileOptions& options) {
  std::vector<Document> out;
  for (const std::string& path : options.paths) {
    OSBX_TRY(const std::vector<std::string> files, Expand(path, options.recursive));
    for (const std::string& file : files) {
      OSBX_TRY(const std::string text, ReadAll(file));
      const std::string name = file == "-" ? "<stdin>" : file;
      OSBX_TRY(const std::vector<api::YamlDocument> documents, api::ParseYaml(text, name));
      for (const api::YamlDocument& document : documents) {
        const std::string place = name + ":" + std::to_string(document.line);
        if (!document.duplicate_fields.empty()) {
          return Error(Code::kInvalid,
                       place + ": duplicate field \"" + document.duplicate_fields.front() + "\"");
        }
        OSBX_CHECK(Append(*document.value, place, out));
      }
    }
  }
  if (out.empty()) return Error(Code::kInvalid, "no objects found in the files given");
  return out;
}

}  // namespace osbx::ctl

// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "config/settings.h"

namespace osbx::config {
namespace {

constexpr std::string_view kSystemPath = "/etc/osbx/osbxd.toml";

// One remark about the file: "FILE:LINE: …".
struct Note {
  std::size_t line = 0;  // 0: about no line
  std::string text;
};

struct Scanned {
  Config config;
  std::string path;
  std::vector<Note> errors;
  std::vector<Note> unknown;
  std::vector<Note> warnings;

  void Add(std::vector<Note>& notes, const toml::node& node, const std::string& text) const {
    const std::size_t line = node.source().begin.line;
    notes.push_back({line, path + ":" + std::to_string(line) + ": " + text});
  }
};

std::vector<std::string> Texts(std::vector<Note> notes) {
  std::ranges::stable_sort(notes, {}, &Note::line);
  std::vector<std::string> out;
  out.reserve(notes.size());
  for (Note& note : notes) out.push_back(std::move(note.text));
  return out;
}

// The row for a key: an exact one, or one whose ".*" covers it.
const Setting* FindSetting(std::string_view key) {
  for (const Setting& setting : AllSettings()) {
    if (setting.key == key) return &setting;
    if (setting.key.ends_with(".*") && setting.key.substr(0, setting.key.size() - 2) == key)
      return &setting;
  }
  return nullptr;
}

// Walks a table; each leaf (or a table taken whole by a ".*" row) meets its setting.
void Walk(const toml::table& table, const std::string& prefix, Scanned& out) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const Setting* setting = FindSetting(key);
    if (setting == nullptr && node.is_table()) {
      Walk(*node.as_table(), key + ".", out);
    } else if (setting == nullptr) {
      out.Add(out.unknown, node, "unknown key " + key);
    } else if (setting->set == nullptr) {
      out.Add(out.warnings, node, key + " has no effect: " + std::string(setting->because));
    } else if (const auto set = setting->set(out.config, node); !set) {
      out.Add(out.errors, node, key + ": " + set.error().message());
    }
  }
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127U;
}

// Rules over more than one key; the line is that of the key the message is about.
void CheckWhole(const toml::table& table, const Environment& env, Scanned& out) {
  const auto refuse = [&](std::string_view key, const std::string& why) {
    const std::string text = std::string(key) + ": " + why;
    const auto found = table.at_path(key);
    if (found) return out.Add(out.errors, *found.node(), text);
    out.errors.push_back({0, out.path.empty() ? text : out.path + ": " + text});
  };
  const ServerConfig& server = out.config.server;
  if (server.tls_cert_file.empty() != server.tls_key_file.empty()) {
    const bool has_cert = !server.tls_cert_file.empty();
    refuse(has_cert ? "osbx.server.tls_cert_file" : "osbx.server.tls_key_file",
           std::string("goes with ") + (has_cert ? "tls_key_file" : "tls_cert_file") +
               ", which is not given");
  }
  const bool wrong_host = std::ranges::any_of(out.errors, [](const Note& note) {
    return note.text.find(": server.host: ") != std::string::npos;
  });
  if (!wrong_host && !IsLoopback(server.host) && server.api_key.Empty() && !env.insecure_server) {
    refuse("server.host", "refusing to listen on " + server.host +
                              " without server.api_key (or OPENSANDBOX_SERVER_API_KEY); set "
                              "OPENSANDBOX_INSECURE_SERVER=YES to allow it");
  }
}

Scanned Scan(std::string_view text, const std::string& path, const Environment& env) {
  Scanned out;
  out.path = path;
  try {
    const toml::table table = toml::parse(text);
    Walk(table, "", out);
    if (!env.api_key.empty()) out.config.server.api_key = Secret(env.api_key);
    if (!env.docker_host.empty()) out.config.docker.host = env.docker_host;
    CheckWhole(table, env, out);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    out.errors.push_back({at.line, path + ":" + std::to_string(at.line) + ":" +
                                       std::to_string(at.column) + ": " +
                                       std::string(error.description())});
  }
  return out;
}

struct File {
  std::string path;  // "": none, defaults hold
  std::string text;
};

Result<File> Read(const std::string& explicit_path, const Environment& env) {
  std::string path = explicit_path.empty() ? env.sandbox_config_path : explicit_path;
  const bool named = !path.empty();
  if (!named) {
    path = env.home + "/.sandbox.toml";
    if (access(path.c_str(), F_OK) != 0) path = kSystemPath;
    if (access(path.c_str(), F_OK) != 0) return File{};
  }
  std::ifstream file(path);
  std::ostringstream text;
  // A directory opens, and fails when it is read.
  if (!file || !(text << file.rdbuf()))
    return Error(Code::kNotFound, "configuration file " + path + " cannot be read");
  return File{path, text.str()};
}

std::string Getenv(const char* name) {
  const char* value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read once at start, before any thread
  return value == nullptr ? "" : value;
}

}  // namespace

Environment ReadEnvironment() {
  return {.home = Getenv("HOME"),
          .sandbox_config_path = Getenv("SANDBOX_CONFIG_PATH"),
          .api_key = Getenv("OPENSANDBOX_SERVER_API_KEY"),
          .docker_host = Getenv("DOCKER_HOST"),
          .insecure_server = Getenv("OPENSANDBOX_INSECURE_SERVER") == "YES"};
}

Result<Loaded> Parse(std::string_view text, const std::string& path, const Environment& env) {
  Scanned scanned = Scan(text, path, env);
  if (!scanned.errors.empty()) {
    std::string message;
    for (const std::string& error : Texts(std::move(scanned.errors)))
      message += (message.empty() ? "" : "\n") + error;
    return Error(Code::kInvalid, std::move(message));
  }
  return Loaded{.config = std::move(scanned.config),
                .path = path,
                .warnings = Texts(std::move(scanned.warnings)),
                .unknown = Texts(std::move(scanned.unknown))};
}

Result<Loaded> Load(const std::string& explicit_path, const Environment& env) {
  OSBX_TRY(const File file, Read(explicit_path, env));
  return Parse(file.text, file.path, env);
}

Result<Findings> Check(const std::string& explicit_path, const Environment& env) {
  OSBX_TRY(const File file, Read(explicit_path, env));
  Scanned scanned = Scan(file.text, file.path, env);
  std::ranges::move(scanned.unknown, std::back_inserter(scanned.errors));
  return Findings{.path = file.path,
                  .errors = Texts(std::move(scanned.errors)),
                  .warnings = Texts(std::move(scanned.warnings))};
}

std::optional<Bind> ParseBind(std::string_view text) {
  const auto first = text.find(':');
  if (first == std::string_view::npos || !text.starts_with('/')) return std::nullopt;
  const auto second = text.find(':', first + 1);
  const std::string_view mode = second == std::string_view::npos ? "rw" : text.substr(second + 1);
  const std::string_view target = text.substr(first + 1, second - first - 1);
  if (!target.starts_with('/') || (mode != "ro" && mode != "rw")) return std::nullopt;
  return Bind{.source = std::string(text.substr(0, first)),
              .target = std::string(target),
              .read_only = mode == "ro"};
}

}  // namespace osbx::config

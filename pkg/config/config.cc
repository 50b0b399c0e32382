// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/settings.h"

namespace osbx::config {
namespace {

constexpr std::string_view kSystemPath = "/etc/osbx/osbxd.toml";

std::string At(const std::string& path, const toml::node& node) {
  return path + ":" + std::to_string(node.source().begin.line) + ": ";
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
Result<> Walk(const toml::table& table, const std::string& prefix, Loaded& out) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const Setting* setting = FindSetting(key);
    if (setting == nullptr && node.is_table()) {
      OSBX_CHECK(Walk(*node.as_table(), key + ".", out));
      continue;
    }
    if (setting == nullptr) {
      out.unknown.push_back(At(out.path, node) + "unknown key " + key);
      continue;
    }
    if (setting->set == nullptr) {
      out.warnings.push_back(At(out.path, node) + key +
                             " has no effect: " + std::string(setting->because));
      continue;
    }
    if (auto set = setting->set(out.config, node); !set) {
      return std::move(set).error().Wrap(key).Wrap(
          At(out.path, node).substr(0, At(out.path, node).size() - 2));
    }
  }
  return {};
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127U;
}

Result<> CheckWhole(const Loaded& loaded, const Environment& env) {
  const Config& config = loaded.config;
  if (config.server.tls_cert_file.empty() != config.server.tls_key_file.empty()) {
    return Error(Code::kInvalid, "osbx.server.tls_cert_file and tls_key_file go together");
  }
  if (!IsLoopback(config.server.host) && config.server.api_key.Empty() && !env.insecure_server) {
    return Error(Code::kInvalid, "server.host: refusing to listen on " + config.server.host +
                                     " without server.api_key (or OPENSANDBOX_SERVER_API_KEY); set "
                                     "OPENSANDBOX_INSECURE_SERVER=YES to "
                                     "allow it");
  }
  return {};
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
  Loaded out;
  out.path = path;
  try {
    const toml::table table = toml::parse(text);
    OSBX_CHECK(Walk(table, "", out));
  } catch (const toml::parse_error& error) {
    return Error(Code::kInvalid, path + ":" + std::to_string(error.source().begin.line) + ":" +
                                     std::to_string(error.source().begin.column) + ": " +
                                     std::string(error.description()));
  }
  if (!env.api_key.empty()) out.config.server.api_key = Secret(env.api_key);
  if (!env.docker_host.empty()) out.config.docker.host = env.docker_host;
  OSBX_CHECK(CheckWhole(out, env));
  return out;
}

Result<Loaded> Load(const std::string& explicit_path, const Environment& env) {
  std::string path;
  bool named = true;
  if (!explicit_path.empty()) {
    path = explicit_path;
  } else if (!env.sandbox_config_path.empty()) {
    path = env.sandbox_config_path;
  } else {
    named = false;
    path = env.home + "/.sandbox.toml";
    if (access(path.c_str(), F_OK) != 0) path = kSystemPath;
  }
  std::ifstream file(path);
  if (!file) {
    if (named) return Error(Code::kNotFound, "configuration file " + path + " cannot be read");
    return Parse("", "", env);
  }
  std::ostringstream text;
  text << file.rdbuf();
  return Parse(text.str(), path, env);
}

}  // namespace osbx::config

// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/programs.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include "base/subprocess.h"
#include "drivers/mount/backend.h"

namespace osbx::mount {
namespace {

constexpr std::chrono::milliseconds kVersionTimeout{5'000};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// "1.91.10" from the start of `text`; empty when there is none.
std::string_view LeadingVersion(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (IsDigit(text[end]) || text[end] == '.')) ++end;
  std::string_view version = text.substr(0, end);
  while (version.ends_with('.')) version.remove_suffix(1);
  return version;
}

std::string AskVersion(const std::string& path, std::string_view name) {
  SubprocessOptions options;
  options.argv = {path, "--version"};
  options.env = DefaultServerEnvironment();
  options.working_dir = "/";
  options.timeout = kVersionTimeout;
  const auto ran = RunSubprocess(options);
  if (!ran) return {};
  const std::string text = ran->out + ran->err;
  return (name == "ossfs2" ? ParseOssfs2Version(text) : ParseOssfsVersion(text)).value_or("");
}

}  // namespace

std::optional<std::string> ParseOssfsVersion(std::string_view output) {
  for (auto at = output.find('V'); at != std::string_view::npos; at = output.find('V', at + 1)) {
    const std::string_view version = LeadingVersion(output.substr(at + 1));
    const bool starts_word = at == 0 || output[at - 1] == ' ' || output[at - 1] == '\n';
    if (starts_word && version.find('.') != std::string_view::npos) return std::string(version);
  }
  return std::nullopt;
}

std::optional<std::string> ParseOssfs2Version(std::string_view output) {
  constexpr std::string_view kKey = "Version ID:";
  const auto at = output.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  output.remove_prefix(at + kKey.size());
  output.remove_prefix(std::min(output.size(), output.find_first_not_of(' ')));
  const std::string_view version = output.substr(0, output.find_first_of(" \t\r\n"));
  if (version.empty()) return std::nullopt;
  return std::string(version);
}

const Program* Programs::Find(std::string_view name) const {
  const auto found = std::find_if(programs.begin(), programs.end(), [&](const Program& program) {
    return program.name == name && !program.path.empty();
  });
  return found == programs.end() ? nullptr : &*found;
}

Programs DetectPrograms(const std::vector<std::string>& search_path,
                        const std::string& fuse_device) {
  const std::vector<std::string> path =
      search_path.empty() ? SearchPathFromEnvironment() : search_path;
  Programs programs;
  for (const Backend& backend : AllBackends()) {
    Program program;
    program.name = std::string(backend.program);
    program.path = FindProgram(program.name, path).value_or("");
    if (!program.path.empty()) program.version = AskVersion(program.path, program.name);
    programs.programs.push_back(std::move(program));
  }
  struct stat info {};
  programs.fuse_device = ::stat(fuse_device.c_str(), &info) == 0 && S_ISCHR(info.st_mode);
  return programs;
}

std::vector<std::string> DefaultServerEnvironment() {
  constexpr auto kPassed = std::to_array<const char*>(
      {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "http_proxy", "https_proxy", "no_proxy",
       "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_FILE",
       "SSL_CERT_DIR", "CURL_CA_BUNDLE", "TMPDIR"});
  std::vector<std::string> environment{"HOME=/"};
  bool has_path = false;
  for (const char* name : kPassed) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    environment.push_back(std::string(name) + "=" + value);
    has_path = has_path || std::string_view(name) == "PATH";
  }
  if (!has_path)
    environment.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  return environment;
}

}  // namespace osbx::mount

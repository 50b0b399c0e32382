// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "api/causes.h"
#include "api/v1/json_fields.h"
#include "api/v1/paths.h"
#include "api/v1/rules.h"

namespace osbx::api::v1 {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string ProblemOfOption(std::string_view option) {
  const std::string_view trimmed = Trimmed(option);
  if (trimmed.empty()) return "must not be blank";
  if (trimmed.starts_with('-')) return "must not begin with '-'";
  // They would end the line of a configuration file and begin another one.
  if (HasControlCharacter(option)) return "must not contain control characters";
  if (option.find_first_of(";&|`$()<>") != std::string_view::npos) {
    return "must not contain any of ; & | ` $ ( ) < >";
  }
  return "";
}

std::string ProblemOfEndpoint(std::string_view endpoint) {
  std::string_view host = Trimmed(endpoint);
  if (host.empty()) return "must not be blank";
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (host.starts_with(scheme)) host.remove_prefix(scheme.size());
  }
  return host.empty() || host.starts_with('/') ? "must name a host" : "";
}

void CheckKeyText(const std::string* key, const std::string& path, std::vector<Cause>& causes) {
  if (key != nullptr && HasControlCharacter(*key)) {
    causes.push_back(InvalidHidden(path, "must not contain control characters"));
  }
}

}  // namespace

void CheckOssfsCredentials(const Json& source, const std::string& path,
                           std::vector<Cause>& causes) {
  const bool by_name = MemberOf(&source, "credentialsRef") != nullptr;
  const bool has_id = MemberOf(&source, "accessKeyId") != nullptr;
  const bool has_secret = MemberOf(&source, "accessKeySecret") != nullptr;
  const std::string id_path = Join(path, "accessKeyId");
  const std::string secret_path = Join(path, "accessKeySecret");
  if (by_name) {
    const std::string why = "may not be given together with credentialsRef";
    if (has_id) causes.push_back(Forbidden(id_path, why));
    if (has_secret) causes.push_back(Forbidden(secret_path, why));
  } else if (!has_id && !has_secret) {
    causes.push_back(
        Required(path, "credentialsRef, or accessKeyId and accessKeySecret, must be given"));
  } else if (!has_id) {
    causes.push_back(Required(id_path, "accessKeySecret is given"));
  } else if (!has_secret) {
    causes.push_back(Required(secret_path, "accessKeyId is given"));
  }
  const std::string* id = TextIn(&source, "accessKeyId");
  CheckKeyText(id, id_path, causes);
  CheckKeyText(TextIn(&source, "accessKeySecret"), secret_path, causes);
  const std::string* version = TextIn(&source, "version");
  if (id != nullptr && version != nullptr && *version == "1.0" &&
      id->find(':') != std::string::npos) {
    causes.push_back(InvalidHidden(id_path, "must not contain ':' with version 1.0"));
  }
}

void CheckOssfs(const Json& source, const std::string& path, std::vector<Cause>& causes) {
  if (const std::string* endpoint = TextIn(&source, "endpoint"); endpoint != nullptr) {
    const std::string problem = ProblemOfEndpoint(*endpoint);
    // An empty text is the schema's to refuse.
    if (!problem.empty() && !endpoint->empty()) {
      causes.push_back(InvalidText(Join(path, "endpoint"), *endpoint, problem));
    }
  }
  if (const std::string* prefix = TextIn(&source, "prefix"); prefix != nullptr) {
    const std::string problem = ProblemOfPrefix(*prefix);
    if (!problem.empty()) causes.push_back(InvalidText(Join(path, "prefix"), *prefix, problem));
  }
  if (const Json* options = ListIn(&source, "options"); options != nullptr) {
    for (std::size_t i = 0; i < options->size(); ++i) {
      const Json& option = (*options)[i];
      if (!option.is_string()) continue;
      const std::string problem = ProblemOfOption(option.get_ref<const std::string&>());
      if (problem.empty()) continue;
      causes.push_back(InvalidValue(Join(Join(path, "options"), i), option, problem));
    }
  }
  CheckOssfsCredentials(source, path, causes);
}

void CheckHost(const Json& source, const std::string& path, std::vector<Cause>& causes) {
  const std::string* host_path = TextIn(&source, "path");
  // A relative path and control characters are the schema's to refuse.
  if (host_path == nullptr || !host_path->starts_with('/') || HasControlCharacter(*host_path)) {
    return;
  }
  const std::string problem = ProblemOfHostPath(*host_path);
  if (!problem.empty()) causes.push_back(InvalidText(Join(path, "path"), *host_path, problem));
}

}  // namespace osbx::api::v1

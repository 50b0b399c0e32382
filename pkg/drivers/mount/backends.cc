// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "drivers/mount/backend.h"
#include "drivers/mount/option_rules.h"

namespace osbx::mount {

Backend OssfsV1();  // ossfs_v1.cc
Backend OssfsV2();  // ossfs_v2.cc

namespace {

constexpr std::size_t kMaxPrefixBytes = 1023;    // longest object key of OSS
constexpr std::size_t kMaxComponentBytes = 255;  // NAME_MAX: components become directories

void Add(std::vector<Cause>& causes, std::string reason, std::string field, std::string message) {
  causes.push_back({std::move(reason), std::move(field), std::move(message)});
}

bool IsBucketName(std::string_view bucket) {
  constexpr std::size_t kMin = 3;
  constexpr std::size_t kMax = 63;
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return bucket.size() >= kMin && bucket.size() <= kMax && alnum(bucket.front()) &&
         alnum(bucket.back()) &&
         std::all_of(bucket.begin(), bucket.end(), [&](char c) { return alnum(c) || c == '-'; });
}

void CheckEndpoint(std::string_view endpoint, std::vector<Cause>& causes) {
  std::string_view host = endpoint;
  for (const std::string_view scheme : {"https://", "http://"})
    if (host.starts_with(scheme)) host.remove_prefix(scheme.size());
  if (host.empty())
    Add(causes, "FieldValueRequired", "endpoint", "must name a host");
  else if (HasControlCharacter(endpoint) || HasShellCharacter(endpoint) ||
           endpoint.find(' ') != std::string_view::npos)
    Add(causes, "FieldValueInvalid", "endpoint",
        "must not contain blanks, control characters or any of ; & | ` $ ( ) < >");
  else if (host.find_first_of("@?#,\"'\\") != std::string_view::npos ||
           host.find("://") != std::string_view::npos)
    Add(causes, "FieldValueInvalid", "endpoint", "must be a host or an http(s) URL");
}

void CheckPrefix(std::string_view prefix, std::vector<Cause>& causes) {
  if (prefix.size() > kMaxPrefixBytes)
    Add(causes, "FieldValueTooLong", "prefix", "must have at most 1023 bytes");
  if (HasControlCharacter(prefix))
    Add(causes, "FieldValueInvalid", "prefix", "must not contain control characters");
  if (HasShellCharacter(prefix))
    Add(causes, "FieldValueInvalid", "prefix", "must not contain any of ; & | ` $ ( ) < >");
  if (prefix.starts_with(' ') || prefix.ends_with(' '))
    Add(causes, "FieldValueInvalid", "prefix", "must not begin or end with a blank");
  while (!prefix.empty()) {
    const auto slash = prefix.find('/');
    const std::string_view component = prefix.substr(0, slash);
    if (component == "." || component == "..")
      Add(causes, "FieldValueInvalid", "prefix", "must not contain the component '.' or '..'");
    if (component.size() > kMaxComponentBytes)
      Add(causes, "FieldValueTooLong", "prefix", "a component must have at most 255 bytes");
    if (slash == std::string_view::npos) break;
    prefix.remove_prefix(slash + 1);
  }
}

void CheckKey(const Secret& key, const std::string& field, std::vector<Cause>& causes) {
  const std::string_view text = key.Reveal();
  if (text.empty())
    Add(causes, "FieldValueRequired", field, "must not be empty");
  else if (HasControlCharacter(text))
    Add(causes, "FieldValueInvalid", field, "must not contain control characters");
  else if (text.front() == ' ' || text.back() == ' ')
    Add(causes, "FieldValueInvalid", field, "must not begin or end with a blank");
}

}  // namespace

std::span<const Backend> AllBackends() {
  static const std::array<Backend, 2> backends{OssfsV1(), OssfsV2()};
  return backends;
}

const Backend* FindBackend(std::string_view name, std::string_view version) {
  const auto all = AllBackends();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Backend& backend) {
    return backend.name == name && backend.version == version;
  });
  return found == all.end() ? nullptr : &*found;
}

std::vector<Cause> Validate(const MountIdentity& identity) {
  std::vector<Cause> causes;
  const Backend* backend = FindBackend(identity.backend, identity.version);
  if (backend == nullptr)
    Add(causes, "FieldValueNotSupported", "version", "must be \"1.0\" or \"2.0\"");
  if (!IsBucketName(identity.bucket))
    Add(causes, "FieldValueInvalid", "bucket",
        "must be 3 to 63 lower-case letters, digits and '-', not beginning or ending with '-'");
  CheckEndpoint(identity.endpoint, causes);
  CheckPrefix(identity.prefix, causes);
  if (backend != nullptr)
    for (Cause& cause : backend->validate_options(identity.options))
      causes.push_back(std::move(cause));
  return causes;
}

std::vector<Cause> Validate(const OssfsSource& source) {
  MountIdentity identity = MakeIdentity(source, "");
  identity.options = source.options;  // causes point at the options as the user ordered them
  return Validate(identity);
}

std::vector<Cause> ValidateCredentials(const MountIdentity& identity,
                                       const Credentials& credentials) {
  std::vector<Cause> causes;
  CheckKey(credentials.access_key_id, "accessKeyId", causes);
  CheckKey(credentials.access_key_secret, "accessKeySecret", causes);
  // Both programs take a token only from the environment, where every process of the same user
  // can read it for as long as the mount lives.
  if (!credentials.security_token.Empty())
    Add(causes, "FieldValueNotSupported", "securityToken",
        "temporary credentials are not supported by this backend");
  if (const Backend* backend = FindBackend(identity.backend, identity.version))
    for (Cause& cause : backend->validate_credentials(credentials))
      causes.push_back(std::move(cause));
  return causes;
}

bool IsFuseServerRow(const MountInfoRow& row) {
  const auto all = AllBackends();
  return std::any_of(all.begin(), all.end(),
                     [&](const Backend& backend) { return backend.matches(row); });
}

}  // namespace osbx::mount

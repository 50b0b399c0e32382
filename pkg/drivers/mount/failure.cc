// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/failure.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace osbx::mount {
namespace {

struct Verdict {
  Code code = Code::kInternal;
  std::string_view reason;
};

struct Pattern {
  std::string_view text;
  Verdict verdict;
};

// What the programs print (facts/ossfs.md §4.2). This is the one place that looks at text: neither
// program says it in any other way. First match wins.
constexpr auto kPatterns = std::to_array<Pattern>({
    {"osbx-fuse-helper: exec", {Code::kFailedPrecondition, reason::kBinaryMissing}},
    {"Invalid Credentials", {Code::kPermissionDenied, reason::kInvalidCredentials}},
    {"Code[SignatureDoesNotMatch]", {Code::kPermissionDenied, reason::kInvalidCredentials}},
    {"Code[InvalidAccessKeyId]", {Code::kPermissionDenied, reason::kInvalidCredentials}},
    {"Code[AccessDenied]", {Code::kPermissionDenied, reason::kInvalidCredentials}},
    {"Could not determine how to establish security credentials",
     {Code::kPermissionDenied, reason::kInvalidCredentials}},
    {"Not found access key/secret key", {Code::kPermissionDenied, reason::kInvalidCredentials}},
    {"Bucket not found", {Code::kNotFound, reason::kBucketNotFound}},
    {"Code[NoSuchBucket]", {Code::kNotFound, reason::kBucketNotFound}},
    {"Unable to connect", {Code::kUnavailable, reason::kEndpointUnreachable}},
    {"Timed out", {Code::kDeadlineExceeded, reason::kTimedOut}},
    {"fuse: unknown option", {Code::kInvalid, reason::kInvalidOption}},
    {"unknown command line flag", {Code::kInvalid, reason::kInvalidOption}},
    {"illegal value", {Code::kInvalid, reason::kInvalidOption}},
    {"failed validation of new value", {Code::kInvalid, reason::kInvalidOption}},
    {"fuse: device not found", {Code::kFailedPrecondition, reason::kNoFuseDevice}},
    {"failed to open /dev/fuse", {Code::kFailedPrecondition, reason::kNoFuseDevice}},
});

struct ErrnoVerdict {
  int os_errno;
  Verdict verdict;
};

// ossfs2 exits with 256 - errno of its bucket check. EPERM (255) and the codes above are local
// failures (mountpoint, options) and are told apart by text.
constexpr auto kErrnoVerdicts = std::to_array<ErrnoVerdict>({
    {EACCES, {Code::kPermissionDenied, reason::kInvalidCredentials}},
    {ENOENT, {Code::kNotFound, reason::kBucketNotFound}},
    {EIO, {Code::kUnavailable, reason::kEndpointUnreachable}},
    {ECONNREFUSED, {Code::kUnavailable, reason::kEndpointUnreachable}},
    {EHOSTUNREACH, {Code::kUnavailable, reason::kEndpointUnreachable}},
    {ENETUNREACH, {Code::kUnavailable, reason::kEndpointUnreachable}},
    {ETIMEDOUT, {Code::kDeadlineExceeded, reason::kTimedOut}},
});

std::optional<Verdict> ByText(std::string_view text) {
  for (const Pattern& pattern : kPatterns)
    if (text.find(pattern.text) != std::string_view::npos) return pattern.verdict;
  return std::nullopt;
}

std::optional<Verdict> ByExitCode(const Backend& backend, int exit_code) {
  constexpr int kExitCodes = 256;
  if (backend.program != "ossfs2") return std::nullopt;
  for (const ErrnoVerdict& row : kErrnoVerdicts)
    if (exit_code == kExitCodes - row.os_errno) return row.verdict;
  return std::nullopt;
}

std::string HowItEnded(const Backend& backend, const ExitStatus& status) {
  std::string text(backend.program);
  if (status.signal != 0) return text + " was killed by signal " + std::to_string(status.signal);
  return text + " exited with code " + std::to_string(status.exit_code);
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  // Shorter strings are no keys, and replacing them would only garble the text.
  constexpr std::size_t kShortestKey = 4;
  if (from.size() < kShortestKey) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// The line of a program's log that says why: timestamps and thread ids before it would make each
// attempt's message different.
std::string_view CauseInLog(std::string_view log) {
  for (const std::string_view mark : {"OSSError:", "ERROR", "Failed", "failed"}) {
    const auto at = log.rfind(mark);
    if (at != std::string_view::npos) return log.substr(at, log.find('\n', at) - at);
  }
  return {};
}

}  // namespace

Error Failure(Code code, std::string_view reason_word, std::string message) {
  return Because(reason_word, Error(code, std::move(message)));
}

std::string Redact(std::string_view text, const Credentials& credentials, std::size_t max_bytes) {
  std::string out(text);
  for (const Secret* key :
       {&credentials.access_key_secret, &credentials.security_token, &credentials.access_key_id})
    ReplaceAll(out, key->Reveal(), "***");
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  const auto last = out.find_last_not_of(' ');
  out.erase(last == std::string::npos ? 0 : last + 1);
  if (out.size() > max_bytes) out.erase(0, out.size() - max_bytes);
  out.erase(0, std::min(out.size(), out.find_first_not_of(' ')));
  return out;
}

Error ClassifyFailure(const Backend& backend, const Leftovers& leftovers,
                      const Credentials& credentials) {
  constexpr Verdict kUnknown{Code::kUnavailable, reason::kMountFailed};
  Verdict verdict = kUnknown;
  // The exit code is the firmer ground; the log may still hold lines of an earlier attempt.
  if (auto by_text = ByText(leftovers.output))
    verdict = *by_text;
  else if (auto by_code = ByExitCode(backend, leftovers.status.exit_code))
    verdict = *by_code;
  else if (auto by_log = ByText(leftovers.log_tail))
    verdict = *by_log;

  std::string message = HowItEnded(backend, leftovers.status);
  for (const std::string_view text :
       {std::string_view(leftovers.output), CauseInLog(leftovers.log_tail)})
    if (const std::string part = Redact(text, credentials); !part.empty()) message += ": " + part;
  return Failure(verdict.code, verdict.reason, std::move(message));
}

}  // namespace osbx::mount

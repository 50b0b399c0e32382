// SPDX-License-Identifier: Apache-2.0
// POST /sandboxes/{id}/pause and /resume (contract/lifecycle.md §7): spec.paused is written over
// the state it was judged on, then the controller is waited for. An answer of 500 takes the wish
// back, so that a sandbox does not freeze after its caller was told that it will not.
#include <nlohmann/json.hpp>

#include "apiserver/opensandbox/dialect.h"
#include "apiserver/opensandbox/sandbox_view.h"
#include "registry/json_access.h"

namespace osbx::apiserver::opensandbox {

namespace {

struct Words {
  std::string_view from;    // the state it must be in
  std::string_view during;  // or be in already, by another call
  std::string_view to;
  const char* wrong_state;
  const char* failed;
  const char* must_be;
};

constexpr Words kPause = {.from = "Running",
                          .during = "Pausing",
                          .to = "Paused",
                          .wrong_state = "DOCKER::SANDBOX_NOT_RUNNING",
                          .failed = "DOCKER::SANDBOX_PAUSE_FAILED",
                          .must_be = " is not running."};
constexpr Words kResume = {.from = "Paused",
                           .during = "Resuming",
                           .to = "Running",
                           .wrong_state = "DOCKER::SANDBOX_NOT_PAUSED",
                           .failed = "DOCKER::SANDBOX_RESUME_FAILED",
                           .must_be = " is not paused."};

Failure WrongState(const Words& words, const std::string& uid) {
  return {409, words.wrong_state, "Sandbox " + uid + words.must_be};
}

// Nothing changes any more by waiting: it is where it should be, or can no longer get there.
bool Settled(const Words& words, const store::ObjectPtr& object) {
  if (object == nullptr) return true;
  const std::string state = StateOf(*object->body);
  return state != words.from && state != words.during;
}

http::Response Accepted() {
  http::Response response;
  response.status = 202;
  response.content_type.clear();
  return response;
}

}  // namespace

Outcome<http::Response> Dialect::PauseSandbox(const Request& request) {
  return SetPaused(request, true);
}

Outcome<http::Response> Dialect::ResumeSandbox(const Request& request) {
  return SetPaused(request, false);
}

Outcome<http::Response> Dialect::SetPaused(const Request& request, bool paused) {
  const Words& words = paused ? kPause : kResume;
  OSBX_TRY(const store::ObjectPtr object, Find(request));
  const std::string& uid = object->uid;
  std::optional<Failure> refused;
  const auto written = registry_.Modify(RefOf(*object), [&](Json& present) -> Result<> {
    refused.reset();
    const std::string state = StateOf(present);
    if (registry::MetadataString(present, "uid") != uid || Deleting(present)) {
      refused = SandboxNotFound(uid);
    } else if (state != words.from && state != words.during) {
      refused = WrongState(words, uid);
    }
    if (refused) return Error(Code::kFailedPrecondition, refused->message());
    present["spec"]["paused"] = paused;
    return {};
  });
  if (refused) return *std::move(refused);
  if (!written) {
    if (written.error().code() == Code::kNotFound) return SandboxNotFound(uid);
    return FromRegistry(written.error(), words.failed);
  }
  const ObjectTable::Waited waited = sandboxes_.WaitFor(
      uid, options_.patience,
      [&words](const store::ObjectPtr& present) { return Settled(words, present); });
  if (waited.object == nullptr || Deleting(*waited.object->body)) return SandboxNotFound(uid);
  if (waited.settled) {
    if (StateOf(*waited.object->body) == words.to) return Accepted();
    return WrongState(words, uid);  // ended, or was sent back, meanwhile
  }
  const auto undone = registry_.Modify(RefOf(*object), [&](Json& present) -> Result<> {
    if (registry::MetadataString(present, "uid") != uid) return Error(Code::kNotFound, "gone");
    present["spec"]["paused"] = !paused;
    return {};
  });
  Ignore(undone, "gone meanwhile, or the store is closed");
  return Failure(500, words.failed,
                 "Sandbox " + uid + " has not become " + std::string(words.to) + " in time.");
}

}  // namespace osbx::apiserver::opensandbox

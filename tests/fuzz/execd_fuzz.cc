// SPDX-License-Identifier: Apache-2.0
// What clients, files in the sandbox and servers beside it may send to osbx-execd. The first byte
// chooses the parser. Besides not breaking: pieces of any size give what the whole gives, ranges
// lie within their file, and every event is JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "execd/byte_range.h"
#include "execd/environment.h"
#include "execd/events.h"
#include "execd/glob.h"
#include "execd/http_client.h"
#include "execd/kernel_messages.h"
#include "execd/line_splitter.h"
#include "execd/multipart.h"
#include "execd/options.h"
#include "execd/pty_protocol.h"
#include "execd/sessions.h"
#include "execd/users.h"

namespace osbx::execd {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

// Calls `feed` with pieces of `text`, of sizes that its first byte decides.
template <class Feed>
void InPieces(std::string_view text, Feed feed) {
  std::size_t size = text.empty() ? 1 : 1 + static_cast<unsigned char>(text.front()) % 13;
  for (; !text.empty(); size = size % 29 + 1) {
    const std::string_view piece = text.substr(0, size);
    text.remove_prefix(piece.size());
    feed(piece);
  }
}

std::string ParseForm(std::string_view text, bool whole) {
  std::string seen;
  MultipartParser parser("b", {.begin = [&](std::string_view name, bool file) -> Result<> {
                                 seen.append("<").append(name).append(file ? ":" : ";");
                                 return {};
                               },
                               .data = [&](std::string_view bytes) -> Result<> {
                                 seen += bytes;
                                 return {};
                               },
                               .end = [&]() -> Result<> {
                                 seen += '>';
                                 return {};
                               }});
  bool good = true;
  const auto feed = [&](std::string_view piece) { good = good && parser.Feed(piece).has_value(); };
  if (whole) {
    feed(text);
  } else {
    InPieces(text, feed);
  }
  return good && parser.Finish() ? seen : "broken";
}

void FuzzForm(std::string_view text) {
  Ignore(Result<std::string>(BoundaryOf(text)), "only that it does not break");
  Require(ParseForm(text, true) == ParseForm(text, false));
}

void FuzzEnvironment(std::string_view text) {
  const EnvMap env{{"HOME", "/h"}, {"A", "$A"}};
  for (const auto& [name, value] : ParseEnvFile(text, env)) Require(!name.empty());
  const auto path = ExpandPath(text, env, "/");
  Require(!path || path->front() == '/');
  std::string cwd;
  ParseState(text, cwd);
}

void FuzzRange(std::string_view text) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{10}, UINT64_MAX / 2}) {
    RangeFault fault{};
    const auto range = ParseRange(text, size, fault);
    if (range)
      Require(range->size > 0 && range->first < size && range->size <= size - range->first);
  }
}

void FuzzGlob(std::string_view text) {
  const std::string_view pattern = text.substr(0, text.find('\n'));
  if (ValidGlob(pattern))
    GlobMatches(pattern, text.substr(std::min(pattern.size() + 1, text.size())));
}

std::string ReadFrames(std::string_view text, bool whole) {
  FrameReader reader;
  std::string seen;
  const auto drain = [&](std::string_view piece) {
    if (seen.ends_with("broken")) return;
    reader.Feed(piece);
    while (true) {
      const auto message = reader.Next();
      if (!message) seen += "broken";
      if (!message || !*message) return;
      seen += std::to_string(static_cast<int>((*message)->opcode)) + (*message)->payload + "|";
    }
  };
  if (whole) {
    drain(text);
  } else {
    InPieces(text, drain);
  }
  return seen;
}

void FuzzServer(std::string_view text) {
  Require(ReadFrames(text, true) == ReadFrames(text, false));
  const auto reply = ParseReply(text);
  Require(!reply || reply->body.size() <= text.size());
  const auto url = ParseServerUrl(text);
  Require(!url || url->port != 0);
  Execution execution("m");
  const std::string events = execution.Take(text) + execution.Failure();
  Require(events.empty() || events.ends_with("\n\n"));
}

void FuzzOutput(std::string_view text) {
  std::string event;
  AppendEvent(event, "stdout", text);
  Require(!nlohmann::json::parse(event, nullptr, false).is_discarded());
  LineSplitter keeping(LineEnds::kKeep);
  std::string kept;
  const auto sink = [&](std::string_view line) { kept += line; };
  InPieces(text, [&](std::string_view piece) { keeping.Feed(piece, sink); });
  keeping.Finish(sink);
  Require(kept == text);
}

void FuzzSmall(std::string_view text) {
  ParsePtyInput({std::string(text), true});
  ParsePtyInput({std::string(text), false});
  FindUser(text, "root");
  FindUser(text, uid_t{0});
  FindGroup(text, "root");
  GroupsOf(text, "root");
  std::vector<std::string> words;
  InPieces(text, [&](std::string_view word) { words.emplace_back(word); });
  Ignore(ParseArguments(words, {}), "only that it does not break");
}

}  // namespace
}  // namespace osbx::execd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osbx::execd;  // NOLINT(google-build-using-namespace): one function of one program
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kParsers[])(std::string_view) = {
      FuzzForm, FuzzEnvironment, FuzzRange, FuzzGlob, FuzzServer, FuzzOutput, FuzzSmall};
  kParsers[data[0] % std::size(kParsers)](text);
  return 0;
}

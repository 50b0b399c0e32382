// SPDX-License-Identifier: Apache-2.0
// /files and /directories (contract/execd.md §6), as execd itself or, under
// /v1/filesystem/{uid}/{gid}, as somebody else.
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "execd/answers.h"
#include "execd/files.h"
#include "execd/glob.h"
#include "execd/routes.h"
#include "execd/transfer.h"

namespace osbx::execd {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t kMostReplaced = 64U << 20;
constexpr int kDeepest = 256;

Response FileError(const Error& error) {
  if (error.code() == Code::kNotFound) return Fail(404, "FILE_NOT_FOUND", error.message());
  if (error.code() == Code::kInvalid && error.os_errno() == 0) return BadBody(error.message());
  return RuntimeError(error.message());
}

Result<Json> InfoOf(const Context& context, std::string_view given) {
  OSBX_TRY(const std::string path, context.Path(given));
  return FileInfo(path);
}

Response Info(const Context& context, const Request& request) {
  Json body = Json::object();
  for (const std::string_view given : request.query.All("path")) {
    auto info = InfoOf(context, given);
    if (!info) return FileError(info.error());
    body[std::string(given)] = *std::move(info);
  }
  return Reply(body);
}

Result<> RemoveFile(const Context& context, std::string_view given) {
  OSBX_TRY(const std::string path, context.Path(given));
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return Error::FromErrno(errno, path);
}

Result<> RemoveDirectory(const Context& context, std::string_view given) {
  OSBX_TRY(const std::string path, context.Path(given));
  return RemoveTree(path);
}

Response RemoveAll(const Context& context, const Request& request,
                   Result<> (*remove)(const Context&, std::string_view)) {
  for (const std::string_view given : request.query.All("path")) {
    if (const auto done = remove(context, given); !done) {
      return RuntimeError(done.error().message());
    }
  }
  return Empty();
}

Result<> MoveAll(const Context& context, const Request& request) {
  OSBX_TRY(const Json body, ParseBody(request));
  if (!body.is_array()) return Error(Code::kInvalid, "the body is not an array");
  for (const Json& item : body) {
    OSBX_TRY(const std::string from, StringOf(item, "src"));
    OSBX_TRY(const std::string to, StringOf(item, "dest"));
    OSBX_TRY(const std::string source, context.Path(from));
    OSBX_TRY(const std::string target, context.Path(to));
    OSBX_CHECK(Move(source, target));
  }
  return {};
}

Result<> SetPermission(const Context& context, const std::string& given, const Json& value) {
  OSBX_TRY(const Permission permission, ReadPermission(value));
  OSBX_TRY(const std::string path, context.Path(given));
  auto applied = Apply(path, permission);
  // Every failure of this endpoint is the same to its clients.
  if (!applied) return std::move(applied).error().WithCode(Code::kInternal);
  return {};
}

Result<> MakeDirectory(const Context& context, const std::string& given, const Json& value) {
  OSBX_TRY(const Permission permission, ReadPermission(value));
  OSBX_TRY(const std::string path, context.Path(given));
  bool made = false;
  if (auto done = MakeDirectories(path, &made); !done) {
    return std::move(done).error().WithCode(Code::kInternal);
  }
  return made ? Apply(path, permission) : Result<>();
}

Response ForEachMember(const Context& context, const Request& request,
                       Result<> (*act)(const Context&, const std::string&, const Json&)) {
  const auto body = ParseBody(request);
  if (!body) return BadBody(body.error().message());
  if (!body->is_object()) return BadBody("the body is not a JSON object");
  for (const auto& [name, value] : body->items()) {
    if (const auto done = act(context, name, value); !done) return FileError(done.error());
  }
  return Empty();
}

struct Walk {
  std::string root;
  std::string pattern;  // of a search
  Json found = Json::array();
};

// Pre-order, in lexical order; links are listed, not followed.
Result<> List(Walk& walk, const std::string& directory, int depth) {
  if (depth <= 0) return {};
  OSBX_TRY(const std::vector<std::string> names, Names(directory));
  for (const std::string& name : names) {
    std::string path = directory;
    path.append(directory.ends_with('/') ? "" : "/").append(name);
    auto info = FileInfo(path);
    if (!info && info.error().code() == Code::kNotFound) continue;  // removed meanwhile
    if (!info) return info.error();
    const std::string type = (*info)["type"];
    const bool directory_here = type == "directory";
    if (walk.pattern.empty()) {
      walk.found.push_back(*std::move(info));
    } else if (!directory_here) {
      const std::string relative = path.substr(walk.root.size() + (walk.root == "/" ? 0 : 1));
      const bool deep = walk.pattern.find('/') != std::string::npos;
      if (GlobMatches(walk.pattern, name) || (deep && GlobMatches(walk.pattern, relative))) {
        walk.found.push_back(*std::move(info));
      }
    }
    if (directory_here) OSBX_CHECK(List(walk, path, depth - 1));
  }
  return {};
}

Response Search(const Context& context, const Request& request) {
  const std::string_view given = request.query.Get("path");
  if (given.empty()) return Fail(400, "MISSING_QUERY", "path is missing");
  const auto path = context.Path(given);
  if (!path) return FileError(path.error());
  Walk walk{.root = *path, .pattern = std::string(request.query.Get("pattern"))};
  if (walk.pattern.empty()) walk.pattern = "**";
  while (walk.root.size() > 1 && walk.root.back() == '/') walk.root.pop_back();
  if (!ValidGlob(walk.pattern)) return RuntimeError("malformed pattern " + walk.pattern);
  struct stat info {};
  if (stat(walk.root.c_str(), &info) != 0) return FileError(Error::FromErrno(errno, walk.root));
  if (const auto done = List(walk, walk.root, kDeepest); !done) {
    return RuntimeError(done.error().message());
  }
  return Reply(walk.found);
}

Response ListDirectory(const Context& context, const Request& request) {
  const std::string_view given = request.query.Get("path");
  if (given.empty()) return Fail(400, "MISSING_QUERY", "path is missing");
  const std::string_view text = request.query.Get("depth", "1");
  int depth = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), depth);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || depth < 0) {
    return BadBody("depth is not a whole number of 0 or more");
  }
  const auto path = context.Path(given);
  if (!path) return FileError(path.error());
  const auto info = FileInfo(*path);
  if (!info) return FileError(info.error());
  if ((*info)["type"] != "directory") return BadBody(*path + " is not a directory");
  Walk walk{.root = *path};
  if (const auto done = List(walk, *path, std::min(depth, kDeepest)); !done) {
    return FileError(done.error());
  }
  return Reply(walk.found);
}

Result<std::size_t> ReplaceIn(const std::string& path, const std::string& from,
                              const std::string& to) {
  OSBX_TRY(std::string text, ReadFile(path, kMostReplaced));
  std::string changed;
  std::size_t count = 0;
  std::size_t at = 0;
  for (std::size_t hit = text.find(from); hit != std::string::npos; hit = text.find(from, at)) {
    changed.append(text, at, hit - at).append(to);
    at = hit + from.size();
    ++count;
  }
  if (count == 0) return count;
  changed.append(text, at);
  OSBX_TRY(NewFile file, NewFile::Open(path));
  OSBX_CHECK(file.Write(changed));
  OSBX_CHECK(file.Commit({}));
  return count;
}

Result<Json> ReplaceAll(const Context& context, const Request& request) {
  OSBX_TRY(const Json body, ParseBody(request));
  if (!body.is_object()) return Error(Code::kInvalid, "the body is not a JSON object");
  Json counts = Json::object();
  for (const auto& [given, value] : body.items()) {
    OSBX_TRY(const std::string from, StringOf(value, "old"));
    OSBX_TRY(const std::string to, StringOf(value, "new"));
    if (from.empty()) return Error(Code::kInvalid, "old is empty");
    OSBX_TRY(const std::string path, context.Path(given));
    OSBX_TRY(const std::size_t count, ReplaceIn(path, from, to));
    counts[given] = {{"replacedCount", count}};
  }
  return counts;
}

Result<Identity> IdentityOf(const Request& request) {
  const std::string_view uid_text = http::ParamOf(request.params, "uid");
  const std::string_view gid_text = http::ParamOf(request.params, "gid");
  const auto parse = [](std::string_view text, std::uint32_t& id) {
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, id);
    return parsed.ec == std::errc() && parsed.ptr == end && id != UINT32_MAX;
  };
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  if (!parse(uid_text, uid) || !parse(gid_text, gid)) {
    return Error(Code::kInvalid, "uid and gid are whole numbers");
  }
  return Identity::Assume(uid, gid);
}

// Adds one route for execd itself and one for somebody else.
void AddBoth(RouteTable& table, http::Route route) {
  table.Add(route);
  route.pattern = "/v1/filesystem/{uid}/{gid}" + route.pattern;
  route.handler = [handler = std::move(route.handler)](const Request& request) {
    const auto identity = IdentityOf(request);
    if (!identity) return FileError(identity.error());
    return handler(request);
  };
  table.Add(std::move(route));
}

}  // namespace

void AddFileRoutes(RouteTable& table, const Context& context) {
  const auto add = [&](const char* method, const char* pattern,
                       Response (*act)(const Context&, const Request&)) {
    AddBoth(table,
            {.method = method,
             .pattern = pattern,
             .handler = [&context, act](const Request& request) { return act(context, request); },
             .where = http::Where::kPool});
  };
  add("GET", "/files/info", Info);
  add("GET", "/files/search", Search);
  add("GET", "/directories/list", ListDirectory);
  add("GET", "/files/download", Download);
  AddBoth(table,
          {.method = "POST",
           .pattern = "/files/upload",
           .handler = [&context](const Request& request) { return Upload(context, request); },
           .where = http::Where::kThread,  // it lasts as long as the client takes
           .body = http::BodyKind::kStream});
  add("DELETE", "/files",
      [](const Context& c, const Request& request) { return RemoveAll(c, request, RemoveFile); });
  add("DELETE", "/directories", [](const Context& c, const Request& request) {
    return RemoveAll(c, request, RemoveDirectory);
  });
  add("POST", "/files/mv", [](const Context& c, const Request& request) {
    const auto moved = MoveAll(c, request);
    return moved ? Empty() : FileError(moved.error());
  });
  add("POST", "/files/permissions", [](const Context& c, const Request& request) {
    return ForEachMember(c, request, SetPermission);
  });
  add("POST", "/directories", [](const Context& c, const Request& request) {
    return ForEachMember(c, request, MakeDirectory);
  });
  add("POST", "/files/replace", [](const Context& c, const Request& request) {
    const auto counts = ReplaceAll(c, request);
    if (!counts) return FileError(counts.error());
    return request.query.Flag("verbose") ? Reply(*counts) : Empty();
  });
}

}  // namespace osbx::execd

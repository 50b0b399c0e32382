// SPDX-License-Identifier: Apache-2.0
// The mount driver's readers of outside bytes: a mount table, a program's options and its last
// words. What passes validation must encode without making an extra line in a conf file (W3).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "drivers/mount/backend.h"
#include "drivers/mount/failure.h"
#include "drivers/mount/mountinfo.h"
#include "drivers/mount/placement.h"
#include "drivers/mount/programs.h"

namespace {

using namespace osbx::mount;  // NOLINT(google-build-using-namespace): one file of one program

void CheckTable(std::string_view text) {
  for (const MountInfoRow& row : ParseMountInfo(text))
    if (!row.target.starts_with('/')) std::abort();
}

void CheckSource(std::string_view text, const std::string& version) {
  OssfsSource source{version, "oss.example", "data", "", {}};
  const auto half = text.find('\0');
  source.prefix = std::string(text.substr(0, half));
  source.options = {std::string(half == std::string_view::npos ? text : text.substr(half + 1))};
  if (!Validate(source).empty()) return;
  MountSpec spec{MakeIdentity(source, "f"), ""};
  spec.target = ChooseTarget("/mnt", spec.identity, {});
  if (!spec.target.starts_with("/mnt/data") || spec.target.find("/../") != std::string::npos)
    std::abort();
  const osbx::mount::Credentials keys{osbx::Secret("a"), osbx::Secret("b"), osbx::Secret()};
  const MountCommand command =
      FindBackend("ossfs", version)->encode(spec, keys, {"/c", ""}, kNoAdditions);
  const std::string_view file = command.files.front().text.Reveal();
  const auto lines = std::count(file.begin(), file.end(), '\n');
  const auto expected = version == "1.0" ? 0 : 5 + static_cast<int>(!spec.identity.prefix.empty());
  if (lines != expected) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckTable(text);
  CheckSource(text, "1.0");
  CheckSource(text, "2.0");
  static_cast<void>(ParseOssfsVersion(text));
  static_cast<void>(ParseOssfs2Version(text));
  const osbx::mount::Credentials keys{osbx::Secret("secret"), osbx::Secret("hidden"), {}};
  if (Redact(text, keys).find("hidden") != std::string::npos) std::abort();
  return 0;
}

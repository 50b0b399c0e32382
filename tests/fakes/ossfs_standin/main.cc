// SPDX-License-Identifier: Apache-2.0
// Stand-ins for Alibaba's `ossfs` (1.0) and `ossfs2`: one program, told apart by the name it is
// started under. As strict as the real ones about arguments, conf files, modes, exit codes and
// where an error is written; the bytes are served by Debian's s3fs, which it becomes after the
// checks.
//
// OSSFS_STANDIN_FAULT orders what a server cannot cause:
//   exit0-no-mount     exit 0 without having mounted anything
//   hang-before-mount  the command itself never ends; nothing is forked yet
//   hang-child         the daemon child, in its own session, never mounts; the command waits for
//   ever die-after-mount    exit 0, but the file server is killed: the mount is dead (ENOTCONN)
#include <cstdio>
#include <string>
#include <vector>

#include "fakes/ossfs_standin/ossfs1.h"
#include "fakes/ossfs_standin/ossfs2.h"

namespace {

constexpr const char* kOssfs1Version =
    "Alibaba Cloud OSS File System V1.91.10 (commit:stand-in) with GnuTLS(gcrypt)\n";
constexpr const char* kOssfs2Version = "ossfs2 stand-in\nVersion ID: 2.0.7\n";
constexpr const char* kOssfs1Usage =
    "Usage: ossfs BUCKET:[PATH] MOUNTPOINT [OPTION]...\n\n"
    "Mount an Alibaba Cloud OSS bucket as a file system.\n";

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argv[0];
  const bool second = path.substr(path.rfind('/') + 1) == "ossfs2";
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const std::string& argument : arguments) {
    if (argument == "--version") {
      std::fputs(second ? kOssfs2Version : kOssfs1Version, stdout);
      return 0;
    }
    if (!second && (argument == "--help" || argument == "-h")) {
      std::fputs(kOssfs1Usage, stdout);
      return 0;
    }
  }
  return second ? osbx::fakes::RunOssfs2(arguments) : osbx::fakes::RunOssfs1(arguments);
}

// SPDX-License-Identifier: Apache-2.0
#include "drivers/mount/credential_dir.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/atomic_file.h"
#include "base/ids.h"

namespace osbx::mount {
namespace {

constexpr std::size_t kNonceBytes = 16;  // 32 hex digits (contract/docker_runtime.md §12.4)

Result<> MakePrivateDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return Error::FromErrno(errno, "make " + path);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return Error::FromErrno(errno, path);
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid())
    return Error(Code::kFailedPrecondition, path + " is not a directory of this user");
  if (::chmod(path.c_str(), 0700) != 0) return Error::FromErrno(errno, "chmod " + path);
  return {};
}

bool IsInMemory(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return false;
  return info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC;
}

}  // namespace

Result<CredentialDir> CredentialDir::Open(const std::string& run_dir) {
  std::error_code error;
  std::filesystem::create_directories(run_dir, error);
  if (error) return Error::FromErrno(error.value(), "make " + run_dir);
  const std::string path = run_dir + "/creds";
  OSBX_CHECK(MakePrivateDirectory(path));
  if (IsInMemory(path)) return CredentialDir(path);
  // A file is some hundred bytes and lives for one start of a program.
  constexpr const char* kLimits = "mode=0700,size=1m,nr_inodes=4k";
  if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, kLimits) != 0)
    return Error::FromErrno(errno, "mount a tmpfs for credential files on " + path);
  return CredentialDir(path);
}

std::string CredentialDir::NewFile(const Backend& backend) const {
  return path_ + "/" + std::string(backend.credential_prefix) + RandomHex(kNonceBytes) +
         std::string(backend.credential_suffix);
}

std::vector<std::string> CredentialDir::List() const {
  std::vector<std::string> files;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(path_, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    files.push_back(entry->path().string());
  return files;
}

void CredentialDir::Sweep() const {
  for (const std::string& file : List()) Remove(file);
}

Result<> CredentialDir::Write(const CommandFile& file) {
  Result<> written = CreateFileExclusively(file.path, file.text.Reveal(), file.mode);
  if (!written) return std::move(written).error().Wrap("credential file");
  return {};
}

void CredentialDir::Remove(const std::string& path) {
  ::unlink(path.c_str());
}

ScopedFiles::~ScopedFiles() {
  for (const std::string& path : paths_) CredentialDir::Remove(path);
}

Result<> ScopedFiles::Write(const std::vector<CommandFile>& files) {
  for (const CommandFile& file : files) {
    OSBX_CHECK(CredentialDir::Write(file));
    paths_.push_back(file.path);
  }
  return {};
}

}  // namespace osbx::mount

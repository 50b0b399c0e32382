// SPDX-License-Identifier: Apache-2.0
// The options that ossfs 1.0 knows: those of s3fs, of libfuse, and its own.
#include <algorithm>
#include <array>
#include <string_view>

#include "fakes/oss_wire/encoding.h"
#include "fakes/ossfs_standin/ossfs1.h"

namespace osbx::fakes {
namespace {

// Handed to s3fs, which has them too. Space-separated, with a space at either end.
constexpr std::string_view kPassed =
    " default_acl retries tmpdir check_cache_dir_exist del_cache storage_class use_rrs ahbe_conf "
    "connect_timeout readwrite_timeout list_object_max_keys max_stat_cache_size stat_cache_expire "
    "stat_cache_interval_expire enable_noobj_cache no_check_certificate ssl_verify_hostname "
    "nodnscache nosscache multireq_max parallel_count multipart_size multipart_copy_size "
    "max_dirty_data ensure_diskfree multipart_threshold singlepart_copy_limit mp_umask umask "
    "nomultipart enable_content_md5 use_xattr noxmlns nomixupload nocopyapi norenameapi "
    "listobjectsv2 noua cipher_suites instance_name complement_stat notsup_compat_dir use_wtf8 "
    "requester_pays mime logfile dbglevel curldbg no_time_stamp_msg set_check_cache_sigusr1 uid "
    "gid "
    "use_cache compat_dir "
    // libfuse
    "allow_other allow_root default_permissions ro rw suid nosuid dev nodev exec noexec atime "
    "noatime sync async dirsync fsname subtype max_read kernel_cache auto_cache attr_timeout "
    "entry_timeout negative_timeout ac_attr_timeout max_write max_readahead async_read sync_read "
    "big_writes direct_io hard_remove use_ino readdir_ino intr intr_signal auto_unmount remember "
    "noforget ";

// Taken by the stand-in itself or without a counterpart in s3fs.
constexpr std::string_view kOwn =
    " url bucket passwd_file nonempty use_path_request_style sigv1 sigv4 region endpoint host "
    "servicepath public_bucket profile use_session_token ram_role use_sse load_sse_c "
    "disable_noobj_cache readdir_optimize readdir_check_size direct_read "
    "direct_read_prefetch_chunks "
    "direct_read_chunk_size direct_read_prefetch_limit direct_read_backward_chunks "
    "direct_read_local_file_cache_size_mb symlink_in_meta free_space_ratio ";

bool Contains(std::string_view names, const std::string& name) {
  return names.find(" " + name + " ") != std::string_view::npos;
}

void AddOptions(std::string_view text, Ossfs1Arguments& arguments) {
  while (!text.empty()) {
    const std::size_t end = text.find(',');
    const std::string option(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    if (name.empty()) continue;
    if (KindOfOption(name) == OptionKind::kUnknown && arguments.first_unknown.empty()) {
      arguments.first_unknown = option;
    }
    if (!arguments.options.contains(name)) arguments.option_order.push_back(name);
    arguments.options[name] = equals == std::string::npos ? "" : option.substr(equals + 1);
  }
}

}  // namespace

OptionKind KindOfOption(const std::string& name) {
  if (Contains(kPassed, name)) return OptionKind::kPassed;
  return Contains(kOwn, name) ? OptionKind::kOwn : OptionKind::kUnknown;
}

Ossfs1Arguments ParseOssfs1(const std::vector<std::string>& arguments) {
  Ossfs1Arguments parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-o" && i + 1 < arguments.size()) {
      AddOptions(arguments[++i], parsed);
    } else if (argument.starts_with("-o") && argument.size() > 2) {
      AddOptions(std::string_view(argument).substr(2), parsed);
    } else if (argument == "-f" || argument == "-d") {
      parsed.foreground = true;
    } else if (argument == "-s") {
      continue;  // one thread: no difference to a caller
    } else if (argument.starts_with('-')) {
      if (parsed.first_unknown.empty()) parsed.first_unknown = argument;
    } else {
      parsed.positional.push_back(argument);
    }
  }
  return parsed;
}

}  // namespace osbx::fakes

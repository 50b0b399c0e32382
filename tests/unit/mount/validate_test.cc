// SPDX-License-Identifier: Apache-2.0
// Which sources and keys are refused, and by which field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/mount/backend.h"

namespace osbx::mount {
namespace {

std::vector<std::string> Fields(const std::vector<Cause>& causes) {
  std::vector<std::string> fields;
  for (const Cause& cause : causes) fields.push_back(cause.field);
  return fields;
}

OssfsSource Good(const std::string& version) {
  return {version, "oss.example", "data", "a/b", {}};
}

TEST(ValidateTest, FieldsOfASource) {
  struct Case {
    const char* name;
    void (*change)(OssfsSource&);
    const char* field;  // "": valid
  };
  const Case cases[] = {
      {"a good one", [](OssfsSource&) {}, ""},
      {"unknown version", [](OssfsSource& s) { s.version = "3.0"; }, "version"},
      {"bucket of two letters", [](OssfsSource& s) { s.bucket = "ab"; }, "bucket"},
      {"bucket of 64 letters", [](OssfsSource& s) { s.bucket = std::string(64, 'a'); }, "bucket"},
      {"bucket of 63 letters", [](OssfsSource& s) { s.bucket = std::string(63, 'a'); }, ""},
      {"bucket with a newline", [](OssfsSource& s) { s.bucket = "abc\n"; }, "bucket"},
      {"bucket with capitals", [](OssfsSource& s) { s.bucket = "Abc"; }, "bucket"},
      {"bucket ending in a dash", [](OssfsSource& s) { s.bucket = "abc-"; }, "bucket"},
      {"bucket with a slash", [](OssfsSource& s) { s.bucket = "a/b"; }, "bucket"},
      {"no endpoint", [](OssfsSource& s) { s.endpoint = ""; }, "endpoint"},
      {"a scheme alone", [](OssfsSource& s) { s.endpoint = "http://"; }, "endpoint"},
      {"another scheme", [](OssfsSource& s) { s.endpoint = "ftp://x"; }, "endpoint"},
      {"endpoint with a port", [](OssfsSource& s) { s.endpoint = "http://h:80"; }, ""},
      {"endpoint with a newline", [](OssfsSource& s) { s.endpoint = "h\n--ro"; }, "endpoint"},
      {"endpoint with a blank", [](OssfsSource& s) { s.endpoint = "a b"; }, "endpoint"},
      {"endpoint with a user", [](OssfsSource& s) { s.endpoint = "u:p@h"; }, "endpoint"},
      {"endpoint with a shell mark", [](OssfsSource& s) { s.endpoint = "h;x"; }, "endpoint"},
      {"no prefix", [](OssfsSource& s) { s.prefix = ""; }, ""},
      {"prefix with odd slashes", [](OssfsSource& s) { s.prefix = "/a//b/"; }, ""},
      {"prefix with ..", [](OssfsSource& s) { s.prefix = "a/../b"; }, "prefix"},
      {"prefix with .", [](OssfsSource& s) { s.prefix = "./a"; }, "prefix"},
      {"prefix with dots in a name", [](OssfsSource& s) { s.prefix = "a..b/..c"; }, ""},
      {"prefix with a newline", [](OssfsSource& s) { s.prefix = "a\n--ro=true"; }, "prefix"},
      {"prefix with a DEL", [](OssfsSource& s) { s.prefix = "a\x7f"; }, "prefix"},
      {"prefix with a shell mark", [](OssfsSource& s) { s.prefix = "a(b)"; }, "prefix"},
      {"a long component", [](OssfsSource& s) { s.prefix = std::string(256, 'a'); }, "prefix"},
      {"a prefix in Chinese with blanks", [](OssfsSource& s) { s.prefix = "数据/a b"; }, ""},
  };
  for (const Case& c : cases) {
    OssfsSource source = Good("2.0");
    c.change(source);
    const std::vector<std::string> expected =
        *c.field == '\0' ? std::vector<std::string>() : std::vector<std::string>{c.field};
    EXPECT_EQ(Fields(Validate(source)), expected) << c.name;
  }
}

TEST(ValidateTest, OptionsOfVersion1) {
  const char* good[] = {"allow_other",
                        "umask=0022",
                        "uid=1000,gid=1000",
                        "sigv4",
                        "region=cn-hangzhou",
                        "retries=3",
                        "ro",
                        " noatime ",
                        "use_path_request_style",
                        "max_stat_cache_size=1000",
                        "nonempty"};
  for (const char* option : good) {
    OssfsSource source = Good("1.0");
    source.options = {option};
    EXPECT_THAT(Fields(Validate(source)), ::testing::IsEmpty()) << option;
  }
  const char* bad[] = {"",
                       "  ",
                       "-o",
                       "--allow_other",
                       "passwd_file=/etc/shadow",
                       "allow_other,passwd_file=/x",
                       "use_cache=/var",
                       "logfile=/x",
                       "ahbe_conf=/x",
                       "url=http://evil",
                       "ram_role=x",
                       "a\nb",
                       "a\x01",
                       "a;b",
                       "a$b",
                       "a`b",
                       "a|b",
                       "passwd\\137file=x",
                       "unheard_of=/etc/passwd",
                       "unheard_of=~/x",
                       "unheard_of=../x",
                       "passwd-file=x",
                       "suid",
                       "dev",
                       "fsname=x",
                       "subtype=y",
                       "debug",
                       "allow_other,",
                       "=x",
                       "public_bucket=1",
                       "modules=subdir"};
  for (const char* option : bad) {
    OssfsSource source = Good("1.0");
    source.options = {"allow_other", option};
    EXPECT_THAT(Fields(Validate(source)), ::testing::ElementsAre("options[1]")) << option;
  }
}

TEST(ValidateTest, OptionsOfVersion2) {
  const char* good[] = {"allow_other",
                        "allow_other=false",
                        "ro=true",
                        "oss_region=cn-hangzhou",
                        "oss_request_timeout_ms=3000",
                        "http_proxy=http://127.0.0.1:1",
                        "nonempty",
                        "attr_timeout=10",
                        "dir_mode=0755",
                        "noallow_other",
                        "close_to_open"};
  for (const char* option : good) {
    OssfsSource source = Good("2.0");
    source.options = {option};
    EXPECT_THAT(Fields(Validate(source)), ::testing::IsEmpty()) << option;
  }
  const char* bad[] = {"",
                       "-ro",
                       "log_dir=/x",
                       "log-dir=x",
                       "oss_endpoint=x",
                       "oss-bucket=x",
                       "oss_access_key_id=x",
                       "oss_bucket_prefix=x",
                       "credential_process=/bin/sh",
                       "ram_role=x",
                       "flagfile=x",
                       "fromenv=x",
                       "f=true",
                       "nof",
                       "f",
                       "help",
                       "a=b\n--ro=true",
                       "x=/etc",
                       "name with blank=1",
                       "metrics_ip=0.0.0.0",
                       "a\\b",
                       "a&b"};
  for (const char* option : bad) {
    OssfsSource source = Good("2.0");
    source.options = {option};
    EXPECT_THAT(Fields(Validate(source)), ::testing::ElementsAre("options[0]")) << option;
  }
}

TEST(ValidateTest, Keys) {
  struct Case {
    const char* name;
    const char* version;
    const char* id;
    const char* secret;
    const char* field;
  };
  const Case cases[] = {
      {"good", "1.0", "AK", "SK/+=", ""},
      {"a colon in a 1.0 id (W40)", "1.0", "A:K", "SK", "accessKeyId"},
      {"a colon in a 1.0 secret", "1.0", "AK", "S:K", "accessKeySecret"},
      {"colons are fine for 2.0", "2.0", "A:K", "S:K", ""},
      {"a newline in the secret (W3)", "2.0", "AK", "SK\n--ro=true", "accessKeySecret"},
      {"a carriage return in the id", "1.0", "AK\r", "SK", "accessKeyId"},
      {"no id", "2.0", "", "SK", "accessKeyId"},
      {"no secret", "2.0", "AK", "", "accessKeySecret"},
      {"a trailing blank, which the programs cut off", "2.0", "AK", "SK ", "accessKeySecret"},
  };
  for (const Case& c : cases) {
    MountIdentity identity;
    identity.version = c.version;
    const auto causes = ValidateCredentials(identity, {Secret(c.id), Secret(c.secret), Secret()});
    const std::vector<std::string> expected =
        *c.field == '\0' ? std::vector<std::string>() : std::vector<std::string>{c.field};
    EXPECT_EQ(Fields(causes), expected) << c.name;
    for (const Cause& cause : causes)
      if (*c.secret != '\0') EXPECT_EQ(cause.message.find(c.secret), std::string::npos) << c.name;
  }
  EXPECT_THAT(Fields(ValidateCredentials({}, {Secret("a"), Secret("b"), Secret("token")})),
              ::testing::ElementsAre("securityToken"));
}

}  // namespace
}  // namespace osbx::mount

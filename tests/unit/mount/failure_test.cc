// SPDX-License-Identifier: Apache-2.0
// What the programs leave behind, told as codes and reasons; never a key.
#include "drivers/mount/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/mount/programs.h"

namespace osbx::mount {
namespace {

TEST(FailureTest, ExitCodesAndTextsOfThePrograms) {
  struct Case {
    const char* name;
    const char* version;
    int exit_code;
    const char* output;
    const char* log;
    Code code;
    std::string_view why;
  };
  const char* see_log = "ERROR: failed to mount ossfs2, see more details in log dir: /l/root";
  const Case cases[] = {
      {"1.0 wrong key", "1.0", 1, "ossfs: Failed to check bucket : Invalid Credentials(host=h)", "",
       Code::kPermissionDenied, reason::kInvalidCredentials},
      {"1.0 no bucket", "1.0", 1, "Failed to check bucket : Bucket not found(host=h)", "",
       Code::kNotFound, reason::kBucketNotFound},
      {"1.0 refused", "1.0", 1, "Unable to connect(host=h, message=)", "", Code::kUnavailable,
       reason::kEndpointUnreachable},
      {"1.0 option", "1.0", 1, "fuse: unknown option `x'", "", Code::kInvalid,
       reason::kInvalidOption},
      {"1.0 exit code that 2.0 would mean", "1.0", 243, "odd", "", Code::kUnavailable,
       reason::kMountFailed},
      {"2.0 wrong key", "2.0", 243, see_log, "", Code::kPermissionDenied,
       reason::kInvalidCredentials},
      {"2.0 no bucket", "2.0", 254, see_log, "", Code::kNotFound, reason::kBucketNotFound},
      {"2.0 refused", "2.0", 251, see_log, "", Code::kUnavailable, reason::kEndpointUnreachable},
      {"2.0 silent server", "2.0", 146, see_log, "", Code::kDeadlineExceeded, reason::kTimedOut},
      {"2.0 flag", "2.0", 1, "ERROR: unknown command line flag 'x'", "", Code::kInvalid,
       reason::kInvalidOption},
      {"2.0 told by the log alone", "2.0", 1, see_log,
       "t ERROR OSSError: Code[NoSuchBucket], Message[m]\n", Code::kNotFound,
       reason::kBucketNotFound},
      {"2.0 not empty", "2.0", 255, "ERROR: MOUNTPOINT directory /m is not empty.", "",
       Code::kUnavailable, reason::kMountFailed},
      {"exec failed", "2.0", 2, "osbx-fuse-helper: exec /x: errno 2", "", Code::kFailedPrecondition,
       reason::kBinaryMissing},
  };
  for (const Case& c : cases) {
    const Error error =
        ClassifyFailure(*FindBackend("ossfs", c.version), {{c.exit_code, 0}, c.output, c.log}, {});
    EXPECT_EQ(error.code(), c.code) << c.name;
    EXPECT_EQ(ReasonOf(error), c.why) << c.name;
  }
}

TEST(FailureTest, MessagesAreTheSameForTheSameCause) {
  const auto of = [](const std::string& log) {
    return ClassifyFailure(*FindBackend("ossfs", "2.0"), {{243, 0}, "", log}, {}).message();
  };
  EXPECT_EQ(of("10:00:01 [7] OSSError: Code[AccessDenied], Message[m]\nmore\n"),
            of("11:22:33 [9] OSSError: Code[AccessDenied], Message[m]\nother\n"));
}

TEST(FailureTest, I5_KeysAreCutOut) {
  const Credentials keys{Secret("AKID1234"), Secret("very-secret"), Secret("token99")};
  EXPECT_EQ(Redact("id AKID1234 key very-secret\nvery-secret token99", keys),
            "id *** key *** *** ***");
  const Error error = ClassifyFailure(*FindBackend("ossfs", "1.0"),
                                      {{1, 0}, "x very-secret y", "ERROR very-secret"}, keys);
  EXPECT_EQ(error.ToString().find("very-secret"), std::string::npos);
  EXPECT_EQ(Redact(std::string(5000, 'x'), keys).size(), 1024U);
  EXPECT_EQ(Redact(" \n\x01 ", keys), "");
  EXPECT_EQ(Redact("", {}), "");
}

TEST(ProgramVersionTest, ReadsBothShapes) {
  EXPECT_EQ(ParseOssfsVersion("Alibaba Cloud OSS File System V1.91.10 (commit:x) with OpenSSL"),
            "1.91.10");
  EXPECT_EQ(ParseOssfsVersion("Amazon Simple Storage Service File System V1.90 (commit:unknown)"),
            "1.90");
  EXPECT_EQ(ParseOssfsVersion("Very V old SV1.2"), std::nullopt);
  EXPECT_EQ(ParseOssfsVersion(""), std::nullopt);
  EXPECT_EQ(ParseOssfs2Version("ossfs2\nVersion ID: 2.0.7\nCommit: x"), "2.0.7");
  EXPECT_EQ(ParseOssfs2Version("Version ID:"), std::nullopt);
  EXPECT_EQ(ParseOssfs2Version("2.0.7"), std::nullopt);
}

}  // namespace
}  // namespace osbx::mount

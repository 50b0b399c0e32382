// SPDX-License-Identifier: Apache-2.0
// The fake object store itself: who is let in, what is stored, how faults are ordered. If it erred,
// every test above it would prove the wrong thing.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/eventually.h"
#include "fakes/matchers.h"
#include "fakes/oss_process.h"
#include "fakes/oss_wire/digest.h"
#include "fakes/oss_wire/encoding.h"

namespace osbx::fakes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::unique_ptr<OssProcess> StartServer(OssProcessOptions options = {}) {
  auto server = OssProcess::Start(std::move(options));
  EXPECT_THAT(server, IsOk());
  return server.has_value() ? *std::move(server) : nullptr;
}

std::string ErrorCode(const Result<HttpAnswer>& answer) {
  if (!answer.has_value()) return answer.error().ToString();
  const auto codes = XmlTexts(answer->body, "Code");
  return std::to_string(answer->status) + (codes.empty() ? "" : " " + codes.front());
}

// Signs with the given key as a client would, at `date`.
Result<HttpAnswer> ListAs(OssProcess& server, const std::string& id, const std::string& secret,
                          const std::string& prefix, const std::string& date) {
  SignedRequest request;
  request.method = "GET";
  request.bucket = "demo";
  request.query = {{"prefix", prefix}};
  request.headers = {{"date", date}};
  const std::string signature = OssV1Signature(secret, request, date);
  return server.Raw("GET", "/demo/?prefix=" + UrlEncode(prefix, Slash::kEncode), "",
                    {{"date", date}, {"authorization", "OSS " + id + ":" + signature}});
}

Result<HttpAnswer> ListAs(OssProcess& server, const std::string& id, const std::string& secret,
                          const std::string& prefix = "") {
  return ListAs(server, id, secret, prefix, HttpDate(std::time(nullptr)));
}

TEST(OssServerTest, RefusesWhatIsNotRightlySigned) {
  const auto server = StartServer(
      {.credentials = R"({"AK":{"secret":"SK"},"OFF":{"secret":"S","disabled":true}})"});
  EXPECT_EQ(ErrorCode(ListAs(*server, "AK", "SK")), "200");
  EXPECT_EQ(ErrorCode(ListAs(*server, "AK", "wrong")), "403 SignatureDoesNotMatch");
  EXPECT_EQ(ErrorCode(ListAs(*server, "NOBODY", "SK")), "403 InvalidAccessKeyId");
  EXPECT_EQ(ErrorCode(ListAs(*server, "OFF", "S")), "403 InvalidAccessKeyId");
  EXPECT_EQ(ErrorCode(server->Raw("GET", "/demo/")), "403 AccessDenied");
  EXPECT_EQ(ErrorCode(ListAs(*server, "AK", "SK", "", HttpDate(std::time(nullptr) - 3600))),
            "403 RequestTimeTooSkewed");
  EXPECT_EQ(ErrorCode(server->Raw("GET", "/demo/", "", {{"authorization", "Basic x"}})),
            "400 InvalidArgument");
}

TEST(OssServerTest, ConfinesAKeyToItsPrefix) {
  const auto server = StartServer(
      {.credentials =
           R"({"AK":{"secret":"SK"},"P":{"secret":"S","allow":["demo/train/"],"readonly":true}})"});
  EXPECT_EQ(ErrorCode(ListAs(*server, "P", "S", "train/")), "200");
  EXPECT_EQ(ErrorCode(ListAs(*server, "P", "S", "train")), "403 AccessDenied");
  EXPECT_EQ(ErrorCode(ListAs(*server, "P", "S", "")), "403 AccessDenied");
}

TEST(OssServerTest, WantsTheTokenOfTemporaryCredentialsUntilTheyExpire) {
  const auto server = StartServer({.credentials = R"({"AK":{"secret":"SK","token":"T"}})"});
  EXPECT_EQ(ErrorCode(server->Call("GET", "demo", "")), "403 InvalidSecurityToken");
  const Headers wrong{{"x-oss-security-token", "U"}};
  EXPECT_EQ(ErrorCode(server->Call("GET", "demo", "", "", "", wrong)), "403 InvalidSecurityToken");
  const Headers right{{"x-oss-security-token", "T"}};
  EXPECT_EQ(ErrorCode(server->Call("GET", "demo", "", "", "", right)), "200");
  ASSERT_THAT(server->SetCredentials(R"({"AK":{"secret":"SK","token":"T","expires":1}})"), IsOk());
  EXPECT_EQ(ErrorCode(server->Call("GET", "demo", "", "", "", right)), "403 SecurityTokenExpired");
}

TEST(OssServerTest, TakesChangedCredentialsWithTheNextRequest) {
  const auto server = StartServer();
  ASSERT_THAT(server->SetCredentials(R"({"AK":{"secret":"rotated"}})"), IsOk());
  EXPECT_EQ(ErrorCode(ListAs(*server, "AK", "SK")), "403 SignatureDoesNotMatch");
  EXPECT_EQ(ErrorCode(ListAs(*server, "AK", "rotated")), "200");
}

TEST(OssServerTest, StoresAndReturnsBytesRangesAndMetadata) {
  const auto server = StartServer();
  const std::string key = "a b/\xE4\xB8\xAD<&>.txt";
  EXPECT_EQ(ErrorCode(server->Call("PUT", "demo", key, "", "0123456789",
                                   {{"x-oss-meta-color", "red"}, {"content-type", "text/x"}})),
            "200");
  const auto got = server->Call("GET", "demo", key);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->body, "0123456789");
  EXPECT_EQ(got->headers.at("x-oss-meta-color"), "red");
  EXPECT_EQ(got->headers.at("content-type"), "text/x");
  EXPECT_EQ(got->headers.at("x-oss-hash-crc64ecma"), std::to_string(Crc64(0, "0123456789")));
  EXPECT_EQ(server->Call("GET", "demo", key, "", "", {{"range", "bytes=2-4"}})->body, "234");
  EXPECT_EQ(server->Call("GET", "demo", key, "", "", {{"range", "bytes=-2"}})->body, "89");
  EXPECT_EQ(server->Call("GET", "demo", key, "", "", {{"range", "bytes=10-"}})->status, 416);
  EXPECT_EQ(ErrorCode(server->Call("GET", "demo", "none")), "404 NoSuchKey");
  EXPECT_EQ(ErrorCode(server->Call("GET", "other", "none")), "404 NoSuchBucket");
  EXPECT_EQ(server->Call("DELETE", "demo", key)->status, 204);
  EXPECT_EQ(server->Call("HEAD", "demo", key)->status, 404);
}

TEST(OssServerTest, RefusesABodyThatIsNotWhatItsDigestSays) {
  const auto server = StartServer();
  EXPECT_EQ(ErrorCode(server->Call("PUT", "demo", "k", "", "x", {{"content-md5", "bm90IGl0"}})),
            "400 InvalidDigest");
  EXPECT_EQ(ErrorCode(server->Call("HEAD", "demo", "k")), "404");
}

TEST(OssServerTest, CopiesWithOldOrNewMetadata) {
  const auto server = StartServer();
  ASSERT_EQ(server->Call("PUT", "demo", "from", "", "data", {{"x-oss-meta-a", "1"}})->status, 200);
  ASSERT_EQ(
      server->Call("PUT", "demo", "kept", "", "", {{"x-oss-copy-source", "/demo/from"}})->status,
      200);
  ASSERT_EQ(server
                ->Call("PUT", "demo", "replaced", "", "",
                       {{"x-oss-copy-source", "/demo/from"},
                        {"x-oss-metadata-directive", "REPLACE"},
                        {"x-oss-meta-b", "2"}})
                ->status,
            200);
  ASSERT_EQ(server->Call("DELETE", "demo", "from")->status, 204);
  const auto kept = server->Call("GET", "demo", "kept");
  EXPECT_EQ(kept->body, "data");
  EXPECT_EQ(kept->headers.at("x-oss-meta-a"), "1");
  const auto replaced = server->Call("GET", "demo", "replaced");
  EXPECT_EQ(replaced->body, "data");
  EXPECT_FALSE(replaced->headers.contains("x-oss-meta-a"));
  EXPECT_EQ(replaced->headers.at("x-oss-meta-b"), "2");
}

TEST(OssServerTest, ListsInPagesWithPrefixAndDelimiter) {
  const auto server = StartServer();
  for (const char* key : {"a", "d/1", "d/2", "e/1", "f"}) {
    ASSERT_EQ(server->Call("PUT", "demo", key)->status, 200);
  }
  const auto first = server->Call("GET", "demo", "", "delimiter=/&max-keys=2");
  EXPECT_THAT(XmlTexts(first->body, "Key"), ElementsAre("a"));
  EXPECT_THAT(XmlTexts(first->body, "CommonPrefixes"), ElementsAre("<Prefix>d/</Prefix>"));
  EXPECT_THAT(XmlTexts(first->body, "IsTruncated"), ElementsAre("true"));
  EXPECT_THAT(XmlTexts(first->body, "NextMarker"), ElementsAre("d/"));
  const auto second = server->Call("GET", "demo", "", "delimiter=/&max-keys=2&marker=d/");
  EXPECT_THAT(XmlTexts(second->body, "Key"), ElementsAre("f"));
  EXPECT_THAT(XmlTexts(second->body, "CommonPrefixes"), ElementsAre("<Prefix>e/</Prefix>"));
  EXPECT_THAT(XmlTexts(second->body, "IsTruncated"), ElementsAre("false"));
  const auto version2 = server->Call("GET", "demo", "", "list-type=2&max-keys=1&prefix=d/");
  EXPECT_THAT(XmlTexts(version2->body, "Key"), ElementsAre("d/1"));
  const auto token = XmlTexts(version2->body, "NextContinuationToken");
  ASSERT_EQ(token.size(), 1U);
  const auto rest =
      server->Call("GET", "demo", "", "list-type=2&prefix=d/&continuation-token=" + token[0]);
  EXPECT_THAT(XmlTexts(rest->body, "Key"), ElementsAre("d/2"));
  EXPECT_THAT(XmlTexts(server->Call("GET", "demo", "", "prefix=none/")->body, "Key"), IsEmpty());
}

TEST(OssServerTest, MultipartUploadsCompleteInOrderAndAbort) {
  const auto server = StartServer();
  const auto start = server->Call("POST", "demo", "big", "uploads", "", {{"x-oss-meta-a", "1"}});
  const auto ids = XmlTexts(start->body, "UploadId");
  ASSERT_EQ(ids.size(), 1U);
  const std::string upload = "&uploadId=" + ids[0];
  const auto one = server->Call("PUT", "demo", "big", "partNumber=1" + upload, "first,");
  const auto two = server->Call("PUT", "demo", "big", "partNumber=2" + upload, "second");
  const auto part = [](int number, const std::string& etag) {
    return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag +
           "</ETag></Part>";
  };
  const std::string etag1 = one->headers.at("etag");
  const std::string etag2 = two->headers.at("etag");
  const auto complete = [&](const std::string& parts) {
    return ErrorCode(
        server->Call("POST", "demo", "big", "uploadId=" + ids[0],
                     "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>"));
  };
  EXPECT_EQ(complete(part(2, etag2) + part(1, etag1)), "400 InvalidPartOrder");
  EXPECT_EQ(complete(part(1, etag2)), "400 InvalidPart");
  EXPECT_EQ(complete(part(1, etag1) + part(2, etag2)), "200");
  const auto got = server->Call("GET", "demo", "big");
  EXPECT_EQ(got->body, "first,second");
  EXPECT_EQ(got->headers.at("x-oss-meta-a"), "1");
  EXPECT_EQ(complete(part(1, etag1)), "404 NoSuchUpload");

  const auto other = XmlTexts(server->Call("POST", "demo", "x", "uploads")->body, "UploadId");
  ASSERT_EQ(other.size(), 1U);
  EXPECT_THAT(server->Call("GET", "demo", "", "uploads")->body, HasSubstr(other[0]));
  EXPECT_EQ(server->Call("DELETE", "demo", "x", "uploadId=" + other[0])->status, 204);
  EXPECT_THAT(XmlTexts(server->Call("GET", "demo", "", "uploads")->body, "Upload"), IsEmpty());
}

TEST(OssServerTest, DeletesManyKeysAndBuckets) {
  const auto server = StartServer();
  EXPECT_EQ(server->Call("PUT", "second", "")->status, 200);
  EXPECT_EQ(ErrorCode(server->Call("PUT", "Bad_Name", "")), "400 InvalidBucketName");
  ASSERT_EQ(server->Call("PUT", "second", "k&1")->status, 200);
  EXPECT_EQ(ErrorCode(server->Call("DELETE", "second", "")), "409 BucketNotEmpty");
  const auto deleted = server->Call(
      "POST", "second", "", "delete",
      "<Delete><Object><Key>k&amp;1</Key></Object><Object><Key>none</Key></Object></Delete>");
  EXPECT_THAT(XmlTexts(deleted->body, "Key"), ElementsAre("k&1", "none"));
  EXPECT_EQ(server->Call("DELETE", "second", "")->status, 204);
  EXPECT_EQ(server->Call("HEAD", "second", "")->status, 404);
}

TEST(OssServerTest, StateSurvivesKillAndRestart) {
  const auto server = StartServer();
  ASSERT_EQ(server->Call("PUT", "demo", "k", "", "v1", {{"x-oss-meta-a", "\xFF"}})->status, 200);
  ASSERT_EQ(server->Call("PUT", "demo", "k", "", "v2", {{"x-oss-meta-a", "\xFF"}})->status, 200);
  ASSERT_EQ(server->Call("PUT", "demo", "gone", "", "v")->status, 200);
  ASSERT_EQ(server->Call("DELETE", "demo", "gone")->status, 204);
  ASSERT_THAT(server->Restart(), IsOk());
  const auto got = server->Call("GET", "demo", "k");
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->body, "v2");
  EXPECT_EQ(got->headers.at("x-oss-meta-a"), "\xFF");
  EXPECT_EQ(server->Call("HEAD", "demo", "gone")->status, 404);
}

TEST(OssServerTest, UnderstandsVirtualHostsProxiesAndPaths) {
  const auto server = StartServer();
  ASSERT_EQ(server->Call("PUT", "demo", "k", "", "v")->status, 200);
  SignedRequest request;
  request.method = "GET";
  request.bucket = "demo";
  request.key = "k";
  const std::string date = HttpDate(std::time(nullptr));
  Headers headers{{"date", date},
                  {"authorization", "OSS AK:" + OssV1Signature("SK", request, date)}};
  const std::string absolute = "http://demo.oss-cn-hangzhou.aliyuncs.com/k";
  EXPECT_EQ(server->Raw("GET", absolute, "", headers)->body, "v");
  EXPECT_EQ(server->Raw("GET", "/demo/k", "", headers)->body, "v");
  headers["host"] = "demo.localhost:" + std::to_string(server->port());
  EXPECT_EQ(server->Raw("GET", "/k", "", headers)->body, "v");
}

TEST(OssServerTest, FaultsHitWhatTheyNameAndEnd) {
  const auto server = StartServer();
  ASSERT_THAT(server->Fault(R"({"action":"status","method":"PUT","key_prefix":"t/","status":503,)"
                            R"("count":1})"),
              IsOk());
  EXPECT_EQ(server->Call("PUT", "demo", "other")->status, 200);
  EXPECT_EQ(server->Call("PUT", "demo", "t/x")->status, 503);
  EXPECT_EQ(server->Call("PUT", "demo", "t/x")->status, 200);
  ASSERT_THAT(server->Fault(R"({"action":"close","bucket":"demo"})"), IsOk());
  EXPECT_THAT(server->Call("GET", "demo", "other"), StatusIs(Code::kUnavailable));
  ASSERT_THAT(server->ClearFaults(), IsOk());
  EXPECT_EQ(server->Call("GET", "demo", "other")->status, 200);
  EXPECT_THAT(server->Fault("nonsense"), StatusIs(Code::kInternal));
}

TEST(OssServerTest, ReleasesHungRequestsWhenFaultsAreCleared) {
  const auto server = StartServer();
  ASSERT_EQ(server->Call("PUT", "demo", "k", "", "v")->status, 200);
  ASSERT_THAT(server->Fault(R"({"action":"hang","method":"GET"})"), IsOk());
  std::string body;
  std::thread client([&] { body = server->Call("GET", "demo", "k")->body; });
  EXPECT_TRUE(
      Eventually([&] { return server->Stats()->find("\"waiting\":1") != std::string::npos; }));
  EXPECT_THAT(server->ClearFaults(), IsOk());
  client.join();
  EXPECT_EQ(body, "v");
}

TEST(OssServerTest, LogNamesRequestsButNoSecrets) {
  const auto server =
      StartServer({.credentials = R"({"AK":{"secret":"SK-hidden-7f3a"},"X":{"secret":"SK"}})"});
  ListAs(*server, "AK", "SK-hidden-7f3a", "p/").value();
  const std::string log = server->Log(10).value();
  EXPECT_THAT(log, HasSubstr("prefix=p/"));
  EXPECT_THAT(log, HasSubstr("\"key_id\":\"AK\""));
  EXPECT_THAT(log, ::testing::Not(HasSubstr("hidden")));
  EXPECT_THAT(log, ::testing::Not(HasSubstr("OSS ")));
}

TEST(OssServerTest, ServesManyClientsAtOnce) {
  const auto server = StartServer();
  constexpr int kClients = 16;
  constexpr int kRounds = 20;
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  std::atomic<int> wrong = 0;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string key = "k" + std::to_string(client);
        const std::string value(static_cast<std::size_t>(round) * 100 + 1, 'x');
        if (server->Call("PUT", "demo", key, "", value)->status != 200) ++wrong;
        if (server->Call("GET", "demo", key)->body != value) ++wrong;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace osbx::fakes

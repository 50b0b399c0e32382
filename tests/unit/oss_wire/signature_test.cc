// SPDX-License-Identifier: Apache-2.0
// The signatures against the examples that Alibaba and Amazon publish.
#include "fakes/oss_wire/signature.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "fakes/oss_wire/digest.h"

namespace osbx::fakes {
namespace {

TEST(DigestTest, HmacsAgreeWithRfc2202AndRfc4231) {
  const std::string data = "what do ya want for nothing?";
  EXPECT_EQ(HexEncode(HmacSha1("Jefe", data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(HexEncode(HmacSha256("Jefe", data)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(DigestTest, Crc64IsTheXzVariantAndRunsOverPieces) {
  EXPECT_EQ(Crc64(0, "123456789"), 0x995DC9BBDF1939FAULL);
  EXPECT_EQ(Crc64(Crc64(0, "1234"), "56789"), 0x995DC9BBDF1939FAULL);
  EXPECT_EQ(Crc64(0, ""), 0U);
}

TEST(DigestTest, BodyDigestGivesEveryDigestOfWhatWasSeen) {
  BodyDigest digest;
  digest.EnableSha256();
  digest.Update("a");
  digest.Update("bc");
  EXPECT_EQ(HexEncode(digest.Md5Raw()), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest.Sha256Hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest.size_bytes(), 3U);
  digest.Update("d");  // asking does not end it
  EXPECT_EQ(HexEncode(digest.Md5Raw()), "e2fc714c4727ee9395f324cd2e7f331f");
}

// "Add signatures to the header" in the OSS API reference.
TEST(SignatureTest, OssV1AgreesWithTheDocumentedExample) {
  SignedRequest request;
  request.method = "PUT";
  request.bucket = "oss-example";
  request.key = "nelson";
  request.headers = {{"content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="},
                     {"content-type", "text/html"},
                     {"date", "Thu, 17 Nov 2005 18:49:58 GMT"},
                     {"host", "oss-example.oss-cn-hangzhou.aliyuncs.com"},
                     {"x-oss-magic", "abracadabra"},
                     {"x-oss-meta-author", "foo@bar.com"}};
  EXPECT_EQ(
      OssV1Signature("OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV", request, request.headers["date"]),
      "26NBxoKdsyly4EDv6inkoDft/yA=");
}

TEST(SignatureTest, OssV1TakesSubResourcesSortedAndLeavesOtherParametersOut) {
  SignedRequest request;
  request.method = "GET";
  request.bucket = "demo";
  request.query = {{"uploads", ""}, {"prefix", "a/"}, {"x-oss-process", "p"}, {"acl", ""}};
  EXPECT_EQ(OssV1StringToSign(request, "now"), "GET\n\n\nnow\n/demo/?acl&uploads&x-oss-process=p");
}

SignedRequest OssV4Request() {
  SignedRequest request;
  request.method = "PUT";
  request.bucket = "bucket";
  request.key = "1234+-/123/1.txt";
  request.headers = {{"abc", "value"},
                     {"content-type", "text/plain"},
                     {"x-oss-content-sha256", "UNSIGNED-PAYLOAD"},
                     {"x-oss-date", "20231216T162057Z"},
                     {"x-oss-head1", "value"},
                     {"xyz", "value"},
                     {"zabc", "value"}};
  request.query = {{"param1", "value1"}, {"|param1", "value4"}, {"+param1", "value3"},
                   {"+param2", ""},      {"|param2", ""},       {"param2", ""}};
  return request;
}

// The values that the tests of Alibaba's Go SDK v2 expect.
TEST(SignatureTest, OssV4AgreesWithTheSdk) {
  EXPECT_EQ(OssV4Signature("sk", OssV4Request(), {"20231216", "cn-hangzhou"}, {}),
            "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
}

TEST(SignatureTest, OssV4WithSecurityTokenAgreesWithTheSdk) {
  SignedRequest request = OssV4Request();
  request.headers["x-oss-date"] = "20231217T034736Z";
  request.headers["x-oss-security-token"] = "token";
  EXPECT_EQ(OssV4Signature("sk", request, {"20231217", "cn-hangzhou"}, {}),
            "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea");
}

TEST(SignatureTest, OssV4WithAdditionalHeadersAgreesWithTheSdk) {
  SignedRequest request = OssV4Request();
  request.headers["x-oss-date"] = "20231216T172512Z";
  EXPECT_EQ(OssV4Signature("sk", request, {"20231216", "cn-hangzhou"}, {"abc", "zabc"}),
            "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f");
}

constexpr const char* kAwsSecretV2 = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

// "Signing and authenticating REST requests" (signature version 2) in the Amazon S3 guide.
TEST(SignatureTest, AwsV2AgreesWithTheDocumentedExamples) {
  SignedRequest get;
  get.method = "GET";
  get.headers = {{"date", "Tue, 27 Mar 2007 19:36:42 +0000"}};
  EXPECT_EQ(AwsV2Signature(kAwsSecretV2, get, "/awsexamplebucket1/photos/puppy.jpg"),
            "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=");

  SignedRequest list;
  list.method = "GET";
  list.headers = {{"date", "Tue, 27 Mar 2007 19:42:41 +0000"}};
  list.query = {{"prefix", "photos"}, {"max-keys", "50"}, {"marker", "puppy"}};
  EXPECT_EQ(AwsV2Signature(kAwsSecretV2, list, "/awsexamplebucket1/"),
            "m0WP8eCtspQl5Ahe6L1SozdX9YA=");

  SignedRequest acl;
  acl.method = "GET";
  acl.headers = {{"date", "Tue, 27 Mar 2007 19:44:46 +0000"}};
  acl.query = {{"acl", ""}};
  EXPECT_EQ(AwsV2Signature(kAwsSecretV2, acl, "/awsexamplebucket1/"),
            "82ZHiFIjc+WbcwFKGUVEQspPn+0=");
}

// "Examples: Signature calculations" (signature version 4) in the Amazon S3 API reference.
TEST(SignatureTest, AwsV4AgreesWithTheDocumentedExamples) {
  const std::string empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  SignedRequest get;
  get.method = "GET";
  get.headers = {{"host", "examplebucket.s3.amazonaws.com"},
                 {"range", "bytes=0-9"},
                 {"x-amz-content-sha256", empty},
                 {"x-amz-date", "20130524T000000Z"}};
  const AwsV4Input input{"/test.txt",
                         {"host", "range", "x-amz-content-sha256", "x-amz-date"},
                         empty,
                         "20130524T000000Z"};
  EXPECT_EQ(AwsV4Signature(kAwsSecretV2, get, {"20130524", "us-east-1"}, input),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  SignedRequest list = get;
  list.headers.erase("range");
  list.query = {{"max-keys", "2"}, {"prefix", "J"}};
  const AwsV4Input list_input{
      "/", {"host", "x-amz-content-sha256", "x-amz-date"}, empty, "20130524T000000Z"};
  EXPECT_EQ(AwsV4Signature(kAwsSecretV2, list, {"20130524", "us-east-1"}, list_input),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(EncodingTest, PercentEncodingRoundTripsAndKeepsBrokenEscapes) {
  const std::string bytes = std::string("a b/\xE4\xB8\xAD+%&=", 11);
  EXPECT_EQ(UrlEncode(bytes, Slash::kKeep), "a%20b/%E4%B8%AD%2B%25%26%3D");
  EXPECT_EQ(UrlEncode("a/b", Slash::kEncode), "a%2Fb");
  EXPECT_EQ(UrlDecode(UrlEncode(bytes, Slash::kEncode)), bytes);
  EXPECT_EQ(UrlDecode("100%"), "100%");
  EXPECT_EQ(UrlDecode("%zz%4"), "%zz%4");
}

TEST(EncodingTest, QueriesKeepOrderAndEmptyValues) {
  const Query expected{{"acl", ""}, {"prefix", "a b/"}, {"x", "1=2"}};
  EXPECT_EQ(ParseQuery("acl&prefix=a+b%2F&&x=1=2"), expected);
  EXPECT_TRUE(ParseQuery("").empty());
}

TEST(EncodingTest, XmlTextsFindsEachAndSurvivesTornInput) {
  const std::vector<std::string> expected{"a&b", "<c>"};
  EXPECT_EQ(XmlTexts("<D><Key>a&amp;b</Key><Key>&lt;c&gt;</Key></D>", "Key"), expected);
  EXPECT_TRUE(XmlTexts("<Key>never closed", "Key").empty());
}

TEST(EncodingTest, DatesRoundTrip) {
  constexpr std::time_t kTime = 1700000000;
  EXPECT_EQ(HttpDate(kTime), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(ParseDate(HttpDate(kTime)), kTime);
  EXPECT_EQ(ParseDate(IsoBasicDate(kTime)), kTime);
  EXPECT_FALSE(ParseDate("yesterday").has_value());
}

}  // namespace
}  // namespace osbx::fakes

// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <utility>

#include <gtest/gtest.h>

namespace osbx {
namespace {

TEST(Base64, TheVectorsOfRfc4648GoBothWays) {
  const std::pair<std::string, std::string> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"},
                                                      {std::string("\xFB\xFF\x00", 3), "+/8A"}};
  for (const auto& [plain, encoded] : rows) {
    EXPECT_EQ(EncodeBase64(plain), encoded);
    EXPECT_EQ(DecodeBase64(encoded), plain);
  }
  EXPECT_EQ(EncodeBase64Url("\xFB\xFF"), "-_8");
  EXPECT_EQ(DecodeBase64Url("-_8"), "\xFB\xFF");
}

TEST(Base64, WhatIsNotBase64IsRefused) {
  for (const char* text :
       {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zh==", "-_8=", "Zm9vA==="}) {
    EXPECT_FALSE(DecodeBase64(text).has_value()) << text;
  }
  for (const char* text : {"-_8=", "+/8", "A"}) EXPECT_FALSE(DecodeBase64Url(text)) << text;
}

}  // namespace
}  // namespace osbx

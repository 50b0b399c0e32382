// SPDX-License-Identifier: Apache-2.0
#include "execd/multipart.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/matchers.h"

namespace osbx::execd {
namespace {

using ::testing::ElementsAre;
using Parts = std::vector<std::string>;

// Each part as "name:contents" (a file: "name!contents"); one that has not ended lacks its ".".
Result<> Parse(std::string_view form, std::size_t piece, Parts& parts) {
  MultipartParser parser("B", {.begin = [&](std::string_view name, bool is_file) -> Result<> {
                                 parts.push_back(std::string(name) + (is_file ? "!" : ":"));
                                 return {};
                               },
                               .data = [&](std::string_view bytes) -> Result<> {
                                 parts.back() += bytes;
                                 return {};
                               },
                               .end = [&]() -> Result<> {
                                 parts.back() += ".";
                                 return {};
                               }});
  while (!form.empty()) {
    OSBX_CHECK(parser.Feed(form.substr(0, piece)));
    form.remove_prefix(std::min(piece, form.size()));
  }
  return parser.Finish();
}

TEST(Multipart, ReadsPartsInPiecesOfAnySize) {
  const std::string form =
      "preamble\r\n--B\r\n"
      "Content-Disposition: form-data; name=\"metadata\"; filename=\"m\\\"x\"\r\n\r\n"
      "{\"a\": 1}\r\n--B \r\n"
      "content-type: text/plain\r\ncontent-disposition: form-data; name=file; filename=f\r\n\r\n"
      "\r\n--A\r\n--\r\n\r\n--B\r\n"
      "Content-Disposition: form-data; name=\"note\"\r\n\r\n\r\n--B--\r\nepilogue";
  for (std::size_t piece = 1; piece <= form.size(); ++piece) {
    Parts parts;
    ASSERT_THAT(Parse(form, piece, parts), fakes::IsOk()) << piece;
    ASSERT_THAT(parts, ElementsAre("metadata!{\"a\": 1}.", "file!\r\n--A\r\n--\r\n.", "note:."))
        << piece;
  }
}

TEST(Multipart, RefusesFormsThatBreakOffOrAreMalformed) {
  const std::string head = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
  for (const std::string& form :
       {std::string(), std::string("--B"), head, head + "x\r\n--B", head + "x\r\n--C--",
        std::string("--Bjunk\r\n\r\nx\r\n--B--"), "--B\r\nA: " + std::string(20'000, 'x')}) {
    Parts parts;
    EXPECT_THAT(Parse(form, 7, parts), fakes::StatusIs(Code::kInvalid)) << form.substr(0, 80);
  }
}

TEST(Multipart, AnErrorOfTheSinkEndsIt) {
  MultipartParser parser("B", {.begin = [](std::string_view, bool) -> Result<> {
                                 return Error(Code::kNotFound, "no");
                               },
                               .data = [](std::string_view) -> Result<> { return {}; },
                               .end = []() -> Result<> { return {}; }});
  EXPECT_THAT(parser.Feed("--B\r\n\r\nx\r\n--B--"), fakes::StatusIs(Code::kNotFound));
}

TEST(Multipart, FindsTheBoundary) {
  EXPECT_EQ(BoundaryOf("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(BoundaryOf("Multipart/Form-Data ;charset=x; BOUNDARY=\"a b\\\"c\""), "a b\"c");
  EXPECT_EQ(BoundaryOf("multipart/mixed; boundary=abc"), "");
  EXPECT_EQ(BoundaryOf("multipart/form-data"), "");
  EXPECT_EQ(BoundaryOf(""), "");
}

}  // namespace
}  // namespace osbx::execd

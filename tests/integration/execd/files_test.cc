// SPDX-License-Identifier: Apache-2.0
// /files and /directories of the real osbx-execd.
#include <sys/stat.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/execd/execd_process.h"

namespace osbx::execd_test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

class ExecdFiles : public ::testing::Test {
 protected:
  ExecdFiles() { std::filesystem::create_directory(root_); }

  wire::Reply Upload(const json& metadata, std::string_view content,
                     const std::string& prefix = "") const {
    const std::string form =
        "--B\r\nContent-Disposition: form-data; name=\"metadata\"; filename=\"m\"\r\n\r\n" +
        metadata.dump() +
        "\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n" +
        std::string(content) + "\r\n--B--\r\n";
    return execd_->Call("POST", prefix + "/files/upload", form,
                        "Content-Type: multipart/form-data; boundary=B\r\n");
  }
  wire::Reply Download(const std::string& path, const std::string& headers = "") const {
    return execd_->Call("GET", "/files/download?path=" + path, "", headers);
  }
  std::string operator/(const std::string& name) const { return root_ + "/" + name; }

  ExecdProcess execd_;
  std::string root_ = execd_.dir() / "files";
};

TEST_F(ExecdFiles, AnUploadIsDownloadedAsItWas) {
  std::string content(3'000'000, '\0');  // more than is answered at once
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 % 251);
  const std::string path = *this / "a/b/file";
  const auto uploaded = Upload({{"path", path}, {"mode", 640}}, content);
  EXPECT_EQ(uploaded.status, 200) << uploaded.body;
  EXPECT_EQ(uploaded.Header("content-length"), "0");
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
  const auto reply = Download(path);
  EXPECT_EQ(reply.Header("content-disposition"), "attachment; filename=\"file\"");
  EXPECT_TRUE(reply.body == content) << reply.status << " " << reply.body.size();
  EXPECT_EQ(Upload({{"path", path}}, "").status, 200);
  EXPECT_EQ(ReadText(path), "");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_ + "/a/b"), {}), 1);
}

TEST_F(ExecdFiles, BadUploadsSayWhatIsWrong) {
  const auto code = [](const wire::Reply& reply) {
    return std::to_string(reply.status) + " " + json::parse(reply.body).value("code", "");
  };
  EXPECT_EQ(code(execd_->Call("POST", "/files/upload", "x")), "400 INVALID_FILE");
  EXPECT_EQ(code(Upload({{"path", ""}}, "x")), "400 INVALID_FILE_METADATA");
  EXPECT_EQ(code(Upload(json::array(), "x")), "400 INVALID_FILE_METADATA");
  EXPECT_EQ(code(Upload({{"path", root_}}, "x")), "500 RUNTIME_ERROR");
}

TEST_F(ExecdFiles, RangesAndLines) {
  WriteText(*this / "f", "one\r\ntwo\nthree");
  const auto part = Download(*this / "f", "Range: bytes=0-2\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "one");
  EXPECT_EQ(part.Header("content-range"), "bytes 0-2/14");
  const auto beyond = Download(*this / "f", "Range: bytes=14-\r\n");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.Header("content-range"), "bytes */14");
  EXPECT_EQ(Download(*this / "f&offset=1&limit=2").body, "one\ntwo");
  EXPECT_EQ(Download(*this / "f&offset=3").body, "three");
  EXPECT_EQ(Download(*this / "f&offset=0").status, 400);
  EXPECT_EQ(Download(*this / "none").status, 404);
  EXPECT_EQ(Download(root_).status, 500);
  EXPECT_EQ(execd_->Call("GET", "/files/download").status, 400);
}

TEST_F(ExecdFiles, SearchFindsFilesByTheirNames) {
  std::filesystem::create_directories(*this / "d/e");
  for (const char* name : {"a.cc", "d/b.cc", "d/e/c.h"}) WriteText(*this / name, "");
  const auto found = [this](const std::string& pattern) {
    std::vector<std::string> names;
    const auto reply = execd_->Call("GET", "/files/search?path=" + root_ + "&pattern=" + pattern);
    for (const json& item : json::parse(reply.body)) {
      names.push_back(item.at("path").get<std::string>().substr(root_.size() + 1));
    }
    return names;
  };
  EXPECT_THAT(found("*.cc"), ElementsAre("a.cc", "d/b.cc"));
  EXPECT_THAT(found("%7Ba,c%7D.*"), ElementsAre("a.cc", "d/e/c.h"));
  EXPECT_THAT(found(""), ElementsAre("a.cc", "d/b.cc", "d/e/c.h"));
  EXPECT_EQ(execd_->Call("GET", "/files/search?path=" + root_ + "&pattern=%5B").status, 500);
  EXPECT_EQ(execd_->Call("GET", "/files/search?path=" + (*this / "none")).status, 404);
  const auto list = json::parse(execd_->Call("GET", "/directories/list?path=" + root_).body);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].at("type"), "file");
  EXPECT_EQ(list[1].at("type"), "directory");
}

TEST_F(ExecdFiles, ReplaceKeepsTheMode) {
  const std::string path = *this / "f";
  WriteText(path, "aXbXc");
  chmod(path.c_str(), 0600);
  const auto reply =
      execd_->Post("/files/replace?verbose=true", {{path, {{"old", "X"}, {"new", "--"}}}});
  EXPECT_EQ(json::parse(reply.body), (json{{path, {{"replacedCount", 2}}}}));
  EXPECT_EQ(ReadText(path), "a--b--c");
  struct stat info {};
  stat(path.c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(execd_->Post("/files/replace", {{path, {{"old", ""}, {"new", "x"}}}}).status, 400);
  EXPECT_EQ(execd_->Post("/files/replace", {{*this / "none", {{"old", "a"}, {"new", "x"}}}}).status,
            404);
}

TEST_F(ExecdFiles, AreMovedAndRemoved) {
  WriteText(*this / "f", "1");
  WriteText(*this / "g", "2");
  const auto move = [this](const char* from, const char* to) {
    return execd_->Post("/files/mv", json::array({{{"src", *this / from}, {"dest", *this / to}}}))
        .status;
  };
  EXPECT_EQ(move("f", "new/f"), 200);
  EXPECT_EQ(ReadText(*this / "new/f"), "1");
  EXPECT_EQ(move("g", "new/f"), 500);
  EXPECT_EQ(move("none", "x"), 404);
  EXPECT_EQ(execd_->Call("DELETE", "/files?path=" + (*this / "g")).status, 200);
  EXPECT_EQ(execd_->Call("DELETE", "/files?path=" + (*this / "g")).status, 200);
  EXPECT_EQ(execd_->Call("DELETE", "/files?path=" + (*this / "new")).status, 500);
  EXPECT_EQ(execd_->Call("DELETE", "/directories?path=" + (*this / "new")).status, 200);
  EXPECT_FALSE(std::filesystem::exists(*this / "new"));
}

TEST_F(ExecdFiles, PermissionsAreSetAndTold) {
  WriteText(*this / "f", "12345");
  EXPECT_EQ(execd_->Post("/files/permissions", {{*this / "f", {{"mode", 751}}}}).status, 200);
  const auto reply = execd_->Call("GET", "/files/info?path=" + (*this / "f"));
  const json info = json::parse(reply.body).at(*this / "f");
  EXPECT_EQ(info.at("mode"), 751);
  EXPECT_EQ(info.at("size"), 5);
  EXPECT_EQ(info.at("type"), "file");
  EXPECT_EQ(execd_->Post("/files/permissions", {{*this / "none", {{"mode", 644}}}}).status, 500);
  EXPECT_EQ(execd_->Call("GET", "/files/info?path=" + (*this / "none")).status, 404);
  EXPECT_EQ(execd_->Post("/directories", {{*this / "p/q", {{"mode", 700}}}}).status, 200);
  struct stat made {};
  ASSERT_EQ(stat((*this / "p/q").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777U, 0700U);
}

TEST_F(ExecdFiles, AnotherUserWritesOnlyWhatItMay) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to act as somebody else";
  for (const std::string& path : {execd_.dir().Path().string(), root_}) chmod(path.c_str(), 0755);
  const std::string as = "/v1/filesystem/12345/12345";
  EXPECT_EQ(Upload({{"path", *this / "f"}}, "x", as).status, 500);
  chmod(root_.c_str(), 0777);
  const auto done = Upload({{"path", *this / "f"}}, "x", as);
  EXPECT_EQ(done.status, 200) << done.body;
  struct stat info {};
  ASSERT_EQ(stat((*this / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 12345U);
  EXPECT_EQ(Upload({{"path", *this / "g"}}, "x").status, 200);
  ASSERT_EQ(stat((*this / "g").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 0U);
}

}  // namespace
}  // namespace osbx::execd_test

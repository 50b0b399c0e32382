// SPDX-License-Identifier: Apache-2.0
// The match key, its name, and where a mount goes.
#include "drivers/mount/identity.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/mount/placement.h"

namespace osbx::mount {
namespace {

MountIdentity Sample() {
  return MakeIdentity({"2.0", "oss.example", "data", "p/q", {"b", "a"}}, "f00");
}

TEST(IdentityTest, WritingItDifferentlyDoesNotMakeAnotherMount) {
  const OssfsSource same[] = {
      {"2.0", "oss.example", "data", "p/q", {"a", "b"}},
      {"2.0", " https://oss.example ", "data", "p//q", {"a", "b", "a"}},  // W7
      {"2.0", "https://oss.example", "data", "/p/q/", {" b ", "a"}},
  };
  for (const OssfsSource& source : same) {
    EXPECT_EQ(MakeIdentity(source, "f00"), Sample());
    EXPECT_EQ(MountName(MakeIdentity(source, "f00")), MountName(Sample()));
  }
  EXPECT_THAT(MountName(Sample()), ::testing::MatchesRegex("ossfs-[0-9a-f]{16}"));
  EXPECT_EQ(MountName(Sample()), "ossfs-0ff4d9ad1a281804") << "stored names must never change";
}

TEST(IdentityTest, I3_EveryFieldMakesAnotherMount) {
  std::set<std::string> names{MountName(Sample())};
  void (*const changes[])(MountIdentity&) = {
      [](MountIdentity& i) { i.backend = "ossfsx"; },
      [](MountIdentity& i) { i.version = "1.0"; },
      [](MountIdentity& i) { i.endpoint = "http://oss.example"; },
      [](MountIdentity& i) { i.bucket = "data2"; },
      [](MountIdentity& i) { i.prefix = "p"; },
      [](MountIdentity& i) { i.prefix = ""; },
      [](MountIdentity& i) { i.options = {"a"}; },
      [](MountIdentity& i) { i.options = {"a\nb"}; },
      [](MountIdentity& i) { i.options = {"ab"}; },
      [](MountIdentity& i) { i.options = {}; },
      [](MountIdentity& i) { i.credential_fingerprint = "f01"; },
  };
  for (const auto& change : changes) {
    MountIdentity other = Sample();
    change(other);
    EXPECT_NE(other, Sample());
    EXPECT_TRUE(names.insert(MountName(other)).second) << CanonicalText(other);
  }
  // No field can imitate the end of another.
  MountIdentity left = Sample();
  left.bucket = "data\n3:p/q";
  left.prefix = "";
  EXPECT_TRUE(names.insert(MountName(left)).second);
}

TEST(IdentityTest, FingerprintTellsPrincipalsApartAndRevealsNone) {
  const Secret key("install-key");
  const auto of = [&](const char* id, const char* secret, const char* token = "") {
    return CredentialFingerprint(key, {Secret(id), Secret(secret), Secret(token)});
  };
  EXPECT_THAT(of("AKID", "SECRET"), ::testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(of("AKID", "SECRET"), of("AKID", "SECRET"));
  EXPECT_NE(of("AKID", "SECRET"), of("AKID", "OTHER")) << "the id alone is no proof";
  EXPECT_NE(of("AKID", "SECRET"), of("OTHER", "SECRET"));
  EXPECT_NE(of("AKID", "SECRET"), of("AKID", "SECRET", "token"));
  EXPECT_NE(of("AB", "C"), of("A", "BC"));
  EXPECT_NE(of("AKID", "SECRET"),
            CredentialFingerprint(Secret("other"), {Secret("AKID"), Secret("SECRET"), Secret()}));
}

TEST(IdentityTest, EndpointsGetAScheme) {
  EXPECT_EQ(NormalizeEndpoint("oss.example"), "https://oss.example");
  EXPECT_EQ(NormalizeEndpoint("http://oss.example"), "http://oss.example");
  EXPECT_EQ(NormalizeEndpoint(" https://oss.example\t"), "https://oss.example");
  EXPECT_EQ(NormalizeEndpoint("HTTP://x"), "https://HTTP://x") << "case-sensitive, as upstream";
  EXPECT_EQ(DisplaySource(Sample()), "oss://data/p/q");
}

TEST(PlacementTest, DocumentedPathUnlessAnotherMountIsOnAboveOrBelowIt) {
  const std::string own = "/mnt/ossfs/.osbx/" + MountName(Sample());
  struct Case {
    const char* name;
    std::vector<std::string> taken;
    bool documented;
  };
  const Case cases[] = {
      {"nothing else", {}, true},
      {"another bucket", {"/mnt/ossfs/other"}, true},
      {"a sibling prefix", {"/mnt/ossfs/data/p/r", "/mnt/ossfs/data/p/qq"}, true},
      {"a name that is only a string prefix", {"/mnt/ossfs/dat", "/mnt/ossfs/data/p/q2"}, true},
      {"the same path", {"/mnt/ossfs/data/p/q"}, false},
      {"the same path written otherwise", {"/mnt/ossfs//data/./p/q/"}, false},
      {"the parent prefix", {"/mnt/ossfs/data/p"}, false},
      {"the whole bucket (W6)", {"/mnt/ossfs/data"}, false},
      {"a child prefix (W6)", {"/mnt/ossfs/data/p/q/r/s"}, false},
      {"one of several", {"/mnt/ossfs/x", "/mnt/ossfs/data"}, false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(ChooseTarget("/mnt/ossfs/", Sample(), c.taken),
              c.documented ? "/mnt/ossfs/data/p/q" : own)
        << c.name;
  MountIdentity whole = Sample();
  whole.prefix = "";
  EXPECT_EQ(ChooseTarget("/mnt/ossfs", whole, {}), "/mnt/ossfs/data");
}

TEST(PlacementTest, PathsAreNormalisedLexically) {
  EXPECT_EQ(NormalizePath("/a//b/./c/"), "/a/b/c");
  EXPECT_EQ(NormalizePath("/"), "/");
  EXPECT_EQ(NormalizePath("a/b"), "a/b");
  EXPECT_EQ(NormalizePath(""), ".");
  EXPECT_TRUE(PathsOverlap("/", "/a"));
  EXPECT_FALSE(PathsOverlap("/ab", "/a"));
}

}  // namespace
}  // namespace osbx::mount

// SPDX-License-Identifier: Apache-2.0
#include "reconcilers/volumes/credential_reader.h"

#include <gtest/gtest.h>

#include "fakes/matchers.h"

namespace osbx::reconcilers {
namespace {

using fakes::StatusIs;

std::shared_ptr<const api::v1::Secret> Keys(const char* id_base64) {
  auto secret = std::make_shared<api::v1::Secret>();
  secret->metadata.name = "keys";
  secret->data = {{"accessKeyId", id_base64}, {"accessKeySecret", "U0s="}};
  return secret;
}

TEST(CredentialReaderTest, OneRevisionIsReadOnce) {
  CredentialReader reader(Secret("install-key"));
  const auto secret = Keys("QUs=");
  const auto known = reader.Read(secret);
  ASSERT_TRUE(known->credentials.has_value());
  EXPECT_EQ(known->credentials->access_key_id.Reveal(), "AK");
  EXPECT_EQ(known->fingerprint,
            mount::CredentialFingerprint(Secret("install-key"), *known->credentials));
  EXPECT_EQ(reader.Read(secret), known);
}

TEST(CredentialReaderTest, AnotherRevisionIsAnotherSecretEvenAtTheSameAddress) {
  CredentialReader reader(Secret("install-key"));
  for (int i = 0; i < 100; ++i) {  // the allocator hands the same memory out again
    const bool even = i % 2 == 0;
    EXPECT_EQ(reader.Read(Keys(even ? "QUs=" : "QkI="))->credentials->access_key_id.Reveal(),
              even ? "AK" : "BB");
  }
}

TEST(CredentialReaderTest, WhatIsNoCredentialsSaysSoEachTime) {
  CredentialReader reader(Secret("install-key"));
  const auto secret = Keys("!");
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(reader.Read(secret)->credentials, StatusIs(Code::kInvalid));
    EXPECT_EQ(reader.Read(secret)->fingerprint, "");
  }
}

}  // namespace
}  // namespace osbx::reconcilers

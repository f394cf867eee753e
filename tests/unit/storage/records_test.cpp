// SPDX-License-Identifier: BSD-2-Clause
// What is remembered of a certificate.
#include "acme_core/storage/records.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

TEST(CertificateRecord, RemembersTheLastTenAttempts) {
  CertificateRecord record;
  for (int i = 0; i < 12; ++i) {
    record.add({kTestNotBefore, "x", false, std::to_string(i)});
  }
  ASSERT_EQ(record.history.size(), 10U);
  EXPECT_EQ(record.history.front().message, "2");
  EXPECT_EQ(record.history.back().message, "11");
}

TEST(CertificateRecord, KeepsMessagesShortAndPrintable) {
  CertificateRecord record;
  record.add({kTestNotBefore, "x", false, "a\nb" + std::string(5000, 'c')});
  EXPECT_EQ(record.history.front().message.size(), 1024U);
  EXPECT_TRUE(record.history.front().message.starts_with("a?bc"));
}

TEST(CertificateRecord, KnowsTheLastErrorUntilASuccess) {
  CertificateRecord record;
  EXPECT_EQ(record.last_error(), nullptr);
  record.add({kTestNotBefore, "x", false, "first"});
  record.add({kTestNotBefore, "y", false, "second"});
  ASSERT_NE(record.last_error(), nullptr);
  EXPECT_EQ(record.last_error()->message, "second");
  record.add({kTestNotBefore, "x", true, ""});
  EXPECT_EQ(record.last_error(), nullptr);
}

}  // namespace
}  // namespace acme

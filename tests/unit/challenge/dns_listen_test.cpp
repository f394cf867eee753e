// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/challenge/dns_listen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_publisher.h"

namespace acme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(TheServersOwnDns, HasEachValueUntilItIsCleanedUp) {
  RecordingPublisher publisher;
  ListenProvider provider(publisher);
  const DnsRecord apex{"example.com", "_acme-challenge.example.com.", "one"};
  const DnsRecord wildcard{"example.com", "_acme-challenge.example.com.",
                           "two"};

  provider.present(apex, {});
  provider.present(wildcard, {});
  EXPECT_THAT(publisher.live_txt(),
              ElementsAre(Pair("_acme-challenge.example.com.", "one"),
                          Pair("_acme-challenge.example.com.", "two")));

  provider.cleanup(apex, {});
  EXPECT_THAT(publisher.live_txt(),
              ElementsAre(Pair("_acme-challenge.example.com.", "two")));
  provider.cleanup(wildcard, {});
  provider.cleanup(wildcard, {});
  EXPECT_THAT(publisher.live_txt(), IsEmpty());
}

}  // namespace
}  // namespace acme

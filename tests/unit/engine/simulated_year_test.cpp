// SPDX-License-Identifier: BSD-2-Clause
// A year of ten thousand certificates in seconds.
#include "tests/support/simulated_year.h"

#include <gtest/gtest.h>

#include <iostream>

namespace acme {
namespace {

TEST(SimulatedYear, OfTenThousandCertificatesLosesNone) {
  const SimulationResult year = simulate_year({.certificates = 10'000});
  std::cout << year.table();
  EXPECT_EQ(year.expired, 0U);
  EXPECT_EQ(year.never_issued, 0U);
  EXPECT_EQ(year.over_limit, 0U);
  EXPECT_EQ(year.duplicates, 0U);
  EXPECT_LE(static_cast<double>(year.peak_per_hour),
            3 * year.renewals_per_hour);
  // What was to be tried was tried.
  EXPECT_GT(year.restarts, 10U);
  EXPECT_GT(year.failures, 100U);
  EXPECT_GT(year.refused, 100U);
  EXPECT_GT(year.at_backup, 1'000U);
  EXPECT_GT(year.pulled_forward, 2'000U);
  EXPECT_LE(year.hours_to_renew_pulled, 73);
}

}  // namespace
}  // namespace acme

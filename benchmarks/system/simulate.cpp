// SPDX-License-Identifier: BSD-2-Clause
// A simulated year as a program: prints its figures and what they cost.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tests/support/simulated_year.h"

int main(int argc, char** argv) {
  const auto count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const auto start = std::chrono::steady_clock::now();
  // A million orders take longer than a year under anybody's limits.
  const acme::SimulationResult year =
      acme::simulate_year({.certificates = count, .limits = count <= 20'000});
  const std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::fputs(year.table().c_str(), stderr);
  std::printf(
      "{\"certificates\": %lu, \"orders\": %zu, \"expired\": %zu, "
      "\"never_issued\": %zu, \"over_limit\": %zu, \"duplicates\": %zu, "
      "\"peak_to_mean\": %.2f, \"seconds\": %.1f, \"megabytes\": %ld}\n",
      count, year.orders, year.expired, year.never_issued, year.over_limit,
      year.duplicates,
      static_cast<double>(year.peak_per_hour) / year.renewals_per_hour,
      elapsed.count(), usage.ru_maxrss / 1024);
  return 0;
}

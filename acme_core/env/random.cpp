// SPDX-License-Identifier: BSD-2-Clause
// Random numbers of the kernel.
#include "acme_core/env/random.h"

#include <sys/random.h>

#include <cerrno>
#include <limits>
#include <system_error>

#include "acme_core/error.h"

namespace acme {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  // Up to 256 bytes arrive whole or not at all (getrandom(2)).
  while (getrandom(&value, sizeof(value), 0) !=
         static_cast<ssize_t>(sizeof(value))) {
    if (errno != EINTR) {
      throw Error(ErrorKind::kOurs, "the kernel gives no random numbers: " +
                                        std::system_category().message(errno));
    }
  }
  return value;
}

}  // namespace

std::uint64_t SystemRandom::below(std::uint64_t bound) {
  if (bound == 0) {
    return 0;
  }
  // Values of the last, incomplete stretch would favour small results.
  const std::uint64_t usable = kMax - kMax % bound;
  std::uint64_t value = random_u64();
  while (value >= usable) {
    value = random_u64();
  }
  return value % bound;
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// What the failure of an order means, as one value.
#pragma once

#include <string_view>

#include "acme_core/error.h"

namespace acme {

enum class Failure {
  kStopped,        ///< nothing went wrong: it is taken again
  kLater,          ///< the CA has not finished yet: it is resumed
  kOurs,           ///< this machine's: another CA would meet the same
  kUnverified,     ///< the CA could not verify a name: so would another CA
  kPassing,        ///< the CA's, and may pass by itself
  kRefused,        ///< the CA said no, and another one may say yes
  kLimited,        ///< the CA asks to wait
  kUnavailable,    ///< the CA as a whole, or our account there: all orders wait
  kConfiguration,  ///< an operator has to change something
};

/// One word, for counters.
[[nodiscard]] std::string_view to_string(Failure failure) noexcept;

[[nodiscard]] Failure failure_of(const Error& error);

}  // namespace acme

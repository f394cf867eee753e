// SPDX-License-Identifier: BSD-2-Clause
// The error that a test expects, to be looked at.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "acme_core/error.h"

namespace acme {

/// The Error that `act` ends with; the test fails when it ends without one.
template <typename Action>
Error failure_of(Action act) {
  try {
    static_cast<void>(std::move(act)());
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "it worked";
  return {ErrorKind::kStopped, ""};
}

}  // namespace acme

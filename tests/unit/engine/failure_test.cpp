// SPDX-License-Identifier: BSD-2-Clause
// What an error of the issuing path means for the order.
#include "acme_core/engine/failure.h"

#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

Error problem(const std::string& type, ErrorSubject subject,
              ErrorKind kind = ErrorKind::kTransient) {
  return Error(kind, "no").with_problem_type(type).with_subject(subject);
}

TEST(FailureOf, SaysWhoseItIs) {
  EXPECT_EQ(failure_of(Error(ErrorKind::kOurs, "")), Failure::kOurs);
  EXPECT_EQ(failure_of(Error(ErrorKind::kRateLimited, "")), Failure::kLimited);
  EXPECT_EQ(failure_of(Error(ErrorKind::kPermanent, "")), Failure::kRefused);
  EXPECT_EQ(failure_of(Error(ErrorKind::kTransient, "")), Failure::kPassing);
}

// Another CA would meet the same, as far as it is about the network.
TEST(FailureOf, TellsAFailedValidationFromWhatACaRefuses) {
  EXPECT_EQ(failure_of(problem("", ErrorSubject::kValidation)),
            Failure::kUnverified);
  EXPECT_EQ(failure_of(problem("dns", ErrorSubject::kUnknown)),
            Failure::kUnverified);
  EXPECT_EQ(failure_of(problem("caa", ErrorSubject::kValidation)),
            Failure::kPassing);
  EXPECT_EQ(failure_of(problem("unauthorized", ErrorSubject::kRequest)),
            Failure::kPassing);
  EXPECT_EQ(failure_of(problem("dns", ErrorSubject::kValidation,
                               ErrorKind::kPermanent)),
            Failure::kRefused);
}

TEST(FailureOf, TakesNewTermsForTheWholeIssuersTrouble) {
  EXPECT_EQ(failure_of(problem("userActionRequired", ErrorSubject::kRequest,
                               ErrorKind::kConfiguration)),
            Failure::kUnavailable);
}

}  // namespace
}  // namespace acme

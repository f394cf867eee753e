// SPDX-License-Identifier: BSD-2-Clause
// What we remember beside certificates and keys.
#include "acme_core/storage/records.h"

#include <utility>

#include "acme_core/env/log.h"

namespace acme {

void CertificateRecord::add(Attempt attempt) {
  attempt.message = printable(attempt.message);
  history.push_back(std::move(attempt));
  if (history.size() > kLongestHistory) {
    history.erase(history.begin(), history.end() - kLongestHistory);
  }
}

const Attempt* CertificateRecord::last_error() const noexcept {
  return history.empty() || history.back().succeeded ? nullptr
                                                     : &history.back();
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Times and numbers as certificates have them, read by OpenSSL.
#include "acme_core/crypto/asn1_values.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "acme_core/ascii.h"

namespace acme {

std::optional<TimePoint> to_time_point(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return std::nullopt;
  }
  const auto day = std::chrono::year(parts.tm_year + 1900) /
                   std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)) /
                   std::chrono::day(static_cast<unsigned>(parts.tm_mday));
  return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
         std::chrono::minutes(parts.tm_min) +
         std::chrono::seconds(parts.tm_sec);
}

std::string hexadecimal(const ASN1_INTEGER* number) {
  const BignumPtr value(ASN1_INTEGER_to_BN(number, nullptr));
  const OpensslMemoryPtr<char> hex(value ? BN_bn2hex(value.get()) : nullptr);
  if (!hex) {
    throw openssl_error("cannot read a serial number");
  }
  return lowered(hex.get());
}

}  // namespace acme

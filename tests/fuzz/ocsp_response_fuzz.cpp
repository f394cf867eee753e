// SPDX-License-Identifier: BSD-2-Clause
// What a status responder sends, or whoever sits between: read against a chain
// ('p': the chain in PEM, a separator, the response), and by itself ('s').
#include <chrono>
#include <string>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/ocsp.h"
#include "tests/fuzz/fuzz_input.h"

namespace acme {
namespace {

// When the seeds are valid.
constexpr TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) /
                                                 std::chrono::November / 28) +
                           std::chrono::hours(12);

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void read_answer(std::string_view text) {
  const std::size_t separator = text.find('\x1e');
  if (separator == std::string_view::npos) {
    return;
  }
  const auto chain = CertificateChain::from_pem(text.substr(0, separator));
  const auto question = chain ? OcspQuestion::about(*chain) : std::nullopt;
  if (!question) {
    return;
  }
  static_cast<void>(question->responder());
  expect(!question->request().empty(), "a question can be asked");
  const auto response = as_bytes(text.substr(separator + 1));
  const OcspReading reading = question->read(response, kNow);
  expect(reading.answer.has_value() == reading.problem.empty(),
         "there is an answer, or a reason why not");
  if (reading.answer) {
    expect(reading.answer->next_update > kNow, "an answer has not ended");
    expect(is_one_line(reading.answer->revoked_why),
           "the reason is one line of text");
  }
}

void read_serials(std::string_view text) {
  if (const auto serials = ocsp_serials(as_bytes(text))) {
    for (const std::string& serial : *serials) {
      expect(is_one_line(serial), "a serial number is one line of text");
    }
  }
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  acme::read_as({{'p', acme::read_answer}, {'s', acme::read_serials}}, data,
                size);
  return 0;
}

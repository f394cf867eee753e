// SPDX-License-Identifier: BSD-2-Clause
// Answers of a resolver to the doctor's questions: none is too odd to read, and
// what is read has no more than the message had.
#include <span>

#include "acme_core/net/dns_probe.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  for (const acme::ProbeType type :
       {acme::ProbeType::kA, acme::ProbeType::kSoa, acme::ProbeType::kCaa}) {
    const auto reply = acme::read_probe_reply(std::span(data, size), type);
    if (reply && type == acme::ProbeType::kCaa) {
      for (const acme::CaaProperty& property : reply->caa) {
        acme::expect(property.tag.size() + property.value.size() <= size,
                     "a property is not longer than the message");
      }
    }
  }
  return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Requests for HTTP-01 challenges: three lines with the path as nginx made it,
// the target as the client sent it, and the host.
#include <string>

#include "acme_core/crypto/base64url.h"
#include "acme_core/identifier.h"
#include "ngx_module/challenge/challenge_request.h"
#include "ngx_module/shared/challenge_key.h"
#include "tests/fuzz/fuzz_input.h"

namespace acme {
namespace {

using ngx_acme::challenge_token;
using ngx_acme::ChallengeHost;
using ngx_acme::ChallengeKey;

void check_token(std::string_view path, std::string_view target) {
  const std::string_view token = challenge_token(path, target);
  if (token.empty()) {
    return;
  }
  expect(is_token(token), "a token is of the base64url alphabet and bounded");
  expect(path == "/.well-known/acme-challenge/" + std::string(token),
         "there is one path to a token");
  expect(target == path || target.starts_with(std::string(path) + "?"),
         "the client has written that path out");
}

void check_host(std::string_view host) {
  const ChallengeHost asked(host);
  expect(asked.value().size() <= 253, "a host is bounded");
  if (host.starts_with('[') && !asked.value().empty() && host.ends_with(']')) {
    const auto address = parse_identifier(host);
    expect(address && address->type == Identifier::Type::kIp &&
               address->value == asked.value(),
           "an address is asked for as identifiers spell it");
  } else if (const auto identifier = parse_identifier(host);
             identifier && identifier->value == host) {
    expect(asked.value() == host, "every identifier can be asked for");
  }
  const ChallengeKey key("a-token", asked.value());
  expect(key.value() == "a-token/" + std::string(asked.value()),
         "a key is token and host");
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto lines = acme::split(acme::as_text(data, size), '\n');
  if (lines.size() != 3) {
    return 0;
  }
  acme::check_token(lines[0], lines[1]);
  acme::check_host(lines[2]);
  return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Everything a CA may answer, but for certificates. The first byte of an input
// says what the rest is.
#include <algorithm>
#include <set>
#include <string>

#include "acme_core/crypto/base64url.h"
#include "acme_core/protocol/account.h"
#include "acme_core/protocol/authorization.h"
#include "acme_core/protocol/directory.h"
#include "acme_core/protocol/link_header.h"
#include "acme_core/protocol/order.h"
#include "acme_core/protocol/problem.h"
#include "acme_core/protocol/renewal_info.h"
#include "acme_core/protocol/retry_after.h"
#include "tests/fuzz/fuzz_input.h"

namespace acme {
namespace {

constexpr std::string_view kHttps = "https://";

void expect_url(const std::string& url) {
  expect(url.empty() || url.starts_with(kHttps), "a URL of a CA is https");
}

void check_problem(const Problem& problem) {
  const std::string text = problem.describe();
  expect(text.size() <= 4096, "the description of a problem is bounded");
  expect(is_one_line(text), "the description of a problem is one line");
  expect(problem.status >= 0 && problem.status < 1000, "a status has 3 digits");
  const Error error = problem.to_error("what", std::nullopt);
  expect(error.names().size() <= 100, "a problem names at most 100 names");
  expect(is_one_line(error.what()), "an error is one line");
}

void read_problem(std::string_view text) {
  if (const auto problem = parse_problem(text)) {
    check_problem(*problem);
  }
}

void read_directory(std::string_view text) {
  const auto directory = parse_directory(text);
  if (!directory) {
    return;
  }
  for (const std::string& url :
       {directory->new_nonce, directory->new_account, directory->new_order}) {
    expect(url.starts_with(kHttps), "what is mandatory is there");
  }
  for (const std::string& url :
       {directory->new_authorization, directory->key_change,
        directory->revoke_certificate, directory->renewal_info}) {
    expect_url(url);
  }
}

void read_account(std::string_view text) {
  if (const auto account = parse_account(text)) {
    expect_url(account->orders);
    expect(account->contacts.size() <= 100, "an account has 100 contacts");
    static_cast<void>(contacts_payload(account->contacts));
  }
  if (const auto urls = parse_order_list(text)) {
    std::for_each(urls->begin(), urls->end(), expect_url);
  }
}

void check_identifier(const Identifier& identifier) {
  expect(parse_identifier(identifier.value) == identifier,
         "an identifier of a CA is in its canonical form");
}

void read_order(std::string_view text) {
  const auto order = parse_order(text);
  if (!order) {
    return;
  }
  expect_url(order->finalize);
  expect_url(order->certificate);
  std::for_each(order->authorizations.begin(), order->authorizations.end(),
                expect_url);
  std::for_each(order->identifiers.begin(), order->identifiers.end(),
                check_identifier);
  if (order->error) {
    check_problem(*order->error);
  }
  static_cast<void>(new_order_payload({.identifiers = order->identifiers,
                                       .profile = order->profile,
                                       .not_before = order->not_before,
                                       .not_after = order->not_after}));
}

void read_authorization(std::string_view text) {
  const auto authorization = parse_authorization(text);
  if (!authorization) {
    return;
  }
  check_identifier(authorization->identifier);
  for (const Challenge& challenge : authorization->challenges) {
    expect_url(challenge.url);
    expect(challenge.token.empty() || is_token(challenge.token),
           "a token is of the base64url alphabet and bounded");
    expect(authorization->find(challenge.type) != nullptr,
           "a challenge is found by its type");
  }
  if (const Problem* failure = authorization->failure()) {
    check_problem(*failure);
  }
}

void read_renewal_info(std::string_view text) {
  if (const auto info = parse_renewal_info(text)) {
    expect(info->start < info->end, "a window ends after it begins");
    expect_url(info->explanation_url);
  }
}

// A field a line.
void read_links(std::string_view text) {
  constexpr std::string_view kRequest = "https://ca.example/acme/cert/1";
  HttpResponse response;
  for (const std::string_view field : split(text, '\n')) {
    response.headers.emplace("link", field);
  }
  const auto targets = link_targets(response, "next", kRequest);
  expect(targets.size() <= 16, "the links of an answer are bounded");
  expect(std::set(targets.begin(), targets.end()).size() == targets.size(),
         "a link is there once");
  for (const std::string& target : targets) {
    expect(target.starts_with(kHttps) && is_one_line(target) &&
               target.find(' ') == std::string::npos,
           "a link is an https URL");
    HttpResponse again;
    again.headers.emplace("link", "<" + target + ">;rel=next");
    expect(link_targets(again, "next", kRequest) == std::vector{target},
           "a link that was found is found again");
  }
}

void read_retry_after(std::string_view text) {
  const TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31);
  HttpResponse response;
  response.headers.emplace("retry-after", text);
  if (const auto time = retry_after(response, now)) {
    expect(*time >= now && *time <= now + std::chrono::hours(24),
           "a CA silences us for a day at most");
  }
}

void read_time(std::string_view text) {
  if (const auto time = parse_rfc3339(text)) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*time);
    expect(parse_rfc3339(rfc3339(*time)) == seconds,
           "a time that is written is read as the same");
  }
  if (const auto date = parse_http_date(text)) {
    expect(parse_rfc3339(rfc3339(*date)) == *date,
           "a date that is written is read as the same");
  }
}

void read_base64url(std::string_view text) {
  if (const auto bytes = base64url_decode(text)) {
    expect(base64url_encode(*bytes) == text,
           "there is one way to write bytes in base64url");
  }
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  acme::read_as({{'p', acme::read_problem},
                 {'d', acme::read_directory},
                 {'a', acme::read_account},
                 {'o', acme::read_order},
                 {'z', acme::read_authorization},
                 {'i', acme::read_renewal_info},
                 {'l', acme::read_links},
                 {'r', acme::read_retry_after},
                 {'t', acme::read_time},
                 {'b', acme::read_base64url}},
                data, size);
  return 0;
}

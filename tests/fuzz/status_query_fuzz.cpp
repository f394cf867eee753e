// SPDX-License-Identifier: BSD-2-Clause
// Requests to the status endpoint. The first byte of an input says what it is:
// a query string (q), a request (r): method, path, query, Accept and
// If-None-Match with line feeds between them, or what a CA or a name says (t).
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "acme_core/status/answer.h"
#include "acme_core/status/status_query.h"
#include "tests/fuzz/fuzz_input.h"

namespace acme {
namespace {

void read_query(std::string_view text) {
  const CertificateQuery query =
      certificate_query(QueryParameters::parse(text));
  expect(query.limit >= 1 && query.limit <= 1000, "a page is bounded");
  expect(query.name.size() <= kLongestValue, "a value is bounded");
  expect(is_one_line(query.name) && is_one_line(query.issuer),
         "a value is printable");
  expect(is_one_line(query.fault), "a fault is one line");
  if (!query.fault.empty()) {
    return;
  }
  const CertificateQuery again =
      certificate_query(QueryParameters::parse(query.filters()));
  expect(again.fault.empty() || query.filters().size() > kLongestQuery,
         "links are queries");
  expect(!again.fault.empty() ||
             (again.name == query.name && again.states == query.states &&
              again.expires_within == query.expires_within),
         "links say the same");
}

std::shared_ptr<StatusSnapshot> snapshot_of(std::string_view text) {
  auto snapshot = std::make_shared<StatusSnapshot>();
  for (const CertificateState state :
       {CertificateState::kValid, CertificateState::kFailing}) {
    CertificateStatus certificate;
    certificate.id = certificate.name = certificate.issuer = text;
    certificate.names = {std::string(text)};
    certificate.state = state;
    certificate.last_error = certificate.reason = certificate.cure = text;
    certificate.serial = certificate.pem = text;
    certificate.left_out = {{std::string(text), std::string(text)}};
    snapshot->certificates.push_back(certificate);
  }
  IssuerStatus issuer;
  issuer.name = issuer.directory_url = issuer.note.last_error = text;
  issuer.note.account_url = "https://" + std::string(text);
  snapshot->issuers = {issuer};
  return snapshot;
}

std::string body_of(const StatusAnswer& answer) {
  std::string body;
  while (answer.next(body)) {
    expect(body.size() < 10'000'000, "an answer is bounded");
  }
  return body;
}

void read_request(std::string_view text) {
  const auto parts = split(text, '\n');
  const auto part = [&](std::size_t index) {
    return index < parts.size() ? parts[index] : std::string_view();
  };
  StatusRequest request;
  request.method = part(0);
  request.path = part(1);
  request.query = part(2);
  request.accept = part(3);
  request.if_none_match = part(4);
  request.base = "/acme/";
  for (const bool may_write : {false, true}) {
    request.is_writable = request.has_write_header = may_write;
    const StatusAnswer given = answer(request, snapshot_of("www.example.com"));
    const int status = given.status;
    expect(status == 200 || status == 202 || status == 304 ||
               (status >= 400 && status < 500),
           "the status is one that there is");
    expect(!given.command || (may_write && request.method == "POST"),
           "a command needs leave and POST");
    for (const auto& [name, value] : given.headers) {
      expect(is_one_line(name) && is_one_line(value),
             "no header field comes of a request");
    }
    static_cast<void>(body_of(given));
  }
}

std::size_t count(std::string_view text, char wanted) {
  std::size_t found = 0;
  for (const char c : text) {
    found += c == wanted ? 1 : 0;
  }
  return found;
}

// What others say changes no structure.
void read_text(std::string_view text) {
  if (text.empty() || text.starts_with("http")) {
    return;  // left out, or a link: other markup of ours
  }
  const auto body_at = [](std::string_view path, std::string_view said) {
    StatusRequest request;
    request.method = "GET";
    request.path = path;
    request.base = "/acme/";
    return body_of(answer(request, snapshot_of(said)));
  };
  static const std::string plain_page = body_at("", "a");
  const std::string page = body_at("", text);
  for (const char c : {'<', '>', '"'}) {
    expect(count(page, c) == count(plain_page, c), "foreign text is no markup");
  }
  static const std::string plain_metrics = body_at("metrics", "a");
  expect(count(body_at("metrics", text), '\n') == count(plain_metrics, '\n'),
         "foreign text is no sample");
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  acme::read_as({{'q', acme::read_query},
                 {'r', acme::read_request},
                 {'t', acme::read_text}},
                data, size);
  return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Certificates as a CA sends them, and keys as they are found on disk. The
// first byte of an input says what the rest is.
#include <algorithm>
#include <string>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/pem.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/storage/certificate_document.h"
#include "tests/fuzz/fuzz_input.h"

namespace acme {
namespace {

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void check_chain(const CertificateChain& chain) {
  expect(!chain.der().empty() && chain.der().size() <= 16,
         "a chain has 1 to 16 certificates");
  expect(chain.issuer_names().size() == chain.der().size(),
         "every certificate has an issuer");
  expect(std::is_sorted(chain.identifiers().begin(), chain.identifiers().end()),
         "names are sorted");
  expect(chain.covers(chain.identifiers()), "a chain covers its own names");
  static_cast<void>(chain.is_linked());
  const auto id = chain.renewal_id();
  expect(!id || is_one_line(*id), "the id of a renewal is one line of text");
  const CertificateFacts facts = facts_of(chain, KeyType::kEcdsa256);
  for (const std::string& name : facts.chain) {
    expect(is_one_line(name), "the facts of a chain are printable");
  }
}

void check_written(const CertificateChain& chain) {
  check_chain(chain);
  const auto again = CertificateChain::from_pem(chain.to_pem());
  expect(again && again->serial() == chain.serial() &&
             again->identifiers() == chain.identifiers() &&
             again->der().size() == chain.der().size(),
         "a chain that is written is read as the same");
  expect(again->to_pem() == chain.to_pem(), "it is written the same again");
  const auto from_der = CertificateChain::from_der(again->der());
  expect(from_der && from_der->to_pem() == again->to_pem(),
         "DER and PEM are the same chain");
}

void check_key(const PrivateKey& key) {
  const auto from_pem = PrivateKey::from_pem(key.to_pem());
  const auto from_der = PrivateKey::from_der(key.to_der());
  expect(from_pem && from_der, "a key that is written is read");
  expect(from_pem->jwk() == key.jwk() && from_der->jwk() == key.jwk() &&
             from_pem->type() == key.type(),
         "it is the same key");
}

void read_pair(std::string_view text) {
  const auto parts = split(text, '\x1e');
  if (parts.size() != 2) {
    return;
  }
  const auto chain = CertificateChain::from_pem(parts[0]);
  const auto key = PrivateKey::from_pem(as_bytes(parts[1]));
  if (chain && key) {
    static_cast<void>(chain->matches(*key));
  }
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view rest = acme::as_text(data + 1, size - 1);
  const auto bytes = acme::as_bytes(rest);
  switch (data[0]) {
    case 'c':
      if (const auto chain = acme::CertificateChain::from_pem(rest)) {
        acme::check_written(*chain);
      }
      break;
    case 'd': {
      const std::vector<std::vector<std::uint8_t>> der{
          {bytes.begin(), bytes.end()}};
      if (const auto chain = acme::CertificateChain::from_der(der)) {
        acme::check_written(*chain);
      }
      break;
    }
    case 'k':
      if (const auto key = acme::PrivateKey::from_pem(bytes)) {
        acme::check_key(*key);
      }
      break;
    case 'x':
      if (const auto key = acme::PrivateKey::from_der(bytes)) {
        acme::check_key(*key);
      }
      break;
    case 'm':
      acme::read_pair(rest);
      break;
    case 'b':
      if (const auto blocks = acme::pem_blocks(bytes)) {
        acme::expect(blocks->size() <= 16, "a PEM file has 16 blocks at most");
      }
      break;
    default:
      return 0;
  }
  return 0;
}

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

void read_pem_chain(std::string_view text) {
  if (const auto chain = CertificateChain::from_pem(text)) {
    check_written(*chain);
  }
}

void read_der_chain(std::string_view text) {
  const auto bytes = as_bytes(text);
  const std::vector<std::vector<std::uint8_t>> der{
      {bytes.begin(), bytes.end()}};
  if (const auto chain = CertificateChain::from_der(der)) {
    check_written(*chain);
  }
}

void read_pem_key(std::string_view text) {
  if (const auto key = PrivateKey::from_pem(as_bytes(text))) {
    check_key(*key);
  }
}

void read_der_key(std::string_view text) {
  if (const auto key = PrivateKey::from_der(as_bytes(text))) {
    check_key(*key);
  }
}

void read_blocks(std::string_view text) {
  if (const auto blocks = pem_blocks(as_bytes(text))) {
    expect(blocks->size() <= 16, "a PEM file has 16 blocks at most");
  }
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  acme::read_as({{'c', acme::read_pem_chain},
                 {'d', acme::read_der_chain},
                 {'k', acme::read_pem_key},
                 {'x', acme::read_der_key},
                 {'m', acme::read_pair},
                 {'b', acme::read_blocks}},
                data, size);
  return 0;
}

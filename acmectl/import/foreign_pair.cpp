// SPDX-License-Identifier: BSD-2-Clause
// A pair or an account's key of another client, read and looked at.
#include "acmectl/import/foreign_pair.h"

#include <algorithm>
#include <utility>

#include "acme_core/crypto/jwk.h"
#include "acme_core/engine/plan.h"

namespace acmectl {
namespace {

std::string about(const ForeignFolder& folder, const std::string& path,
                  const std::string& fault) {
  return "\"" + folder.path() + "/" + path + "\" " + fault;
}

bool says_encrypted(std::string_view pem) {
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY") !=
             std::string_view::npos ||
         pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

std::string why_no_key(std::string_view pem) {
  return says_encrypted(pem)
             ? "is encrypted; take the pass phrase off it with \"openssl pkey\""
         : pem.find("PRIVATE KEY-----") == std::string_view::npos
             ? "is no private key"
             : "is a key of a kind that is not supported: RSA of 2048, 3072 or "
               "4096 bits, or ECDSA with P-256, P-384 or P-521";
}

Read<acme::PrivateKey> read_key(const ForeignFolder& folder,
                                const std::string& path) {
  const ForeignFile file = folder.read(path);
  if (!file.fault.empty()) {
    return {std::nullopt, about(folder, path, file.fault)};
  }
  auto key = acme::PrivateKey::from_pem(file.data);
  return key ? Read<acme::PrivateKey>{std::move(key), {}}
             : Read<acme::PrivateKey>{
                   std::nullopt, about(folder, path, why_no_key(file.text()))};
}

// The certificates of all files, each once: a second file may repeat what the
// first one has.
Read<acme::CertificateChain> read_chain(const ForeignFolder& folder,
                                        const std::vector<std::string>& paths) {
  std::vector<std::vector<std::uint8_t>> certificates;
  for (const std::string& path : paths) {
    const ForeignFile file = folder.read(path);
    const bool is_first = &path == &paths.front();
    if (file.is_missing && !is_first) {
      continue;
    }
    if (!file.fault.empty()) {
      return {std::nullopt, about(folder, path, file.fault)};
    }
    const auto chain = acme::CertificateChain::from_pem(file.text());
    if (!chain) {
      return {std::nullopt, about(folder, path, "has no certificate chain")};
    }
    for (const auto& certificate : chain->der()) {
      if (std::find(certificates.begin(), certificates.end(), certificate) ==
          certificates.end()) {
        certificates.push_back(certificate);
      }
    }
  }
  auto chain = acme::CertificateChain::from_der(certificates);
  return chain ? Read<acme::CertificateChain>{std::move(chain), {}}
               : Read<acme::CertificateChain>{
                     std::nullopt,
                     about(folder, paths.front(), "has no certificate chain")};
}

std::vector<acme::Identifier> parsed(const std::vector<std::string>& names) {
  std::vector<acme::Identifier> identifiers;
  for (const std::string& name : names) {
    auto identifier = acme::parse_identifier(name);
    if (identifier && std::find(identifiers.begin(), identifiers.end(),
                                *identifier) == identifiers.end()) {
      identifiers.push_back(std::move(*identifier));
    }
  }
  return identifiers;
}

bool is_same_set(std::vector<acme::Identifier> some,
                 std::vector<acme::Identifier> others) {
  std::sort(some.begin(), some.end());
  std::sort(others.begin(), others.end());
  return some == others;
}

// No CA has issued it. As its own issuer it makes a chain.
bool is_signed_by_itself(const acme::CertificateChain& chain) {
  const auto twice = acme::CertificateChain::from_der(
      {{chain.der().front(), chain.der().front()}});
  return twice && twice->is_linked();
}

}  // namespace

Read<acme::StoredCertificate> read_pair(const ForeignFolder& folder,
                                        const ForeignPair& pair,
                                        acme::TimePoint now) {
  auto chain = read_chain(folder, pair.chain_files);
  if (!chain.value) {
    return {std::nullopt, std::move(chain.fault)};
  }
  auto key = read_key(folder, pair.key_file);
  if (!key.value) {
    return {std::nullopt, std::move(key.fault)};
  }
  if (!chain.value->matches(*key.value)) {
    return {std::nullopt,
            about(folder, pair.key_file,
                  "is not the key of \"" + pair.chain_files.front() + "\"")};
  }
  if (chain.value->identifiers().empty()) {
    return {std::nullopt,
            about(folder, pair.chain_files.front(), "names no host")};
  }
  if (is_signed_by_itself(*chain.value)) {
    return {.value = std::nullopt,
            .fault = "is signed by itself, not by a CA",
            .is_of_no_use = true};
  }
  if (chain.value->not_after() <= now) {
    return {
        .value = std::nullopt,
        .fault = "has expired on " + acme::rfc3339(chain.value->not_after()),
        .is_of_no_use = true};
  }
  if (chain.value->not_before() > now) {
    return {std::nullopt, about(folder, pair.chain_files.front(),
                                "is not valid before " +
                                    acme::rfc3339(chain.value->not_before()))};
  }
  return {
      acme::StoredCertificate{std::move(*chain.value), std::move(*key.value)},
      {}};
}

Read<acme::PrivateKey> read_account_key(const ForeignFolder& folder,
                                        const ForeignAccount& account) {
  const ForeignFile file = folder.read(account.key_file);
  if (!file.fault.empty()) {
    return {std::nullopt, about(folder, account.key_file, file.fault)};
  }
  auto key = account.is_jwk ? acme::private_key_from_jwk(file.text())
                            : acme::PrivateKey::from_pem(file.data);
  if (!key && !account.pass_phrase.empty()) {
    key = acme::PrivateKey::from_encrypted_pem(file.data, account.pass_phrase);
  }
  if (!key) {
    return {std::nullopt, about(folder, account.key_file,
                                account.is_jwk ? "has no key that can be used"
                                               : why_no_key(file.text()))};
  }
  return {std::move(key), {}};
}

std::vector<acme::Identifier> ordered_identifiers(
    const ForeignPair& pair, const acme::CertificateChain& chain) {
  const std::vector<acme::Identifier>& names = chain.identifiers();
  if (auto noted = parsed(pair.names); is_same_set(noted, names)) {
    return noted;
  }
  std::vector<acme::Identifier> ordered = names;
  const auto first = std::find_if(
      ordered.begin(), ordered.end(),
      [&](const auto& identifier) { return identifier.value == pair.name; });
  if (first != ordered.end()) {
    std::rotate(ordered.begin(), first, first + 1);
  }
  return ordered;
}

std::string storage_name_of(const ForeignPair& pair,
                            const acme::StoredCertificate& certificate) {
  if (!pair.stored_as.empty()) {
    return pair.stored_as;
  }
  acme::CertificateSpec spec;
  spec.identifiers = ordered_identifiers(pair, certificate.chain);
  spec.key_type = certificate.key.type();
  return spec.storage_name();
}

}  // namespace acmectl

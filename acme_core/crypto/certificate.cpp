// SPDX-License-Identifier: BSD-2-Clause
// Certificate chains, read and checked by OpenSSL.
#include "acme_core/crypto/certificate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

#include "acme_core/crypto/asn1_values.h"
#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/der.h"
#include "acme_core/crypto/pem.h"

namespace acme {
namespace {

// Longer chains do not exist; a server that sends one wants our memory.
constexpr std::size_t kLongestChain = 16;

using Der = std::vector<std::uint8_t>;

// CAs sign with a handful of certificates, and OpenSSL takes its time to read
// one (3.0): ten thousand chains share theirs. Nobody changes a certificate
// that was read, so threads may share it too.
class KnownIssuers {
 public:
  // nullptr when it is no certificate.
  X509Ptr parse(const Der& der) {
    const std::lock_guard lock(mutex_);
    const auto known = certificates_.find(der);
    if (known != certificates_.end()) {
      return shared(known->second);
    }
    X509Ptr certificate = certificate_from_der(der);
    if (certificate) {
      if (certificates_.size() == kMost) {
        certificates_.clear();
      }
      certificates_.emplace(der, shared(certificate));
    }
    return certificate;
  }

 private:
  static constexpr std::size_t kMost = 64;

  static X509Ptr shared(const X509Ptr& certificate) {
    if (X509_up_ref(certificate.get()) != 1) {
      throw openssl_error("cannot share a certificate");
    }
    return X509Ptr(certificate.get());
  }

  std::mutex mutex_;  ///< guards what follows
  std::map<Der, X509Ptr> certificates_;
};

// Not local to a function: it has to outlive threads that end at exit().
KnownIssuers known_issuers;

std::string issuer_name_of(const X509& certificate) {
  const X509_NAME* name = X509_get_issuer_name(&certificate);
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) {
    return {};
  }
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(
      &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  const OpensslMemoryPtr<unsigned char> owner(utf8);
  return length > 0 ? std::string(utf8, utf8 + length) : std::string();
}

// RFC 9773 section 4.1. The serial number is the content of its DER INTEGER,
// with the zero byte in front that keeps it positive.
std::optional<std::string> renewal_id_of(const X509& certificate) {
  const AuthorityKeyIdPtr authority(
      static_cast<AUTHORITY_KEYID*>(X509_get_ext_d2i(
          &certificate, NID_authority_key_identifier, nullptr, nullptr)));
  const ASN1_OCTET_STRING* key_id = authority ? authority->keyid : nullptr;
  if (key_id == nullptr || ASN1_STRING_length(key_id) == 0) {
    return std::nullopt;
  }
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(&certificate), &der);
  const OpensslMemoryPtr<unsigned char> owner(der);
  const unsigned char* content = der;
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  if (size <= 0 || (ASN1_get_object(&content, &length, &tag, &tag_class, size) &
                    0x80) != 0) {
    return std::nullopt;
  }
  return base64url_encode(
             std::span(ASN1_STRING_get0_data(key_id),
                       static_cast<std::size_t>(ASN1_STRING_length(key_id)))) +
         "." +
         base64url_encode(std::span(content, static_cast<std::size_t>(length)));
}

std::optional<Identifier> to_identifier(const GENERAL_NAME& name) {
  int type = 0;
  const auto* value =
      static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(&name, &type));
  if (type != GEN_DNS && type != GEN_IPADD) {
    return std::nullopt;
  }
  const unsigned char* bytes = ASN1_STRING_get0_data(value);
  const int length = ASN1_STRING_length(value);
  if (type == GEN_DNS) {
    auto identifier = parse_identifier(std::string(bytes, bytes + length));
    // "127.0.0.1" as a dNSName is no address (RFC 8738 section 3).
    const bool is_dns =
        identifier && identifier->type == Identifier::Type::kDns;
    return is_dns ? std::move(identifier) : std::nullopt;
  }
  if (length != 4 && length != 16) {
    return std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
  return Identifier{Identifier::Type::kIp, text.data()};
}

std::vector<Identifier> identifiers_of(const X509& certificate) {
  std::vector<Identifier> identifiers;
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    if (auto name = to_identifier(*sk_GENERAL_NAME_value(names.get(), i))) {
      identifiers.push_back(std::move(*name));
    }
  }
  std::sort(identifiers.begin(), identifiers.end());
  identifiers.erase(std::unique(identifiers.begin(), identifiers.end()),
                    identifiers.end());
  return identifiers;
}

bool names_as_issuer(const X509& certificate, const X509& issuer) {
  return X509_NAME_cmp(X509_get_issuer_name(&certificate),
                       X509_get_subject_name(&issuer)) == 0;
}

bool is_signed_by(X509& certificate, X509& issuer) {
  EVP_PKEY* key = X509_get0_pubkey(&issuer);
  return key != nullptr && names_as_issuer(certificate, issuer) &&
         X509_verify(&certificate, key) == 1;
}

}  // namespace

std::optional<CertificateChain> CertificateChain::from_pem(
    std::string_view pem) {
  const auto blocks = pem_blocks(
      {reinterpret_cast<const std::uint8_t*>(pem.data()), pem.size()});
  if (!blocks) {
    return std::nullopt;
  }
  std::vector<Der> certificates;
  for (const PemBlock& block : *blocks) {
    // Anything else has no place in a chain: a CA that slips in a private key
    // wants it used (RFC 8555 section 9.1 allows certificates only).
    if (block.label != PEM_STRING_X509) {
      return std::nullopt;
    }
    certificates.emplace_back(block.der.begin(), block.der.end());
  }
  return from_der(certificates);
}

std::optional<CertificateChain> CertificateChain::from_der(
    std::span<const std::vector<std::uint8_t>> certificates) {
  const OpensslErrorScope errors;
  CertificateChain chain;
  for (const Der& der : certificates) {
    X509Ptr certificate = chain.certificates_.empty()
                              ? certificate_from_der(der)
                              : known_issuers.parse(der);
    if (!certificate || chain.der_.size() == kLongestChain) {
      return std::nullopt;
    }
    chain.certificates_.push_back(std::move(certificate));
    chain.der_.push_back(der);
  }
  chain.put_in_order();
  if (!chain.read_leaf()) {
    return std::nullopt;
  }
  return chain;
}

// Some CAs, and people who put files together, begin with the root. A look at
// the names is enough for a chain in order: is_linked() verifies signatures,
// which thousands of certificates need not pay for twice.
void CertificateChain::put_in_order() {
  bool has_names_in_order = true;
  for (std::size_t i = 0; i + 1 < certificates_.size(); ++i) {
    has_names_in_order =
        has_names_in_order &&
        names_as_issuer(*certificates_[i], *certificates_[i + 1]);
  }
  if (has_names_in_order) {
    return;
  }
  const auto signs = [this](std::size_t issuer, std::size_t certificate) {
    return issuer != certificate &&
           is_signed_by(*certificates_[certificate], *certificates_[issuer]);
  };
  std::vector<std::size_t> left(certificates_.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  // The leaf is the one that signed no other.
  auto next = std::find_if(left.begin(), left.end(), [&](std::size_t issuer) {
    return std::none_of(left.begin(), left.end(), [&](std::size_t other) {
      return signs(issuer, other);
    });
  });
  std::vector<std::size_t> order;
  while (next != left.end()) {
    order.push_back(*next);
    left.erase(next);
    next = std::find_if(left.begin(), left.end(), [&](std::size_t issuer) {
      return signs(issuer, order.back());
    });
  }
  if (!left.empty()) {
    return;
  }
  std::vector<X509Ptr> certificates;
  std::vector<Der> der;
  for (const std::size_t index : order) {
    certificates.push_back(std::move(certificates_[index]));
    der.push_back(std::move(der_[index]));
  }
  certificates_ = std::move(certificates);
  der_ = std::move(der);
}

bool CertificateChain::read_leaf() {
  if (certificates_.empty()) {
    return false;
  }
  const X509& leaf = *certificates_.front();
  const auto not_before = to_time_point(X509_get0_notBefore(&leaf));
  const auto not_after = to_time_point(X509_get0_notAfter(&leaf));
  if (!not_before || !not_after) {
    return false;
  }
  not_before_ = *not_before;
  not_after_ = *not_after;
  serial_ = hexadecimal(X509_get0_serialNumber(&leaf));
  for (const X509Ptr& certificate : certificates_) {
    issuer_names_.push_back(issuer_name_of(*certificate));
  }
  renewal_id_ = renewal_id_of(leaf);
  identifiers_ = identifiers_of(leaf);
  return true;
}

std::string CertificateChain::to_pem() const {
  const OpensslErrorScope errors;
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio) {
    throw openssl_error("cannot write a certificate");
  }
  for (const X509Ptr& certificate : certificates_) {
    if (PEM_write_bio_X509(bio.get(), certificate.get()) != 1) {
      throw openssl_error("cannot write a certificate");
    }
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

bool CertificateChain::matches(const PrivateKey& key) const {
  const OpensslErrorScope errors;
  const EVP_PKEY* own = X509_get0_pubkey(certificates_.front().get());
  return own != nullptr && EVP_PKEY_eq(own, key.get()) == 1;
}

bool CertificateChain::covers(std::span<const Identifier> identifiers) const {
  return std::all_of(identifiers.begin(), identifiers.end(),
                     [this](const Identifier& identifier) {
                       return std::binary_search(identifiers_.begin(),
                                                 identifiers_.end(),
                                                 identifier);
                     });
}

bool CertificateChain::is_linked() const {
  const OpensslErrorScope errors;
  for (std::size_t i = 0; i + 1 < certificates_.size(); ++i) {
    if (!is_signed_by(*certificates_[i], *certificates_[i + 1])) {
      return false;
    }
  }
  return true;
}

std::optional<CertificateChain> CertificateChain::without_strays() const {
  const OpensslErrorScope errors;
  std::vector<Der> kept{der_.front()};
  bool has_strangers = false;
  for (std::size_t last = 0, next = 0; next != certificates_.size();) {
    next = 0;
    while (next != certificates_.size() &&
           (std::find(kept.begin(), kept.end(), der_[next]) != kept.end() ||
            !is_signed_by(*certificates_[last], *certificates_[next]))) {
      ++next;
    }
    if (next != certificates_.size()) {
      kept.push_back(der_[next]);
      last = next;
    }
  }
  for (const Der& der : der_) {
    has_strangers |= std::find(kept.begin(), kept.end(), der) == kept.end();
  }
  // A leaf beside strangers alone lacks who signed it.
  if (kept.size() == der_.size() || (kept.size() == 1 && has_strangers)) {
    return std::nullopt;
  }
  return from_der(kept);
}

}  // namespace acme

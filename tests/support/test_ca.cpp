// SPDX-License-Identifier: BSD-2-Clause
// A certificate authority for tests, by OpenSSL.
#include "tests/support/test_ca.h"

#include <stdexcept>
#include <utility>

namespace acme {
namespace {

constexpr TimePoint kCaNotBefore =
    std::chrono::sys_days(std::chrono::year(2000) / std::chrono::January / 1);
constexpr TimePoint kCaNotAfter =
    std::chrono::sys_days(std::chrono::year(2099) / std::chrono::December / 31);

void require(bool success, const char* what) {
  if (!success) {
    throw std::runtime_error(std::string(what) + ": " + take_openssl_errors());
  }
}

struct Request {
  std::string subject{};   // common name; empty: no subject
  X509* issuer = nullptr;  // nullptr: signs itself
  EVP_PKEY* issuer_key = nullptr;
  EVP_PKEY* key = nullptr;
  TimePoint not_before;
  TimePoint not_after;
  long serial = 1;
  std::string responder{};  // who is asked for its status; empty: nobody
};

void add_extension(X509& certificate, int nid, const std::string& value,
                   X509* issuer = nullptr) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, &certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, OpensslDeleter<X509_EXTENSION_free>>
      extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension && X509_add_ext(&certificate, extension.get(), -1) == 1,
          "cannot add an extension");
}

std::string alternative_names(const std::vector<Identifier>& identifiers) {
  std::string names;
  for (const Identifier& identifier : identifiers) {
    names.append(names.empty() ? "" : ",")
        .append(identifier.type == Identifier::Type::kDns ? "DNS:" : "IP:")
        .append(identifier.value);
  }
  return names;
}

void set_time(ASN1_TIME* field, TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  require(ASN1_TIME_set(field, seconds.time_since_epoch().count()) != nullptr,
          "cannot set a time");
}

X509Ptr make_unsigned(const Request& request) {
  X509Ptr certificate(X509_new());
  require(certificate != nullptr, "cannot make a certificate");
  X509* x509 = certificate.get();
  require(
      X509_set_version(x509, X509_VERSION_3) == 1 &&
          ASN1_INTEGER_set(X509_get_serialNumber(x509), request.serial) == 1 &&
          X509_set_pubkey(x509, request.key) == 1,
      "cannot fill a certificate");
  set_time(X509_getm_notBefore(x509), request.not_before);
  set_time(X509_getm_notAfter(x509), request.not_after);
  const X509NamePtr subject(X509_NAME_new());
  require(subject != nullptr, "cannot name a certificate");
  if (!request.subject.empty()) {
    require(X509_NAME_add_entry_by_txt(
                subject.get(), "CN", MBSTRING_UTF8,
                reinterpret_cast<const unsigned char*>(request.subject.c_str()),
                -1, -1, 0) == 1,
            "cannot name a certificate");
  }
  require(
      X509_set_subject_name(x509, subject.get()) == 1 &&
          X509_set_issuer_name(x509, request.issuer != nullptr
                                         ? X509_get_subject_name(request.issuer)
                                         : subject.get()) == 1,
      "cannot name a certificate");
  return certificate;
}

void sign(X509& certificate, EVP_PKEY* key) {
  require(X509_sign(&certificate, key, EVP_sha256()) > 0,
          "cannot sign a certificate");
}

X509Ptr make_authority(const Request& request) {
  X509Ptr certificate = make_unsigned(request);
  add_extension(*certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(*certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(*certificate, NID_subject_key_identifier, "hash");
  sign(*certificate, request.issuer_key);
  return certificate;
}

std::string to_pem(X509& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_X509(bio.get(), &certificate) == 1,
          "cannot write a certificate");
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

std::string make_leaf(const Request& request,
                      const std::vector<Identifier>& identifiers) {
  const X509Ptr certificate = make_unsigned(request);
  if (!identifiers.empty()) {
    // Critical, since the subject is empty (RFC 5280 section 4.2.1.6).
    add_extension(*certificate, NID_subject_alt_name,
                  "critical," + alternative_names(identifiers));
  }
  add_extension(*certificate, NID_ext_key_usage, "serverAuth");
  if (request.issuer != nullptr) {
    add_extension(*certificate, NID_authority_key_identifier, "keyid:always",
                  request.issuer);
  }
  if (!request.responder.empty()) {
    add_extension(*certificate, NID_info_access,
                  "OCSP;URI:" + request.responder);
  }
  sign(*certificate, request.issuer_key);
  return to_pem(*certificate);
}

std::vector<Identifier> names_in(X509_REQ& request) {
  const X509ExtensionsPtr extensions(X509_REQ_get_extensions(&request));
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(X509V3_get_d2i(
      extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  require(names != nullptr, "the request has no names");
  std::vector<std::string> texts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    require(bio && GENERAL_NAME_print(
                       bio.get(), sk_GENERAL_NAME_value(names.get(), i)) == 1,
            "cannot read a name");
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &text);
    // "DNS:www.example.org", "IP Address:192.0.2.1"
    const std::string line(text, static_cast<std::size_t>(length));
    texts.push_back(line.substr(line.find(':') + 1));
  }
  return identifiers_of(texts);
}

}  // namespace

std::vector<Identifier> identifiers_of(const std::vector<std::string>& names) {
  std::vector<Identifier> identifiers;
  for (const std::string& name : names) {
    auto identifier = parse_identifier(name);
    if (!identifier) {
      throw std::invalid_argument(name);
    }
    identifiers.push_back(std::move(*identifier));
  }
  return identifiers;
}

TestCa::TestCa()
    : root_key_(PrivateKey::generate(KeyType::kEcdsa256)),
      other_root_key_(PrivateKey::generate(KeyType::kEcdsa256)),
      intermediate_key_(PrivateKey::generate(KeyType::kEcdsa256)) {
  const X509Ptr root = make_authority({.subject = "Test Root",
                                       .issuer_key = root_key_.get(),
                                       .key = root_key_.get(),
                                       .not_before = kCaNotBefore,
                                       .not_after = kCaNotAfter});
  intermediate_ = make_authority({.subject = "Test Intermediate",
                                  .issuer = root.get(),
                                  .issuer_key = root_key_.get(),
                                  .key = intermediate_key_.get(),
                                  .not_before = kCaNotBefore,
                                  .not_after = kCaNotAfter});
  const X509Ptr other_root =
      make_authority({.subject = "Other Root",
                      .issuer_key = other_root_key_.get(),
                      .key = other_root_key_.get(),
                      .not_before = kCaNotBefore,
                      .not_after = kCaNotAfter});
  const X509Ptr cross_signed =
      make_authority({.subject = "Test Intermediate",
                      .issuer = other_root.get(),
                      .issuer_key = other_root_key_.get(),
                      .key = intermediate_key_.get(),
                      .not_before = kCaNotBefore,
                      .not_after = kCaNotAfter});
  other_root_pem_ = to_pem(*other_root);
  cross_signed_pem_ = to_pem(*cross_signed);
  root_pem_ = to_pem(*root);
  intermediate_pem_ = to_pem(*intermediate_);
}

std::string TestCa::issue(const std::vector<Identifier>& identifiers,
                          const PrivateKey& key, TimePoint not_before,
                          TimePoint not_after) {
  return make_leaf({.issuer = intermediate_.get(),
                    .issuer_key = intermediate_key_.get(),
                    .key = key.get(),
                    .not_before = not_before,
                    .not_after = not_after,
                    .serial = next_serial_++,
                    .responder = responder_},
                   identifiers) +
         intermediate_pem_;
}

std::string TestCa::issue_for_request(std::span<const std::uint8_t> request,
                                      TimePoint not_before,
                                      TimePoint not_after) {
  const unsigned char* position = request.data();
  const X509ReqPtr parsed(
      d2i_X509_REQ(nullptr, &position, static_cast<long>(request.size())));
  require(parsed != nullptr, "not a request");
  EVP_PKEY* key = X509_REQ_get0_pubkey(parsed.get());
  require(key != nullptr && X509_REQ_verify(parsed.get(), key) == 1,
          "the request is not signed by its key");
  return make_leaf({.issuer = intermediate_.get(),
                    .issuer_key = intermediate_key_.get(),
                    .key = key,
                    .not_before = not_before,
                    .not_after = not_after,
                    .serial = next_serial_++,
                    .responder = responder_},
                   names_in(*parsed)) +
         intermediate_pem_;
}

std::string TestCa::make_responder(const PrivateKey& key, bool may_sign) {
  const X509Ptr certificate =
      make_unsigned({.subject = "Test Responder",
                     .issuer = intermediate_.get(),
                     .issuer_key = intermediate_key_.get(),
                     .key = key.get(),
                     .not_before = kCaNotBefore,
                     .not_after = kCaNotAfter,
                     .serial = next_serial_++});
  add_extension(*certificate, NID_ext_key_usage,
                may_sign ? "OCSPSigning" : "serverAuth");
  sign(*certificate, intermediate_key_.get());
  return to_pem(*certificate);
}

std::string self_signed(const std::vector<Identifier>& identifiers,
                        const PrivateKey& key, TimePoint not_before,
                        TimePoint not_after) {
  return make_leaf({.issuer_key = key.get(),
                    .key = key.get(),
                    .not_before = not_before,
                    .not_after = not_after},
                   identifiers);
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// A Redis that speaks TLS, and wants to know who we are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "acme_core/crypto/self_signed.h"
#include "acme_core/error.h"
#include "acme_core/fleet/redis_tree.h"
#include "tests/support/failure_of.h"
#include "tests/support/redis_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_ca.h"
#include "tests/unit/fleet/redis_test.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RedisTlsTest : public RedisTest {
 protected:
  // What OpenSSL compares with the real clock.
  static constexpr TimePoint kFrom =
      std::chrono::sys_days(std::chrono::year(2001) / std::chrono::January / 1);
  static constexpr TimePoint kUntil =
      std::chrono::sys_days(std::chrono::year(2098) / std::chrono::January / 1);

  std::string file(const std::string& name, std::string_view text) const {
    std::string path = directory_.path() / name;
    std::ofstream(path) << text;
    return path;
  }

  std::string pem_of(const PrivateKey& key) const {
    const SecretBytes pem = key.to_pem();
    return {pem.begin(), pem.end()};
  }

  // Good for clients, which those of TestCa are not.
  static std::string client_certificate(const PrivateKey& key) {
    SelfSignedSpec spec;
    spec.common_name = "node";
    spec.not_before = kFrom;
    spec.lifetime = std::chrono::floor<std::chrono::seconds>(kUntil - kFrom);
    const X509Ptr certificate = make_self_signed(key, spec);
    const BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate.get());
    std::string pem(BIO_ctrl_pending(bio.get()), '\0');
    BIO_read(bio.get(), pem.data(), static_cast<int>(pem.size()));
    return pem;
  }

  // A server that names itself so.
  std::unique_ptr<RedisServer> server_for(const std::string& name) {
    const std::string chain =
        ca_.issue(identifiers_of({name}), key_, kFrom, kUntil);
    tls_port_ = RedisServer::free_port();
    return std::make_unique<RedisServer>(RedisServer::Lines{
        "tls-port " + tls_port_, "tls-cert-file " + file("server.pem", chain),
        "tls-key-file " + file("server.key", pem_of(key_)),
        "tls-ca-cert-file " + file("client.pem", client_)});
  }

  RedisOptions tls_options() {
    RedisOptions options = redis_options({"rediss://127.0.0.1:" + tls_port_});
    options.trusted_certificates = ca_.root_pem();
    options.client_certificate = client_;
    options.client_key = key_.to_pem();
    return options;
  }

  static std::string why_not(const RedisOptions& options,
                             ErrorKind kind = ErrorKind::kUnavailable) {
    const Error error =
        failure_of([&] { return RedisTree(options).read_all({}); });
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }

  TestCa ca_;
  const PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
  const std::string client_ = client_certificate(key_);
  TemporaryDirectory directory_;
  std::string tls_port_;
};

TEST_F(RedisTlsTest, SpeaksTlsWithCertificatesOfBothSides) {
  const auto server = server_for("127.0.0.1");
  RedisTree tree(tls_options());
  const TreeRevision before = tree.read_all({}).revision;
  const std::string large(kLargestTreeValue - 1, 'x');
  std::jthread writer([&] { EXPECT_TRUE(tree.write({{"a", large}}, {})); });
  EXPECT_THAT(tree.wait_for_changes(before, 60s, {}).changes, SizeIs(1));
  EXPECT_EQ(value_of(tree.read_all({}), "a"), large);
}

TEST_F(RedisTlsTest, TrustsNobodyWithoutACertificateToTrust) {
  const auto server = server_for("127.0.0.1");
  RedisOptions options = tls_options();
  options.trusted_certificates = ca_.other_root_pem();
  EXPECT_THAT(why_not(options), HasSubstr("cannot be trusted"));
  options.trusted_certificates = "";
  EXPECT_THAT(why_not(options), HasSubstr("cannot be trusted"));
}

TEST_F(RedisTlsTest, TrustsNobodyOfAnotherName) {
  const auto server = server_for("127.0.0.2");
  EXPECT_THAT(why_not(tls_options()), HasSubstr("IP address mismatch"));
}

TEST_F(RedisTlsTest, IsRefusedWithoutACertificateOfItsOwn) {
  const auto server = server_for("localhost");
  RedisOptions options = tls_options();
  options.urls = {"rediss://localhost:" + tls_port_};
  EXPECT_THAT(RedisTree(options).read_all({}).entries, IsEmpty());
  options.client_certificate =
      client_certificate(PrivateKey::generate(KeyType::kEcdsa256));
  EXPECT_EQ(failure_of([&] { return RedisTree(options); }).kind(),
            ErrorKind::kConfiguration);
  options.client_certificate =
      ca_.issue(identifiers_of({"localhost"}), key_, kFrom, kUntil);
  EXPECT_THAT(why_not(options, ErrorKind::kPermanent),
              HasSubstr("our certificate"));
  options.client_certificate = "";
  EXPECT_THAT(why_not(options, ErrorKind::kPermanent),
              HasSubstr("our certificate"));
}

TEST_F(RedisTlsTest, NeedsCertificatesThatCanBeUsed) {
  tls_port_ = "6379";
  RedisOptions options = tls_options();
  options.trusted_certificates = "nothing";
  EXPECT_EQ(failure_of([&] { return RedisTree(options); }).kind(),
            ErrorKind::kConfiguration);
  options = tls_options();
  options.client_key = PrivateKey::generate(KeyType::kEcdsa256).to_pem();
  EXPECT_EQ(failure_of([&] { return RedisTree(options); }).kind(),
            ErrorKind::kConfiguration);
}

}  // namespace
}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Whom etcd lets in: users with passwords and roles, and certificates.
#include "acme_core/crypto/private_key.h"
#include "acme_core/crypto/self_signed.h"
#include "tests/support/test_ca.h"
#include "tests/unit/fleet/etcd_fixture.h"

namespace acme {
namespace {

// Roles and passwords of a new etcd.
class EtcdWithUsers {
 public:
  EtcdWithUsers() {
    for (const char* const user : {"root", "acme"}) {
      server.call("/v3/auth/user/add", std::string(R"({"name":")") + user +
                                           R"(","password":"hunter2"})");
    }
    server.call("/v3/auth/role/add", R"({"name":"root"})");
    server.call("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
    server.call("/v3/auth/role/add", R"({"name":"fleet"})");
    server.call("/v3/auth/role/grant",
                R"({"name":"fleet","perm":{"permType":"READWRITE",)"
                R"("key":"L3gv","range_end":"L3gw"}})");  // "/x/", "/x0"
    server.call("/v3/auth/user/grant", R"({"user":"acme","role":"fleet"})");
    server.call("/v3/auth/enable", "{}");
  }

  [[nodiscard]] EtcdOptions options(const std::string& prefix,
                                    const std::string& user,
                                    const std::string& password) const {
    EtcdOptions options = server.options(prefix);
    options.user = user;
    options.password = secret(password);
    return options;
  }

  EtcdServer server;
};

TEST_F(EtcdTreeTest, LogsIn) {
  EtcdWithUsers etcd;
  EtcdTree tree(etcd.options("/x/", "acme", "hunter2"));
  const TreeSession session = tree.open_session(30s);
  const auto first = tree.write({{"a", "1", session}}, {{"a", 0}});
  ASSERT_TRUE(first);
  EXPECT_THAT(etcd_changes(tree, *first - 1, 1), SizeIs(1));
  EXPECT_TRUE(tree.keep_alive(session));
  // Tokens are in its memory.
  etcd.server.kill();
  etcd.server.start();
  EXPECT_TRUE(tree.write({{"b", "1"}}, {{"a", *first}}));
  EXPECT_THAT(tree.read_all({}).entries, SizeIs(2));
  EXPECT_THAT(etcd_changes(tree, *first, 1), SizeIs(1));
  tree.close_session(session);
  EXPECT_THAT(tree.read_all({}).entries, SizeIs(1));
}

// Of what lives long, a watch is the first to come with a token of old.
TEST_F(EtcdTreeTest, LogsInAgainForAWatch) {
  EtcdWithUsers etcd;
  EtcdTree tree(etcd.options("/x/", "acme", "hunter2"));
  const auto first = tree.write({{"a", "1"}}, {});
  ASSERT_TRUE(first);
  etcd.server.kill();
  etcd.server.start();
  EXPECT_THAT(etcd_changes(tree, *first - 1, 1), SizeIs(1));
}

TEST_F(EtcdTreeTest, SaysWhatToDoWhenItIsRefused) {
  EtcdWithUsers etcd;
  const auto expect_refused = [](const EtcdOptions& options,
                                 const char* advice) {
    EtcdTree tree(options);
    const std::vector<std::function<void()>> calls{
        [&] { static_cast<void>(tree.read_all({})); },
        [&] {
          static_cast<void>(tree.write({{"a", "1"}}, {}));
        },
        [&] { static_cast<void>(tree.wait_for_changes(0, 10s, {})); }};
    for (const auto& call : calls) {
      const Error error = failure_of(call);
      EXPECT_EQ(error.kind(), ErrorKind::kPermanent) << error.what();
      EXPECT_THAT(error.what(),
                  AllOf(HasSubstr(advice), HasSubstr(options.urls[0]),
                        Not(HasSubstr("hunter"))));
    }
  };
  expect_refused(etcd.options("/x/", "acme", "hunter3"), "check both");
  expect_refused(etcd.options("/x/", "nobody", "hunter2"), "check both");
  expect_refused(etcd.options("/y/", "acme", "hunter2"), "grant-permission");
  EtcdTree stranger(etcd.server.options("/x/"));
  EXPECT_THAT(failure_of([&] { return stranger.read_all({}); }).what(),
              HasSubstr("name a user"));
}

TEST_F(EtcdTreeTest, NeedsNoLoginWhereNobodyAsksForIt) {
  EtcdOptions options = shared_etcd().options(new_prefix());
  options.user = "acme";
  options.password = secret("hunter2");
  EtcdTree tree(options);
  EXPECT_TRUE(tree.write({{"a", "1"}}, {}));
}

// Good for a server and for its clients, and its own root.
struct EtcdCertificate {
  PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  std::string pem;

  EtcdCertificate() {
    const std::vector<Identifier> names = identifiers_of({"127.0.0.1"});
    SelfSignedSpec spec;
    spec.identifiers = names;
    spec.common_name = "etcd";
    spec.not_before = std::chrono::sys_days(std::chrono::year(2001) /
                                            std::chrono::January / 1);
    spec.lifetime = std::chrono::years(90);
    const X509Ptr certificate = make_self_signed(key, spec);
    const BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    pem.assign(text, static_cast<std::size_t>(size));
  }
};

TEST_F(EtcdTreeTest, ShowsItsCertificate) {
  const EtcdCertificate own;
  const EtcdCertificate client;
  const EtcdCertificate stranger;
  EtcdServer server({.certificate = own.pem,
                     .key = own.key.to_pem(),
                     .client_roots = own.pem + client.pem});
  EtcdOptions options = server.options("/x/");
  options.client_certificate = client.pem;
  options.client_key = client.key.to_pem();
  EtcdTree tree(options);
  const auto first = tree.write({{"a", "1"}}, {});
  ASSERT_TRUE(first);
  EXPECT_THAT(etcd_changes(tree, *first - 1, 1), SizeIs(1));

  EtcdOptions strange = options;
  strange.client_certificate = stranger.pem;
  strange.client_key = stranger.key.to_pem();
  EtcdOptions silent = server.options("/x/");
  for (const EtcdOptions& refused : {strange, silent}) {
    EtcdTree other(refused);
    const Error error = failure_of([&] { return other.read_all({}); });
    EXPECT_EQ(error.kind(), ErrorKind::kPermanent) << error.what();
    EXPECT_THAT(error.what(), HasSubstr("--trusted-ca-file"));
    EXPECT_EQ(failure_kind([&] {
                static_cast<void>(other.wait_for_changes(*first, 1s, {}));
              }),
              ErrorKind::kPermanent);
  }
  EtcdOptions distrusting = options;
  distrusting.trusted_certificates = stranger.pem;
  EtcdTree wary(distrusting);
  EXPECT_EQ(failure_kind([&] { static_cast<void>(wary.read_all({})); }),
            ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace acme

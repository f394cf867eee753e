// SPDX-License-Identifier: BSD-2-Clause
// The folders of other ACME clients, as each of them lays them out.
#include "acmectl/import/clients.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/openssl.h"
#include "tests/unit/acmectl/foreign_site.h"

namespace acmectl {
namespace {

using acme::KeyType;
using acme::PrivateKey;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

// RSA's private parts are read with OpenSSL: PrivateKey does not tell them.
std::string member(const PrivateKey& key, const char* parameter,
                   int width = 0) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key.get(), parameter, &number), 1);
  const acme::BignumPtr owner(number);
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(width != 0 ? width : BN_num_bytes(number)));
  BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size()));
  return acme::base64url_encode(bytes);
}

std::string private_jwk(const PrivateKey& key) {
  auto jwk = nlohmann::json::parse(key.jwk());
  if (acme::is_ecdsa(key.type())) {
    jwk["d"] = member(key, "priv",
                      static_cast<int>((acme::key_bits(key.type()) + 7) / 8));
    return jwk.dump();
  }
  jwk["d"] = member(key, "d");
  jwk["p"] = member(key, "rsa-factor1");
  jwk["q"] = member(key, "rsa-factor2");
  jwk["dp"] = member(key, "rsa-exponent1");
  jwk["dq"] = member(key, "rsa-exponent2");
  jwk["qi"] = member(key, "rsa-coefficient1");
  return jwk.dump();
}

std::string encrypted_pem(const PrivateKey& key, const std::string& phrase) {
  const acme::BioPtr bio(BIO_new(BIO_s_secmem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(
                bio.get(), key.get(), EVP_aes_256_cbc(), phrase.data(),
                static_cast<int>(phrase.size()), nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// Takes over one pair for www.example.com and example.com, and the account.
void expect_taken(ForeignSite& site, ForeignFinds (*find)(const ForeignFolder&),
                  const PrivateKey& account, const std::string& stored_as) {
  const auto lines = site.import(find);

  for (const ImportLine& line : lines) {
    EXPECT_EQ(line.kind, ImportLine::Kind::kTaken)
        << line.what << ": " << line.text;
  }
  EXPECT_THAT(site.stored(), ElementsAre(stored_as));
  auto store = site.store();
  EXPECT_TRUE(store.load_certificate(stored_as).value.has_value());
  const auto record = store.load_record(stored_as);
  EXPECT_EQ(record.issuer, "example");
  EXPECT_EQ(record.ordered_with.at("directory"), kCaUrl);
  EXPECT_TRUE(record.taken_from.starts_with(site.client().string() + "/"));
  const auto key = store.load_account_key().value;
  ASSERT_TRUE(key);
  EXPECT_EQ(key->thumbprint(), account.thumbprint());
  EXPECT_EQ(store.load_account_url(), "https://ca.example:14000/acct/7");
  EXPECT_EQ(store.load_account_record().directory_url, kCaUrl);
}

class CertbotFolder : public testing::TestWithParam<KeyType> {};

TEST_P(CertbotFolder, IsTakenOverWithItsAccount) {
  ForeignSite site;
  const auto account = PrivateKey::generate(GetParam());
  const SitePair pair = site.issue({"www.example.com", "example.com"});
  site.write("archive/www.example.com/fullchain3.pem", pair.chain);
  site.write("archive/www.example.com/privkey3.pem", pair.key);
  site.write("live/README", "not a certificate");
  site.link("live/www.example.com/fullchain.pem",
            "../../archive/www.example.com/fullchain3.pem");
  site.link("live/www.example.com/privkey.pem",
            "../../archive/www.example.com/privkey3.pem");
  site.write("renewal/www.example.com.conf",
             "version = 2.1.0\n[renewalparams]\naccount = 0f1e\n"
             "server = https://ca.example:14000/dir\n");
  const std::string path = "accounts/ca.example:14000/dir/0f1e/";
  site.write(path + "private_key.json", private_jwk(account));
  site.write(path + "regr.json",
             R"({"body": {}, "uri": "https://ca.example:14000/acct/7"})");

  expect_taken(site, find_certbot, account,
               name_of({"www.example.com", "example.com"}));
}

INSTANTIATE_TEST_SUITE_P(KeysOfAccounts, CertbotFolder,
                         testing::Values(KeyType::kRsa2048, KeyType::kEcdsa256,
                                         KeyType::kEcdsa384,
                                         KeyType::kEcdsa521));

TEST(AcmeShFolder, IsTakenOverWithItsAccount) {
  ForeignSite site;
  const auto account = PrivateKey::generate(KeyType::kEcdsa256);
  const SitePair pair = site.issue({"www.example.com", "example.com"});
  const std::string path = "www.example.com_ecc/";
  site.write(path + "fullchain.cer", pair.chain);
  site.write(path + "www.example.com.key", pair.key);
  site.write(path + "www.example.com.conf",
             "Le_Domain='www.example.com'\nLe_Alt='example.com'\n"
             "Le_API='https://ca.example:14000/dir'\n");
  site.write("dnsapi/dns_me.sh", "#!/bin/sh\n");
  site.write("ca/ca.example/dir/account.key", text_of(account.to_pem()));
  site.write("ca/ca.example/dir/ca.conf",
             "ACCOUNT_URL='https://ca.example:14000/acct/7'\n");

  expect_taken(site, find_acme_sh, account,
               name_of({"www.example.com", "example.com"}));
}

TEST(LegoFolder, IsTakenOverWithItsAccount) {
  ForeignSite site;
  const auto account = PrivateKey::generate(KeyType::kEcdsa256);
  const SitePair pair = site.issue({"www.example.com", "example.com"});
  const std::string leaf = pair.chain.substr(
      0, pair.chain.find("-----BEGIN", pair.chain.find("-----END")));
  const std::string path = "certificates/www.example.com";
  site.write(path + ".crt", leaf);  // run with --no-bundle
  site.write(path + ".issuer.crt", site.ca().intermediate_pem());
  site.write(path + ".key", pair.key);
  site.write(path + ".json",
             R"({"domain": "www.example.com",
                 "certUrl": "https://ca.example:14000/certZ/1"})");
  const std::string user = "accounts/ca.example_14000/me@example.com/";
  site.write(user + "account.json",
             R"({"email": "me@example.com", "registration":
                 {"uri": "https://ca.example:14000/acct/7"}})");
  site.write(user + "keys/me@example.com.key", text_of(account.to_pem()));

  const std::string name = name_of({"www.example.com", "example.com"});
  expect_taken(site, find_lego, account, name);
  EXPECT_EQ(site.store().load_certificate(name).value->chain.der().size(), 2U);
  EXPECT_THAT(site.store().load_account_record().contacts,
              ElementsAre("mailto:me@example.com"));
}

TEST(DehydratedFolder, IsTakenOverWithItsAccount) {
  ForeignSite site;
  const auto account = PrivateKey::generate(KeyType::kRsa4096);
  const SitePair pair = site.issue({"example.com", "www.example.com"});
  site.write("domains.txt", "example.com www.example.com > site # ours\n");
  site.write("certs/site/fullchain-1.pem", pair.chain);
  site.write("certs/site/privkey-1.pem", pair.key);
  site.link("certs/site/fullchain.pem", "fullchain-1.pem");
  site.link("certs/site/privkey.pem", "privkey-1.pem");
  const std::string path =
      "accounts/" + acme::base64url_encode(std::string(kCaUrl) + "\n") + "/";
  site.write(path + "account_key.pem", text_of(account.to_pem()));
  site.write(path + "account_id.json",
             R"({"url":"https://ca.example:14000/acct/7"})");

  expect_taken(site, find_dehydrated, account,
               name_of({"example.com", "www.example.com"}));
}

TEST(CaddyFolder, IsTakenOverWithItsAccount) {
  ForeignSite site;
  const auto account = PrivateKey::generate(KeyType::kEcdsa256);
  const SitePair pair = site.issue({"*.example.com"});
  const std::string path =
      "certificates/ca.example-14000-dir/wildcard_.example.com/"
      "wildcard_.example.com";
  site.write(path + ".crt", pair.chain);
  site.write(path + ".key", pair.key);
  site.write(path + ".json",
             R"({"sans": ["*.example.com"], "issuer_data":
                 {"ca": "https://ca.example:14000/dir"}})");
  site.write("certificates/local/example.test/example.test.crt", "ours alone");
  const std::string user = "acme/ca.example-14000-dir/users/default/";
  site.write(user + "default.key", text_of(account.to_pem()));
  site.write(user + "default.json",
             R"({"status": "valid",
                 "location": "https://ca.example:14000/acct/7"})");

  expect_taken(site, find_caddy, account, name_of({"*.example.com"}));
}

TEST(ModMdFolder, IsTakenOverWithItsEncryptedAccount) {
  ForeignSite site;
  const auto account = PrivateKey::generate(KeyType::kRsa3072);
  const SitePair pair =
      site.issue({"example.com", "www.example.com"}, KeyType::kEcdsa384);
  const std::string phrase("a pass phrase with\0 any byte", 28);
  site.write(
      "md_store.json",
      nlohmann::json{{"version", 3.0}, {"key", acme::base64url_encode(phrase)}}
          .dump());
  site.write("domains/example.com/md.json",
             R"({"name": "example.com",
                 "domains": ["example.com", "www.example.com"],
                 "ca": {"account": "ACME-ca-0000",
                        "urls": ["https://ca.example:14000/dir"]}})");
  site.write("domains/example.com/pubcert.secp384r1.pem", pair.chain);
  site.write("domains/example.com/privkey.secp384r1.pem", pair.key);
  site.write("accounts/ACME-ca-0000/account.json",
             R"({"url": "https://ca.example:14000/acct/7",
                 "ca-url": "https://ca.example:14000/dir"})");
  site.write("accounts/ACME-ca-0000/account.pem",
             encrypted_pem(account, phrase));

  expect_taken(site, find_mod_md, account,
               name_of({"example.com", "www.example.com"}, KeyType::kEcdsa384));
}

TEST(OfficialFolder, KeepsTheNamesOfItsFiles) {
  ForeignSite site;
  const auto account = PrivateKey::generate(KeyType::kEcdsa256);
  const SitePair pair = site.issue({"www.example.com", "example.com"});
  site.write("www.example.com-90897f3092e888f0.crt", pair.chain);
  site.write("www.example.com-90897f3092e888f0.key", pair.key);
  site.write("account.key", text_of(account.to_pem()));
  site.write("account.url", "https://ca.example:14000/acct/7\n");

  expect_taken(site, find_official, account,
               "www.example.com-90897f3092e888f0");
}

TEST(ForeignFolders, ThatAreOfAnotherClientHaveNothing) {
  const ForeignSite site;
  site.write("notes.txt", "nothing of this kind");
  for (const ForeignClient& client : foreign_clients()) {
    const ForeignFinds finds = client.find(site.folder());
    EXPECT_TRUE(finds.pairs.empty()) << client.name;
    EXPECT_TRUE(finds.accounts.empty()) << client.name;
  }
}

}  // namespace
}  // namespace acmectl

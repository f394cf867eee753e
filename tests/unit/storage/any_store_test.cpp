// SPDX-License-Identifier: BSD-2-Clause
// What every store promises, whatever it keeps things in. A new one gets a line
// at the end of this file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/memory_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Bytes = std::vector<std::uint8_t>;

const std::string kName = "www.example.org-1f2e3d";
const TimePoint kNow = parse_rfc3339("2026-01-02T03:04:05Z").value();

// Where one state is kept: each store that is opened there is another
// process's.
class Place {
 public:
  virtual ~Place() = default;
  [[nodiscard]] virtual std::unique_ptr<Store> open() = 0;
};

struct KindOfStore {
  std::string name;
  std::function<std::unique_ptr<Place>()> make_place;
};

class AnyStore : public testing::TestWithParam<KindOfStore> {
 protected:
  [[nodiscard]] StoredCertificate make_certificate(
      const std::string& name = "www.example.org") {
    PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
    auto chain =
        CertificateChain::from_pem(ca_.issue(identifiers_of({name}), key));
    return {std::move(chain.value()), std::move(key)};
  }

  [[nodiscard]] static StoredOrder make_order(const std::string& url) {
    return {url, identifiers_of({"www.example.org"}),
            PrivateKey::generate(KeyType::kEcdsa256)};
  }

  [[nodiscard]] static CertificateRecord record_of(const std::string& issuer) {
    CertificateRecord record;
    record.issuer = issuer;
    return record;
  }

  TestCa ca_;
  const std::unique_ptr<Place> place_ = GetParam().make_place();
  const std::unique_ptr<Store> store_ = place_->open();
  const std::unique_ptr<Store> other_ = place_->open();
};

TEST_P(AnyStore, StartsWithNothing) {
  EXPECT_FALSE(store_->load_account_key().value);
  EXPECT_FALSE(store_->load_account_url());
  EXPECT_EQ(store_->load_account_record(), AccountRecord());
  EXPECT_FALSE(store_->load_next_account_key().value);
  const auto certificate = store_->load_certificate(kName);
  EXPECT_FALSE(certificate.value);
  EXPECT_EQ(certificate.problem, "");
  EXPECT_EQ(store_->load_record(kName).issuer, "");
  EXPECT_FALSE(store_->certificate_revision(kName));
  EXPECT_THAT(store_->load_staple(kName), IsEmpty());
  EXPECT_THAT(store_->certificate_names(), IsEmpty());
  EXPECT_FALSE(store_->describe_certificate(kName));
  EXPECT_FALSE(store_->load_order(kName).value);
  EXPECT_THAT(store_->order_answers(), IsEmpty());
  EXPECT_THAT(store_->load_budget(), IsEmpty());
  EXPECT_THAT(store_->load_dns_records(), IsEmpty());
  EXPECT_FALSE(store_->dns_records_revision());
  EXPECT_THAT(store_->load_holder(), IsEmpty());
  EXPECT_THAT(store_->load_followed(kNow), IsEmpty());
  EXPECT_THAT(store_->put_in_order(), IsEmpty());
  EXPECT_NE(store_->place(), "");
  store_->check();
}

TEST_P(AnyStore, KeepsTheAccount) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  store_->save_account_key(key);
  store_->save_account_url("https://ca.example/acct/1");
  AccountRecord record;
  record.contacts = {"mailto:a@example.org"};
  store_->save_account_record(record);
  EXPECT_EQ(other_->load_account_key().value.value().thumbprint(),
            key.thumbprint());
  EXPECT_EQ(other_->load_account_url(), "https://ca.example/acct/1");
  EXPECT_EQ(other_->load_account_record(), record);

  store_->remove_account_url();
  EXPECT_FALSE(other_->load_account_url());
}

TEST_P(AnyStore, NeverPairsAnAccountUrlWithAnotherKey) {
  store_->save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  store_->save_account_url("https://ca.example/acct/1");
  store_->save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  EXPECT_FALSE(store_->load_account_url());
}

TEST_P(AnyStore, PutsTheNextAccountKeyInPlaceAndKeepsTheUrl) {
  const PrivateKey next = PrivateKey::generate(KeyType::kEcdsa384);
  store_->save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  store_->save_account_url("https://ca.example/acct/1");
  store_->save_next_account_key(next);
  EXPECT_EQ(store_->load_next_account_key().value.value().thumbprint(),
            next.thumbprint());
  store_->promote_next_account_key();
  EXPECT_EQ(store_->load_account_key().value.value().thumbprint(),
            next.thumbprint());
  EXPECT_EQ(store_->load_account_url(), "https://ca.example/acct/1");
  EXPECT_FALSE(store_->load_next_account_key().value);
  EXPECT_THROW(store_->promote_next_account_key(), Error);
  store_->save_next_account_key(next);
  store_->remove_next_account_key();
  EXPECT_FALSE(store_->load_next_account_key().value);
}

TEST_P(AnyStore, PutsAnAccountAsideAndBringsItBack) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  AccountRecord record;
  record.directory_url = "https://a.example";
  store_->save_account_key(key);
  store_->save_account_url("https://a.example/acct/1");
  store_->save_account_record(record);
  store_->change_account("https://a.example", "https://b.example");
  EXPECT_FALSE(store_->load_account_key().value);
  EXPECT_FALSE(store_->load_account_url());
  EXPECT_EQ(store_->load_account_record(), AccountRecord());
  store_->change_account("https://b.example", "https://a.example");
  EXPECT_EQ(store_->load_account_key().value.value().thumbprint(),
            key.thumbprint());
  EXPECT_EQ(store_->load_account_url(), "https://a.example/acct/1");
  EXPECT_EQ(store_->load_account_record(), record);
}

TEST_P(AnyStore, KeepsACertificateWithItsRecord) {
  const StoredCertificate first = make_certificate();
  store_->save_certificate(kName, record_of("ca"), first);
  store_->mark_verified(kName, first);
  const auto loaded = other_->load_certificate(kName);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.problem, "");
  EXPECT_EQ(loaded.value->chain.der(), first.chain.der());
  EXPECT_TRUE(loaded.value->chain.matches(loaded.value->key));
  EXPECT_EQ(other_->load_record(kName).issuer, "ca");

  const StoredCertificate second = make_certificate();
  store_->save_certificate(kName, record_of("another"), second);
  store_->remove_previous(kName);
  EXPECT_EQ(other_->load_certificate(kName).value.value().chain.der(),
            second.chain.der());
  EXPECT_EQ(other_->load_record(kName).issuer, "another");
}

TEST_P(AnyStore, NeverKeepsAPairThatDoesNotBelongTogether) {
  StoredCertificate certificate = make_certificate();
  certificate.key = PrivateKey::generate(KeyType::kEcdsa256);
  EXPECT_THROW(store_->save_certificate(kName, {}, certificate), Error);
  EXPECT_FALSE(store_->load_certificate(kName).value);
}

TEST_P(AnyStore, TellsOneCertificateFromTheNextByItsRevision) {
  store_->save_certificate(kName, {}, make_certificate());
  const auto first = store_->certificate_revision(kName);
  ASSERT_TRUE(first);
  EXPECT_EQ(other_->certificate_revision(kName), first);
  EXPECT_EQ(store_->reader().certificate_revision(kName), first);
  store_->save_record(kName, record_of("ca"));
  EXPECT_EQ(store_->certificate_revision(kName), first);
  store_->save_certificate(kName, {}, make_certificate());
  EXPECT_NE(store_->certificate_revision(kName), first);
}

TEST_P(AnyStore, KeepsARecordBeforeThereIsACertificate) {
  store_->save_record(kName, record_of("ca"));
  EXPECT_EQ(other_->load_record(kName).issuer, "ca");
  EXPECT_FALSE(store_->load_certificate(kName).value);
  EXPECT_THAT(store_->certificate_names(), IsEmpty());
  store_->save_certificate(kName, store_->load_record(kName),
                           make_certificate());
  EXPECT_EQ(store_->load_record(kName).issuer, "ca");
}

TEST_P(AnyStore, LosesNothingThatIsChangedAtTheSameTime) {
  constexpr int kChanges = 50;
  const auto change = [&](const std::string& issuer) {
    for (int i = 0; i < kChanges; ++i) {
      store_->change_record(kName, [&](CertificateRecord& record) {
        ++record.backoffs[issuer].failures;
      });
      store_->change_account_record(
          [&](AccountRecord& record) { record.contacts.push_back(issuer); });
    }
  };
  {
    const std::jthread one([&] { change("one"); });
    const std::jthread two([&] { change("two"); });
  }
  const CertificateRecord record = store_->load_record(kName);
  EXPECT_EQ(record.backoffs.at("one").failures, unsigned{kChanges});
  EXPECT_EQ(record.backoffs.at("two").failures, unsigned{kChanges});
  EXPECT_EQ(store_->load_account_record().contacts.size(),
            std::size_t{2 * kChanges});
}

TEST_P(AnyStore, KeepsAStatusResponseUntilAnEmptyOne) {
  store_->save_staple(kName, Bytes{1, 2, 3});
  EXPECT_EQ(other_->load_staple(kName), (Bytes{1, 2, 3}));
  store_->save_staple(kName, {});
  EXPECT_THAT(other_->load_staple(kName), IsEmpty());
}

TEST_P(AnyStore, DescribesWhatThereIs) {
  const StoredCertificate certificate = make_certificate();
  store_->save_certificate("b-2", record_of("ca"), certificate);
  store_->save_certificate("a-1", {}, make_certificate());
  EXPECT_THAT(other_->certificate_names(), ElementsAre("a-1", "b-2"));
  const auto document = other_->describe_certificate("b-2");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->record.issuer, "ca");
  EXPECT_EQ(document->facts.serial, certificate.chain.serial());
  EXPECT_EQ(document->facts.key, "ecdsa:256");
  EXPECT_THAT(document->facts.identifiers, ElementsAre("www.example.org"));
}

TEST_P(AnyStore, MovesACertificateToAnotherName) {
  const StoredCertificate certificate = make_certificate();
  store_->save_certificate("old-1", record_of("ca"), certificate);
  store_->save_order("old-1", make_order("https://ca.example/order/1"));
  store_->rename_certificate("old-1", kName);
  EXPECT_THAT(store_->certificate_names(), ElementsAre(kName));
  EXPECT_EQ(store_->load_certificate(kName).value.value().chain.der(),
            certificate.chain.der());
  EXPECT_EQ(store_->load_record(kName).issuer, "ca");
  EXPECT_TRUE(store_->load_order(kName).value);
  EXPECT_FALSE(store_->load_order("old-1").value);
}

TEST_P(AnyStore, MovesNoCertificateOverAnother) {
  const StoredCertificate certificate = make_certificate();
  store_->save_certificate(kName, record_of("ca"), certificate);
  store_->save_certificate("old-1", {}, make_certificate());
  store_->rename_certificate("old-1", kName);
  EXPECT_THAT(store_->certificate_names(), ElementsAre(kName));
  EXPECT_EQ(store_->load_certificate(kName).value.value().chain.der(),
            certificate.chain.der());
}

TEST_P(AnyStore, PutsACertificateAside) {
  store_->save_certificate(kName, {}, make_certificate());
  store_->save_staple(kName, Bytes{1});
  store_->save_order(kName, make_order("https://ca.example/order/1"));
  store_->archive_certificate(kName);
  EXPECT_THAT(store_->certificate_names(), IsEmpty());
  EXPECT_FALSE(store_->load_certificate(kName).value);
  EXPECT_FALSE(store_->load_order(kName).value);
  EXPECT_THAT(store_->load_staple(kName), IsEmpty());
}

TEST_P(AnyStore, KeepsAnOrderUntilItIsDone) {
  const StoredOrder order = make_order("");
  store_->save_order(kName, order);
  EXPECT_EQ(other_->load_order(kName).value.value().order_url, "");
  store_->save_order(kName, {"https://ca.example/order/1", order.identifiers,
                             order.key.copy()});
  const auto loaded = other_->load_order(kName);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->order_url, "https://ca.example/order/1");
  EXPECT_EQ(loaded.value->identifiers, order.identifiers);
  EXPECT_EQ(loaded.value->key.thumbprint(), order.key.thumbprint());
  store_->remove_order(kName);
  EXPECT_FALSE(other_->load_order(kName).value);

  store_->save_order("a-1", make_order("https://ca.example/order/2"));
  store_->save_order("b-2", make_order("https://ca.example/order/3"));
  store_->remove_orders();
  EXPECT_FALSE(other_->load_order("a-1").value);
  EXPECT_FALSE(other_->load_order("b-2").value);
}

TEST_P(AnyStore, ShowsOthersWhatAnOrderAnswers) {
  const std::vector<OrderAnswer> answers{
      {"http-01", identifiers_of({"www.example.org"}).front(), "token",
       "token.thumbprint"}};
  store_->save_order(kName, make_order("https://ca.example/order/1"));
  store_->save_order_answers(kName, answers);
  EXPECT_EQ(other_->load_order_answers(kName), answers);
  const auto first = other_->order_answers();
  ASSERT_TRUE(first.contains(kName));
  store_->save_order_answers(kName, {answers[0], answers[0]});
  EXPECT_NE(other_->order_answers(), first);
  store_->save_order_answers(kName, {});
  EXPECT_THAT(other_->order_answers(), IsEmpty());
  store_->save_order_answers(kName, answers);
  store_->remove_order(kName);
  EXPECT_THAT(other_->order_answers(), IsEmpty());
}

TEST_P(AnyStore, CountsNoEventEarlierThanItWas) {
  const TimePoint at = kNow + 250ms;
  store_->save_budget({{"orders", {at}}});
  const BudgetRecord loaded = other_->load_budget();
  ASSERT_EQ(loaded.at("orders").size(), 1U);
  EXPECT_GE(loaded.at("orders")[0], at);
  EXPECT_LT(loaded.at("orders")[0], at + 1s);
}

TEST_P(AnyStore, RemembersWhichDnsRecordsArePublished) {
  const std::vector<DnsRecord> records{
      {"example.org", "_acme-challenge.example.org.", "value"}};
  store_->save_dns_records(records);
  const auto loaded = other_->load_dns_records();
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].fqdn, records[0].fqdn);
  EXPECT_EQ(loaded[0].value, "value");
  const auto first = other_->dns_records_revision();
  EXPECT_TRUE(first);
  store_->save_dns_records(
      {records[0], {"example.com", "_acme-challenge.example.com.", "value"}});
  EXPECT_NE(other_->dns_records_revision(), first);
  store_->save_dns_records({});
  EXPECT_FALSE(other_->dns_records_revision());
}

TEST_P(AnyStore, KeepsAnAcmeDnsAccountForItsServer) {
  AcmeDnsAccount account{.server_url = "https://acme-dns.example",
                         .username = "user",
                         .password = {'p'},
                         .full_domain = "sub.acme-dns.example",
                         .subdomain = "sub"};
  store_->save_acme_dns_account("example.org", account);
  const auto loaded =
      other_->load_acme_dns_account("example.org", account.server_url);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->username, "user");
  EXPECT_FALSE(
      other_->load_acme_dns_account("example.org", "https://other.example")
          .value);
  EXPECT_FALSE(
      other_->load_acme_dns_account("example.com", account.server_url).value);
}

TEST_P(AnyStore, SaysWhatWorksForItAndWhatFollowsIt) {
  store_->save_holder({"a-1", "b-2"});
  EXPECT_THAT(other_->load_holder(), ElementsAre("a-1", "b-2"));
  other_->reader().save_followed("one", {"a-1"}, kNow);
  other_->reader().save_followed("two", {"b-2", "c-3"}, kNow + 1h);
  EXPECT_THAT(store_->load_followed(kNow),
              UnorderedElementsAre("a-1", "b-2", "c-3"));
  EXPECT_THAT(store_->load_followed(kNow + 1h),
              UnorderedElementsAre("b-2", "c-3"));
  EXPECT_THAT(store_->load_followed(kNow), UnorderedElementsAre("b-2", "c-3"));
}

TEST_P(AnyStore, GivesOneProcessTheLease) {
  auto lease = store_->try_lease(kStateLease);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->state(), Lease::State::kHeld);
  EXPECT_EQ(lease->remark(), "");
  EXPECT_FALSE(other_->try_lease(kStateLease));
  EXPECT_FALSE(store_->try_lease(kStateLease));
  EXPECT_TRUE(other_->try_lease("another"));
  lease.reset();
  lease = other_->try_lease(kStateLease);
  EXPECT_TRUE(lease);
  EXPECT_FALSE(store_->try_lease(kStateLease));
}

TEST_P(AnyStore, ShowsAReaderWhatTheOwnerKeeps) {
  const StoredCertificate certificate = make_certificate();
  store_->save_certificate(kName, {}, certificate);
  EXPECT_EQ(other_->reader().load_certificate(kName).value.value().chain.der(),
            certificate.chain.der());
  EXPECT_EQ(store_->reader().place(), store_->place());
}

TEST_P(AnyStore, TellsOfAnothersChange) {
  const auto watch = other_->watch();
  ASSERT_TRUE(watch);
  static_cast<void>(watch->wait(0ms, {}));
  store_->save_certificate(kName, {}, make_certificate());
  EXPECT_TRUE(watch->wait(24h, {}));
  static_cast<void>(watch->wait(0ms, {}));
  store_->save_order_answers(
      kName, {{"http-01", identifiers_of({"www.example.org"}).front(), "token",
               "token.thumbprint"}});
  EXPECT_TRUE(watch->wait(24h, {}));
}

TEST_P(AnyStore, WaitsForNoChangeAfterAStop) {
  const auto watch = store_->watch();
  ASSERT_TRUE(watch);
  std::stop_source source;
  const std::jthread stopper([&] { source.request_stop(); });
  EXPECT_FALSE(watch->wait(24h, source.get_token()));
}

class Directory final : public Place {
 public:
  std::unique_ptr<Store> open() override {
    return std::make_unique<FileStore>(
        std::make_unique<PosixFileSystem>(directory_.path().string()));
  }

 private:
  TemporaryDirectory directory_;
};

class OurMemory final : public Place {
 public:
  std::unique_ptr<Store> open() override {
    return std::make_unique<MemoryStore>(memory_);
  }

 private:
  const std::shared_ptr<MemoryStore::Memory> memory_ =
      MemoryStore::make_memory();
};

template <typename T>
KindOfStore kind(const std::string& name) {
  return {name, [] { return std::make_unique<T>(); }};
}

INSTANTIATE_TEST_SUITE_P(Of, AnyStore,
                         testing::Values(kind<Directory>("Files"),
                                         kind<OurMemory>("Memory")),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// What can be done with a certificate: other chains (RFC 8555 section 7.4.2),
// revocation (7.6), renewal information (RFC 9773).
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "acme_core/protocol/revocation.h"
#include "tests/conformance/conformance_fixture.h"

namespace acme {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::Not;

class CertificateConformance : public CaConformance {
 protected:
  /// What Pebble knows of it: {"Status": "Revoked", "Reason": 1, …}.
  nlohmann::json status(const CertificateChain& chain) {
    const HttpResponse response =
        management("/cert-status-by-serial/" + chain.serial());
    EXPECT_EQ(response.status, 200) << response.body;
    return nlohmann::json::parse(response.body);
  }

  bool tells_status() { return !ca().management.empty(); }

  void set_renewal_info(const CertificateChain& chain,
                        const std::string& document) {
    const nlohmann::json message{{"Certificate", chain.to_pem()},
                                 {"ARIResponse", document}};
    const HttpResponse response =
        tell_management("/set-renewal-info/", message.dump());
    ASSERT_EQ(response.status, 200) << response.body;
  }
};

TEST_F(CertificateConformance, OtherChainsHaveTheSameLeafAndOtherRoots) {
  const auto client = subscriber();

  const Issued issued = obtain(*client);

  EXPECT_EQ(issued.download.alternates.size(), ca().alternates);
  std::set roots{issued.chain.top_issuer_name()};
  for (const std::string& url : issued.download.alternates) {
    const Download other = client->download_certificate(url, stop_);
    const auto chain = CertificateChain::from_pem(other.pem);
    ASSERT_TRUE(chain);
    EXPECT_TRUE(chain->is_linked());
    EXPECT_EQ(chain->der().front(), issued.chain.der().front());
    roots.insert(chain->top_issuer_name());
  }
  EXPECT_EQ(roots.size(), 1 + ca().alternates);
  EXPECT_THAT(roots, Not(testing::Contains("")));
}

TEST_F(CertificateConformance, AccountRevokesWhatItOrdered) {
  SKIP_WITHOUT("revocation");
  const auto client = subscriber();
  const Issued issued = obtain(*client);

  client->revoke(issued.chain, RevocationReason::kSuperseded, stop_);

  if (tells_status()) {
    const nlohmann::json told = status(issued.chain);
    EXPECT_EQ(told["Status"], "Revoked");
    EXPECT_EQ(told["Reason"], 4);
  }
  const Error again = refusal_of([&] {
    client->revoke(issued.chain, RevocationReason::kSuperseded, stop_);
  });
  EXPECT_EQ(again.problem_type(), "alreadyRevoked") << again.what();
}

TEST_F(CertificateConformance, WithoutAReasonTheReasonIsUnspecified) {
  SKIP_WITHOUT("revocation");
  const auto client = subscriber();
  const Issued issued = obtain(*client);

  client->revoke(issued.chain, RevocationReason::kUnspecified, stop_);

  if (tells_status()) {
    const nlohmann::json told = status(issued.chain);
    EXPECT_EQ(told["Status"], "Revoked");
    EXPECT_EQ(told.value("Reason", 0), 0);
  }
}

TEST_F(CertificateConformance, WhoeverHasTheKeyRevokesWithoutAnAccount) {
  SKIP_WITHOUT("revocation");
  const Issued issued = obtain(*subscriber());

  stranger()->revoke_with_key(issued.chain, issued.key,
                              RevocationReason::kKeyCompromise, stop_);

  if (tells_status()) {
    const nlohmann::json told = status(issued.chain);
    EXPECT_EQ(told["Status"], "Revoked");
    EXPECT_EQ(told["Reason"], 1);
  }
}

TEST_F(CertificateConformance, AnotherKeyDoesNotRevoke) {
  SKIP_WITHOUT("revocation");
  const Issued issued = obtain(*subscriber());
  const PrivateKey other = PrivateKey::generate(KeyType::kEcdsa256);

  const Error error = refusal_of([&] {
    stranger()->revoke_with_key(issued.chain, other,
                                RevocationReason::kKeyCompromise, stop_);
  });

  EXPECT_THAT(error.problem_type(), Not(IsEmpty())) << error.what();
}

TEST_F(CertificateConformance, AnAccountWithoutTheNamesDoesNotRevoke) {
  SKIP_WITHOUT("revocation");
  const Issued issued = obtain(*subscriber());
  const auto other = subscriber();

  const Error error = refusal_of([&] {
    other->revoke(issued.chain, RevocationReason::kUnspecified, stop_);
  });

  EXPECT_EQ(error.problem_type(), "unauthorized") << error.what();
  if (tells_status()) {
    EXPECT_EQ(status(issued.chain)["Status"], "Valid");
  }
}

// RFC 9773.

TEST_F(CertificateConformance, RenewalIsSuggestedWithinItsLife) {
  const auto client = subscriber();
  const Issued issued = obtain(*client);

  const auto answer = client->renewal_info(issued.chain, stop_);

  if (!ca().has("renewal-info")) {
    EXPECT_FALSE(answer);
    return;
  }
  ASSERT_TRUE(answer);
  EXPECT_GE(answer->resource.start, issued.chain.not_before() - seconds(2));
  EXPECT_GT(answer->resource.end, answer->resource.start);
  EXPECT_LE(answer->resource.end, issued.chain.not_after() + seconds(2));
  ASSERT_TRUE(answer->retry_at);
  EXPECT_GT(*answer->retry_at, now());
}

TEST_F(CertificateConformance, RenewalOfARevokedOneIsDue) {
  SKIP_WITHOUT("renewal-info");
  const auto client = subscriber();
  const Issued issued = obtain(*client);
  client->revoke(issued.chain, RevocationReason::kUnspecified, stop_);

  try {
    const auto answer = client->renewal_info(issued.chain, stop_);
    ASSERT_TRUE(answer);
    EXPECT_LT(answer->resource.end, now());
  } catch (const Error& error) {
    // Some Pebbles no longer know a revoked certificate.
    EXPECT_STRNE(error.what(), "");
  }
}

TEST_F(CertificateConformance, RenewalInformationMayCarryAnExplanation) {
  SKIP_WITHOUT("set-renewal-info");
  const auto client = subscriber();
  const Issued issued = obtain(*client);
  set_renewal_info(issued.chain, R"({
    "suggestedWindow": {"start": "2026-01-02T04:00:00Z",
                        "end": "2026-01-03T04:00:00.5+02:00"},
    "explanationURL": "https://example.com/mass-revocation"})");

  const auto answer = client->renewal_info(issued.chain, stop_);

  ASSERT_TRUE(answer);
  EXPECT_EQ(rfc3339(answer->resource.start), "2026-01-02T04:00:00Z");
  EXPECT_EQ(rfc3339(answer->resource.end), "2026-01-03T02:00:00Z");
  EXPECT_EQ(answer->resource.explanation_url,
            "https://example.com/mass-revocation");
}

TEST_F(CertificateConformance, MalformedRenewalInformationIsAnError) {
  SKIP_WITHOUT("set-renewal-info");
  const auto client = subscriber();
  const Issued issued = obtain(*client);

  for (const std::string document :
       {"no JSON", "{}", R"({"suggestedWindow": {"start": "today"}})",
        R"({"suggestedWindow": {"start": "2026-01-03T00:00:00Z",
                                "end": "2026-01-02T00:00:00Z"}})"}) {
    set_renewal_info(issued.chain, document);
    const Error error = refusal_of(
        [&] { static_cast<void>(client->renewal_info(issued.chain, stop_)); });
    EXPECT_EQ(error.kind(), ErrorKind::kTransient) << document;
  }
}

TEST_F(CertificateConformance, ReplacedOnceIsReplaced) {
  SKIP_WITHOUT("replaces");
  const auto client = subscriber();
  const Issued first = obtain(*client);
  ASSERT_TRUE(first.chain.renewal_id());
  const OrderRequest request{.identifiers = {name()},
                             .replaces = *first.chain.renewal_id()};

  const Issued second = obtain(*client, request);

  EXPECT_NE(second.chain.serial(), first.chain.serial());
  const Error error =
      refusal_of([&] { static_cast<void>(client->new_order(request, stop_)); });
  EXPECT_THAT(error.problem_type(), Not(IsEmpty())) << error.what();
}

class CertificateKey : public CaConformance,
                       public testing::WithParamInterface<KeyType> {};

TEST_P(CertificateKey, OfEveryTypeIsCertified) {
  const auto client = subscriber();

  const Issued issued = obtain(*client, {.identifiers = {name()}}, GetParam());

  EXPECT_TRUE(issued.chain.matches(issued.key));
  EXPECT_EQ(issued.key.type(), GetParam());
}

std::string key_type_name(const testing::TestParamInfo<KeyType>& info) {
  std::string text(to_string(info.param));
  std::erase(text, ':');
  return text;
}

INSTANTIATE_TEST_SUITE_P(Types, CertificateKey, testing::ValuesIn(kAllKeyTypes),
                         key_type_name);

}  // namespace
}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// What the doctor says of DNS, ports, the CA and the state directory, each
// scripted.
#include "acmectl/doctor/doctor.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "acme_core/engine/budget.h"
#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "acmectl/doctor/caa_check.h"
#include "acmectl/doctor/dns_checks.h"
#include "acmectl/doctor/state_checks.h"
#include "tests/support/fake_dns.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_ca.h"

namespace acmectl {
namespace {

using acme::DnsRcode;
using acme::Identifier;
using acme::ProbeType;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kLetsEncrypt[] = "letsencrypt.org";
constexpr char kAccount[] = "https://ca.example/acct/7";
const acme::TimePoint kDoctorTime = acme::kTestNotBefore;

MATCHER_P2(Found, health, text, "") {
  *result_listener << to_string(arg.health) << " " << arg.check << ": "
                   << arg.text;
  return arg.health == health && arg.text.find(text) != std::string::npos &&
         (arg.health == Health::kOk) == arg.cure.empty();
}

Identifier name(const std::string& text) {
  return acme::parse_identifier(text).value();
}

class FakeProbe final : public acme::DnsProbe {
 public:
  acme::ProbeReply ask(const acme::ProbeQuestion& question,
                       std::stop_token /*stop*/) override {
    if (is_silent) {
      throw acme::Error(acme::ErrorKind::kUnavailable, "no resolver answers");
    }
    const auto found = replies.find({question.name, question.type});
    if (found == replies.end()) {
      return {};
    }
    acme::ProbeReply reply = found->second;
    if (question.checking_disabled && broken_signatures) {
      reply.rcode = DnsRcode::kNoError;
    }
    return reply;
  }

  void add_caa(const std::string& owner, const std::string& tag,
               const std::string& value, bool is_critical = false) {
    replies[{owner + ".", ProbeType::kCaa}].caa.push_back(
        {is_critical, tag, value});
  }

  std::map<std::pair<std::string, ProbeType>, acme::ProbeReply> replies;
  bool broken_signatures = false;
  bool is_silent = false;
};

class FakePorts final : public PortProbe {
 public:
  std::string connect(const std::string& /*address*/,
                      unsigned /*port*/) override {
    return refusal;
  }
  std::string refusal;
};

class FakeHttp final : public acme::HttpClient {
 public:
  acme::HttpResponse send(const acme::HttpRequest& request,
                          std::stop_token /*stop*/) override {
    urls.push_back(request.url);
    if (!refusal.empty()) {
      throw acme::Error(acme::ErrorKind::kUnavailable, refusal);
    }
    return response;
  }
  acme::HttpResponse response{.status = 404, .body = {}, .headers = {}};
  std::string refusal;
  std::vector<std::string> urls;
};

class Caa : public testing::Test {
 protected:
  Finding check(const std::string& of) {
    return check_caa(dns_, name(of), asker_, {});
  }
  FakeProbe dns_;
  CaaAsker asker_{.identities = {kLetsEncrypt},
                  .account_url = kAccount,
                  .methods = {"http-01", "tls-alpn-01"}};
};

TEST_F(Caa, ThatIsMissingLetsEverybodyIssue) {
  EXPECT_THAT(check("www.example.com"), Found(Health::kOk, "no record"));
}

TEST_F(Caa, IsThatOfTheNearestNameAboveThatHasOne) {
  dns_.add_caa("example.com", "issue", "other.example");
  dns_.add_caa("com", "issue", kLetsEncrypt);
  EXPECT_THAT(check("www.example.com"),
              Found(Health::kFail, "\"example.com\" does not let"));
  dns_.add_caa("www.example.com", "issue", "LetsEncrypt.org");
  EXPECT_THAT(check("www.example.com"), Found(Health::kOk, "issue"));
}

TEST_F(Caa, SaysTheRecordToAdd) {
  dns_.add_caa("example.com", "issue", ";");
  EXPECT_EQ(check("example.com").cure,
            "add example.com CAA 0 issue \"letsencrypt.org\"");
}

TEST_F(Caa, ThatIsEmptyLetsNobodyIssue) {
  dns_.add_caa("example.com", "issue", "");
  EXPECT_THAT(check("example.com"), Found(Health::kFail, "does not let"));
}

TEST_F(Caa, OfAWildcardIsIssuewildWhereThereIsOne) {
  dns_.add_caa("example.com", "issue", kLetsEncrypt);
  EXPECT_THAT(check("*.example.com"), Found(Health::kOk, ""));
  dns_.add_caa("example.com", "issuewild", "other.example");
  EXPECT_THAT(check("*.example.com"), Found(Health::kFail, "does not let"));
  EXPECT_THAT(check("www.example.com"), Found(Health::kOk, ""));
}

TEST_F(Caa, WithAnAccountIsForThatAccount) {
  dns_.add_caa("example.com", "issue",
               "letsencrypt.org; accounturi=https://ca.example/acct/8");
  EXPECT_THAT(check("example.com"),
              Found(Health::kFail, "acct/8 may, and ours is"));
  asker_.account_url.clear();
  EXPECT_THAT(check("example.com"), Found(Health::kWarn, "is not known"));
  dns_.add_caa("example.com", "issue",
               "letsencrypt.org;accounturi = https://ca.example/acct/7");
  asker_.account_url = kAccount;
  EXPECT_THAT(check("example.com"), Found(Health::kOk, ""));
}

TEST_F(Caa, WithMethodsIsForThose) {
  dns_.add_caa("example.com", "issue",
               "letsencrypt.org; validationmethods=dns-01,dns-02");
  EXPECT_THAT(check("example.com"),
              Found(Health::kFail, "only by dns-01, dns-02, not by http-01"));
  asker_.methods = {"dns-01"};
  EXPECT_THAT(check("example.com"), Found(Health::kOk, "by dns-01"));
}

TEST_F(Caa, WithACriticalPropertyThatNobodyKnowsForbidsAll) {
  dns_.add_caa("example.com", "issue", kLetsEncrypt);
  dns_.add_caa("example.com", "tbs", "unknown", /*is_critical=*/true);
  EXPECT_THAT(check("example.com"), Found(Health::kFail, "\"tbs\""));
}

TEST_F(Caa, ThatCannotBeAskedForForbidsAll) {
  dns_.replies[{"example.com.", ProbeType::kCaa}].rcode = DnsRcode::kServFail;
  EXPECT_THAT(check("example.com"), Found(Health::kFail, "SERVFAIL"));
  dns_.is_silent = true;
  EXPECT_THAT(check("example.com"), Found(Health::kFail, "no resolver"));
}

TEST_F(Caa, IsNotJudgedForACaThatDoesNotSayItsName) {
  dns_.add_caa("example.com", "issue", kLetsEncrypt);
  asker_.identities.clear();
  EXPECT_THAT(check("example.com"), Found(Health::kWarn, "is not known"));
}

class Addresses : public testing::Test {
 protected:
  AddressFindings check() {
    return check_addresses(dns_, name("www.example.com"),
                           {{"192.0.2.1", "2001:db8::1"}}, {});
  }
  FakeProbe dns_;
};

TEST_F(Addresses, OfThisMachineAreWell) {
  dns_.replies[{"www.example.com.", ProbeType::kA}].values = {"192.0.2.1"};
  dns_.replies[{"www.example.com.", ProbeType::kAaaa}].values = {
      "2001:DB8:0:0:0:0:0:1"};
  const auto result = check();
  EXPECT_THAT(result.addresses, ElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_THAT(result.findings,
              ElementsAre(Found(Health::kOk, "A 192.0.2.1 is this machine's"),
                          Found(Health::kOk, "AAAA 2001:db8::1 is this")));
}

TEST_F(Addresses, OfAnotherMachineMayBeARouters) {
  dns_.replies[{"www.example.com.", ProbeType::kA}].values = {"192.0.2.1",
                                                              "192.0.2.9"};
  EXPECT_THAT(check().findings,
              ElementsAre(Found(Health::kWarn, "192.0.2.9 is not an address")));
}

TEST_F(Addresses, ThatAreMissingAreAFailure) {
  EXPECT_THAT(check().findings,
              ElementsAre(Found(Health::kFail, "neither A nor AAAA")));
}

TEST_F(Addresses, ThatCannotBeAskedForAreAFailure) {
  dns_.replies[{"www.example.com.", ProbeType::kA}].values = {"192.0.2.1"};
  dns_.replies[{"www.example.com.", ProbeType::kAaaa}].rcode =
      DnsRcode::kServFail;
  EXPECT_THAT(check().findings,
              Contains(Found(Health::kFail, "AAAA is answered by SERVFAIL")));
}

class Dnssec : public testing::Test {
 protected:
  Finding check() { return check_dnssec(dns_, name("www.example.com"), {}); }
  acme::ProbeReply& reply() {
    return dns_.replies[{"www.example.com.", ProbeType::kSoa}];
  }
  FakeProbe dns_;
};

TEST_F(Dnssec, ThatValidatesIsWell) {
  reply().is_authenticated = true;
  EXPECT_THAT(check(), Found(Health::kOk, "validates"));
}

TEST_F(Dnssec, ThatIsNotThereIsWell) {
  dns_.replies[{".", ProbeType::kSoa}].is_authenticated = true;
  EXPECT_THAT(check(), Found(Health::kOk, "not signed"));
}

TEST_F(Dnssec, ThatDoesNotValidateIsAFailure) {
  reply().rcode = DnsRcode::kServFail;
  dns_.broken_signatures = true;
  EXPECT_THAT(check(), Found(Health::kFail, "do not validate"));
}

TEST_F(Dnssec, IsNotToBlameWhenNobodyAnswers) {
  reply().rcode = DnsRcode::kServFail;
  EXPECT_THAT(check(), Found(Health::kFail, "give no answer"));
}

TEST_F(Dnssec, IsNotKnownWithoutAResolverThatValidates) {
  EXPECT_THAT(check(), Found(Health::kWarn, "does not validate"));
}

TEST(Delegation, SaysWhereTheRecordsGo) {
  const acme::FakeDnsProvider provider;
  acme::FakeDnsLookup dns(provider);
  EXPECT_THAT(check_delegation(dns, name("www.example.com"), {}),
              Found(Health::kOk, "is in the zone example.com. of ns1., ns2."));
  dns.set_alias("_acme-challenge.example.com.", "a.acme.example.");
  EXPECT_THAT(check_delegation(dns, name("*.example.com"), {}),
              Found(Health::kOk, "is an alias of a.acme.example."));
}

TEST(Delegation, ThatLeadsNowhereIsAFailureForAWildcard) {
  const acme::FakeDnsProvider provider;
  acme::FakeDnsLookup dns(provider);
  dns.lose_resolver();
  EXPECT_THAT(check_delegation(dns, name("*.example.com"), {}),
              Found(Health::kFail, "no resolver"));
  EXPECT_THAT(check_delegation(dns, name("example.com"), {}),
              Found(Health::kWarn, "no resolver"));
}

class PortsOfAName : public testing::Test {
 protected:
  Findings check() {
    return check_ports(ports_, http_, name("www.example.com"), {"192.0.2.1"},
                       own_, {}, {});
  }
  FakePorts ports_;
  FakeHttp http_;
  OwnAddresses own_{{"192.0.2.1"}};
};

TEST_F(PortsOfAName, ThatAnswerAreWell) {
  EXPECT_THAT(check(),
              ElementsAre(Found(Health::kOk, "over HTTP with status 404"),
                          Found(Health::kOk, "192.0.2.1 answers")));
  EXPECT_THAT(http_.urls,
              ElementsAre("http://www.example.com/.well-known/acme-challenge/"
                          "acmectl-doctor"));
}

TEST_F(PortsOfAName, ThatAreClosedHereAreAFailure) {
  ports_.refusal = "Connection refused";
  http_.refusal = "no answer";
  EXPECT_THAT(check(), ElementsAre(Found(Health::kFail, "no answer"),
                                   Found(Health::kFail, "Connection refused")));
}

TEST_F(PortsOfAName, ThatAreClosedElsewhereMayBeSeenFromOutside) {
  own_.addresses.clear();
  ports_.refusal = "no answer within 5 s";
  EXPECT_THAT(check(), Contains(Found(Health::kWarn, "within 5 s")));
}

class CaOfAnIssuer : public testing::Test {
 protected:
  CaFindings check() {
    return check_ca(http_, "ca", "https://ca.example/dir", kDoctorTime, {});
  }
  void answer(const std::string& date) {
    http_.response = {.status = 200,
                      .body = R"({"newNonce": "https://ca.example/n",
                    "newAccount": "https://ca.example/a",
                    "newOrder": "https://ca.example/o",
                    "meta": {"caaIdentities": ["ca.example"]}})",
                      .headers = {{"date", date}}};
  }
  FakeHttp http_;
};

TEST_F(CaOfAnIssuer, ThatAnswersTellsTheTime) {
  answer("Thu, 01 Jan 2026 00:00:09 GMT");
  const CaFindings result = check();
  EXPECT_THAT(result.findings, ElementsAre(Found(Health::kOk, "answers"),
                                           Found(Health::kOk, "by 9 s")));
  ASSERT_TRUE(result.directory);
  EXPECT_THAT(result.directory->caa_identities, ElementsAre("ca.example"));
}

TEST_F(CaOfAnIssuer, FindsAClockThatIsOff) {
  answer("Thu, 01 Jan 2026 00:06:00 GMT");
  EXPECT_THAT(check().findings, Contains(Found(Health::kWarn, "by 360 s")));
  answer("Wed, 31 Dec 2025 22:00:00 GMT");
  EXPECT_THAT(check().findings, Contains(Found(Health::kFail, "by 7200 s")));
}

TEST_F(CaOfAnIssuer, ThatIsNoneIsAFailure) {
  answer("Thu, 01 Jan 2026 00:00:00 GMT");
  http_.response.body = "<html>";
  EXPECT_THAT(check().findings,
              Contains(Found(Health::kFail, "no ACME directory")));
  http_.refusal = "not found";
  EXPECT_THAT(check().findings, ElementsAre(Found(Health::kFail, "not found")));
}

class State : public testing::Test {
 protected:
  acme::TemporaryDirectory directory_;
  const std::string path_ = directory_.path().string();
  acme::FileStore store_{std::make_unique<acme::PosixFileSystem>(path_)};
};

TEST_F(State, ThatTakesFilesIsWell) {
  EXPECT_EQ(worst_of(check_state(path_, &store_)), Health::kOk);
  EXPECT_TRUE(std::filesystem::is_empty(path_));
}

TEST_F(State, ThatOthersMayWriteToIsNot) {
  ASSERT_EQ(chmod(path_.c_str(), 0777), 0);
  EXPECT_THAT(check_state(path_, &store_),
              Contains(Found(Health::kWarn, "mode 0777")));
}

TEST_F(State, WithFilesOfAnotherUserIsAFailureWithItsCure) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away";
  }
  std::ofstream(path_ + "/account.key") << "restored";
  ASSERT_EQ(chown(path_.c_str(), 65534, 65534), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0700), 0);
  const auto findings = check_state(path_, &store_);
  EXPECT_THAT(findings, Contains(Found(Health::kFail, "\"account.key\"")));
  EXPECT_THAT(findings,
              Contains(testing::Field(&Finding::cure, HasSubstr("chown -R"))));
}

TEST_F(State, ThatIsNotThereIsAFailure) {
  EXPECT_THAT(check_state(path_ + "/none", nullptr),
              ElementsAre(Found(Health::kFail, "no such directory")));
}

TEST_F(State, KnowsWhatIsLeftOfALimit) {
  const std::string url = "https://acme-v02.api.letsencrypt.org/directory";
  const std::vector<Identifier> names{name("www.example.com")};
  EXPECT_THAT(check_budget(store_, url, names, kDoctorTime),
              Found(Health::kOk, "within the CA's limits"));

  acme::Budget budget(acme::published_limits(url));
  const auto keys = acme::budget_keys(names);
  for (int i = 0; i < 5; ++i) {
    budget.count_order(keys, acme::OrderKind::kNew, kDoctorTime);
  }
  store_.save_budget(budget.record(kDoctorTime));
  EXPECT_THAT(check_budget(store_, url, names, kDoctorTime),
              Found(Health::kWarn, "the next order can be at 2026-01-"));
  EXPECT_THAT(
      check_budget(store_, "https://ca.example/dir", names, kDoctorTime),
      Found(Health::kOk, "no limits"));
}

TEST(Doctor, LooksAtANameOnceAndAtAWildcardByDnsAlone) {
  FakeProbe probe;
  probe.replies[{"www.example.com.", ProbeType::kA}].values = {"192.0.2.1"};
  const acme::FakeDnsProvider provider;
  acme::FakeDnsLookup lookup(provider);
  FakeHttp http;
  FakePorts ports;
  DoctorJob job;
  job.now = kDoctorTime;
  DoctorIssuer& issuer = job.issuers.emplace_back();
  issuer.name = "ca";
  issuer.directory_url = "https://ca.example/dir";
  issuer.certificates = {{name("www.example.com")},
                         {name("www.example.com"), name("*.example.com")}};
  std::vector<std::string> told;

  const Findings findings =
      run_doctor(job,
                 {.probe = probe,
                  .lookup = lookup,
                  .ca = http,
                  .plain = http,
                  .ports = ports},
                 [&](const Finding& finding) {
                   told.push_back(finding.about + " " + finding.check);
                 },
                 {});

  EXPECT_THAT(
      told,
      ElementsAre("ca ca", "ca clock", "www.example.com addresses",
                  "www.example.com dnssec", "www.example.com caa",
                  "www.example.com _acme-challenge", "www.example.com port 80",
                  "www.example.com port 443", "*.example.com dnssec",
                  "*.example.com caa", "*.example.com _acme-challenge"));
  EXPECT_EQ(findings.size(), told.size());
  EXPECT_THAT(findings_json(findings), HasSubstr(R"("health": "fail")"));
}

TEST(Doctor, KnowsWhatNoPublicCaSignsOrReaches) {
  FakeProbe probe;
  probe.replies[{"www.example.com.", ProbeType::kA}].values = {"10.0.0.1"};
  const acme::FakeDnsProvider provider;
  acme::FakeDnsLookup lookup(provider);
  FakeHttp http;
  FakePorts ports;
  DoctorJob job;
  DoctorIssuer& issuer = job.issuers.emplace_back();
  issuer.name = "letsencrypt";
  issuer.directory_url = "https://acme-v02.api.letsencrypt.org/directory";
  issuer.certificates = {{name("www.example.com"), name("printer.local")}};

  const Findings findings = run_doctor(job,
                                       {.probe = probe,
                                        .lookup = lookup,
                                        .ca = http,
                                        .plain = http,
                                        .ports = ports},
                                       {}, {});

  EXPECT_THAT(findings, Contains(Found(Health::kFail, "10.0.0.1 is ")));
  EXPECT_THAT(findings, Contains(Found(Health::kFail, "printer.local ")));
}

TEST(OwnAddresses, HaveAllOfTheLoopbackNetwork) {
  const OwnAddresses own = own_addresses();
  EXPECT_TRUE(own.contains("127.0.0.1"));
  EXPECT_TRUE(own.contains("127.16.3.4"));
  EXPECT_FALSE(own.contains("192.0.2.1"));
}

TEST(Doctor, SaysTheCureBelowTheFinding) {
  EXPECT_EQ(finding_text({Health::kWarn, "a.example", "caa", "x\ny", "do z"}),
            "warn  a.example caa: x?y\n      -> do z\n");
}

}  // namespace
}  // namespace acmectl

// SPDX-License-Identifier: BSD-2-Clause
// Accounts (RFC 8555 section 7.3).
#include <gmock/gmock.h>

#include "tests/conformance/conformance_fixture.h"

namespace acme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using AccountConformance = CaConformance;

TEST_F(AccountConformance, NewOneIsValidAndInUse) {
  const auto client = stranger();

  const Account account = client->new_account(application(), stop_);

  EXPECT_EQ(account.status, Account::Status::kValid);
  EXPECT_THAT(account.url, StartsWith("https://"));
  EXPECT_EQ(client->account_url(), account.url);
}

TEST_F(AccountConformance, SameKeyGetsTheSameOneAgain) {
  const auto first = subscriber();
  const auto second = stranger(copy(*first->account_key()));

  const Account account = second->new_account(application(), stop_);

  EXPECT_EQ(account.url, first->account_url());
}

TEST_F(AccountConformance, UnknownKeyHasNone) {
  const auto client = stranger();

  EXPECT_FALSE(client->find_account(stop_));
  EXPECT_THAT(client->account_url(), IsEmpty());
}

TEST_F(AccountConformance, KnownKeyFindsItsOwn) {
  const auto first = subscriber();
  const auto second = stranger(copy(*first->account_key()));

  const auto found = second->find_account(stop_);

  ASSERT_TRUE(found);
  EXPECT_EQ(found->url, first->account_url());
  EXPECT_EQ(second->account_url(), first->account_url());
  EXPECT_EQ(second->fetch_account(stop_).status, Account::Status::kValid);
}

TEST_F(AccountConformance, UrlKnownFromBeforeIsEnough) {
  const auto first = subscriber();
  const auto second = stranger(copy(*first->account_key()));

  second->use_account(first->account_url());

  EXPECT_THAT(open(*second, {.identifiers = {name()}}).url,
              StartsWith("https://"));
}

TEST_F(AccountConformance, ContactsAreKeptAndReplaced) {
  const auto client = stranger();
  client->new_account(application({"mailto:admin@example.com"}), stop_);
  EXPECT_THAT(client->fetch_account(stop_).contacts,
              ElementsAre("mailto:admin@example.com"));

  const Account updated =
      client->update_contacts({"mailto:other@example.com"}, stop_);

  EXPECT_THAT(updated.contacts, ElementsAre("mailto:other@example.com"));
  EXPECT_EQ(updated.url, client->account_url());
  EXPECT_THAT(client->fetch_account(stop_).contacts,
              ElementsAre("mailto:other@example.com"));
}

TEST_F(AccountConformance, KeyIsChangedFromAnyTypeToAnyOther) {
  SKIP_WITHOUT("key-change");
  const auto client = subscriber();
  const std::string url = client->account_url();

  for (const KeyType type :
       {KeyType::kEcdsa256, KeyType::kRsa2048, KeyType::kEcdsa384}) {
    const auto before = client->account_key();
    PrivateKey next = PrivateKey::generate(type);
    const std::string thumbprint = next.thumbprint();

    client->change_key(std::move(next), stop_);

    EXPECT_EQ(client->account_key()->thumbprint(), thumbprint);
    EXPECT_EQ(client->account_url(), url);
    EXPECT_FALSE(stranger(copy(*before))->find_account(stop_));
    const auto found =
        stranger(copy(*client->account_key()))->find_account(stop_);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->url, url);
  }
  EXPECT_TRUE(obtain(*client).chain.covers(std::vector{name()}));
}

TEST_F(AccountConformance, DeactivatedOneIsRefused) {
  const auto client = subscriber();

  client->deactivate_account(stop_);

  const Error error = refusal_of([&] {
    static_cast<void>(client->new_order({.identifiers = {name()}}, stop_));
  });
  EXPECT_EQ(error.problem_type(), "unauthorized") << error.what();
}

// Section 7.3.4.

TEST_F(AccountConformance, DirectorySaysThatAnExternalAccountIsNeeded) {
  EXPECT_EQ(stranger()->directory(stop_).external_account_required,
            ca().has("external-account"));
}

TEST_F(AccountConformance, WithoutTheExternalAccountItIsRefused) {
  SKIP_WITHOUT("external-account");
  NewAccount without = application();
  without.external_account.reset();

  const Error error = refusal_of(
      [&] { static_cast<void>(stranger()->new_account(without, stop_)); });

  EXPECT_EQ(error.problem_type(), "externalAccountRequired") << error.what();
}

TEST_F(AccountConformance, WrongExternalKeyIsRefusedWithTheCasWords) {
  SKIP_WITHOUT("external-account");
  NewAccount wrong = application();
  wrong.external_account->key.back() ^= 1U;

  const Error error = refusal_of(
      [&] { static_cast<void>(stranger()->new_account(wrong, stop_)); });

  EXPECT_THAT(error.problem_type(), testing::Not(IsEmpty()));
  EXPECT_THAT(error.what(), HasSubstr("external account"));
}

TEST_F(AccountConformance, UnknownExternalAccountIsRefused) {
  SKIP_WITHOUT("external-account");
  NewAccount wrong = application();
  wrong.external_account->kid = "nobody";

  const Error error = refusal_of(
      [&] { static_cast<void>(stranger()->new_account(wrong, stop_)); });

  EXPECT_EQ(error.problem_type(), "unauthorized") << error.what();
}

class AccountKey : public CaConformance,
                   public testing::WithParamInterface<KeyType> {};

TEST_P(AccountKey, OfEveryTypeSignsWhatTheCaAccepts) {
  const auto client = subscriber(PrivateKey::generate(GetParam()));

  const Issued issued = obtain(*client);

  EXPECT_TRUE(issued.chain.matches(issued.key));
}

std::string key_type_name(const testing::TestParamInfo<KeyType>& info) {
  std::string text(to_string(info.param));
  std::erase(text, ':');
  return text;
}

INSTANTIATE_TEST_SUITE_P(Types, AccountKey, testing::ValuesIn(kAllKeyTypes),
                         key_type_name);

}  // namespace
}  // namespace acme

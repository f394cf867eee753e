// SPDX-License-Identifier: BSD-2-Clause
// What every conformance test has: the CA, a way to reach it, and the steps
// from an order to a certificate by the protocol's functions alone.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/env/clock.h"
#include "acme_core/error.h"
#include "acme_core/identifier.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/protocol/client.h"
#include "tests/conformance/ca_under_test.h"
#include "tests/conformance/challenge_server.h"

namespace acme {

/// Ends the test when the CA is not known to have the feature.
#define SKIP_WITHOUT(feature)                                         \
  do {                                                                \
    if (!ca().has(feature)) GTEST_SKIP() << "the CA has no " feature; \
  } while (false)

inline constexpr KeyType kAllKeyTypes[] = {
    KeyType::kEcdsa256, KeyType::kEcdsa384, KeyType::kEcdsa521,
    KeyType::kRsa2048,  KeyType::kRsa3072,  KeyType::kRsa4096};

struct Issued {
  PrivateKey key;
  Order order;
  Download download;
  CertificateChain chain;
};

class CaConformance : public testing::Test {
 protected:
  CaConformance();

  [[nodiscard]] static const CaUnderTest& ca();

  /// Nobody yet: it has a key and no account.
  [[nodiscard]] std::unique_ptr<Client> stranger(
      PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256));

  /// With an account of its own.
  [[nodiscard]] std::unique_ptr<Client> subscriber(
      PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256));

  /// What this CA wants to read in newAccount.
  [[nodiscard]] static NewAccount application(
      std::vector<std::string> contacts = {});

  /// A name that the CA can reach: "one.", "two." or "three." and the suffix.
  [[nodiscard]] static Identifier name(const std::string& label = "one");
  [[nodiscard]] static Identifier address();

  /// From the order to the certificate.
  [[nodiscard]] Issued obtain(Client& client, const OrderRequest& request,
                              KeyType key_type = KeyType::kEcdsa256);
  [[nodiscard]] Issued obtain(Client& client);  ///< for name()

  // The steps of obtain().
  [[nodiscard]] Order open(Client& client, const OrderRequest& request);
  void authorize(Client& client, const Order& order);
  [[nodiscard]] Order finish(Client& client, const Order& order,
                             const PrivateKey& key);

  /// Asks again until `is_done`.
  [[nodiscard]] Authorization wait_for(
      Client& client, const std::string& authorization,
      const std::function<bool(const Authorization&)>& is_done);

  /// What Pebble's management server says, as text.
  [[nodiscard]] HttpResponse management(const std::string& path);
  HttpResponse tell_management(const std::string& path, std::string body);

  [[nodiscard]] TimePoint now() const { return clock_.now(); }

  std::stop_token stop_;  ///< nobody asks us to stop
  ChallengeServer web_;

 private:
  void pause();

  SystemClock clock_;
  CurlHttpClient http_;
};

/// One of two copies.
[[nodiscard]] PrivateKey copy(const PrivateKey& key);

/// The error with which `action` ends; a failure of the test when it does not.
template <typename Action>
[[nodiscard]] Error refusal_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "was not refused";
  return {ErrorKind::kStopped, "was not refused"};
}

}  // namespace acme

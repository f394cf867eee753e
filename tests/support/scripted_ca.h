// SPDX-License-Identifier: BSD-2-Clause
// A CA in this process: RFC 8555 without sockets, which misbehaves on request.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/clock.h"
#include "acme_core/net/http_client.h"
#include "acme_core/protocol/account.h"
#include "tests/support/test_ca.h"

namespace acme {

enum class Resource {
  kDirectory,
  kNonce,
  kAccount,
  kNewOrder,
  kOrder,
  kAuthorization,
  kChallenge,
  kFinalize,
  kCertificate,
  kKnownAccount,  ///< an account's own URL
  kOrderList,
  kKeyChange,
  kRevocation,
  kRenewalInfo,
};

/// Answers as a well-behaved CA does, unless told otherwise: nonces are used
/// once, the JWS header must fit the request, challenges are validated by
/// fetching them, certificates are for the CSR's key. Signatures are not
/// checked: Pebble does that in the end-to-end tests. Thread-safe.
class ScriptedCa final : public HttpClient {
 public:
  using Fault = std::function<HttpResponse(const HttpRequest&)>;

  explicit ScriptedCa(Clock& clock) : clock_(clock) {}

  static constexpr std::string_view kDirectoryUrl = "https://ca.example/dir";

  /// How a challenge is fetched: the token's answer, or nullopt for "404".
  void validate_by(
      std::function<std::optional<std::string>(const std::string&)> fetch);

  /// The next request to the resource gets this instead; calls queue up.
  void fail_next(Resource resource, Fault fault);
  /// Every request to the resource, until heal().
  void fail_always(Resource resource, Fault fault);
  void heal();
  /// The next request to the resource has its effect, but no answer.
  void lose_next_answer(Resource resource);

  // Ready-made faults.
  [[nodiscard]] static Fault problem(int status, const std::string& type,
                                     const std::string& detail,
                                     const std::string& retry_after = {});
  [[nodiscard]] static Fault body(int status, const std::string& text);
  [[nodiscard]] static Fault no_answer();

  /// How many polls an order stays "processing" after finalize.
  void stay_processing(int polls);
  void issue_for(TimePoint not_before, TimePoint not_after);
  /// Certificates are for this key and these names, whatever was asked.
  void issue_wrongly(const PrivateKey& key,
                     const std::vector<std::string>& names);
  void start_with_valid_authorizations();
  /// Authorizations are shown as pending and are valid a moment later, as when
  /// an order is resumed while the CA validates; a response is then refused.
  void validate_before_the_response();
  void ask_for_terms();
  /// Orders with this name are refused as "rejectedIdentifier".
  void refuse_name(const std::string& name);
  /// The CA loses its memory of accounts.
  void forget_accounts();
  /// Only accounts that are bound to this one are made (section 7.3.4).
  void require_external_account(ExternalAccount account);
  /// The terms changed: orders are refused until somebody visits a page.
  void change_terms();
  /// Accounts have a list of their orders.
  void list_orders();
  void offer_profiles(std::vector<std::string> names);
  /// Certificates can also be had by way of "Other Test Root".
  void offer_other_root();
  /// This window is suggested for the certificates issued so far, or for the
  /// first one; for later ones there is no answer.
  void suggest_window(TimePoint start, TimePoint end,
                      const std::string& explanation_url = {});
  /// Any text as the answer about renewals.
  void answer_about_renewal(const std::string& body,
                            const std::string& retry_after = {});
  /// Orders that name what they replace are refused with this problem.
  void refuse_replaces(int status, const std::string& type);
  /// newOrder answers with an order for the same names that is there already,
  /// in whatever state it is.
  void reuse_orders();
  /// Orders need no proof of control.
  void ask_for_no_authorizations();
  /// Orders are for this name, whatever was asked.
  void change_identifiers_to(const std::string& name);
  /// Challenges stay "processing" for so many looks at their authorization.
  void validate_after(int looks);
  /// A failed attempt leaves the challenge pending, for another one.
  void allow_more_attempts();
  /// How far the CA's clock is ahead of ours.
  void set_clock_ahead(std::chrono::milliseconds ahead);

  [[nodiscard]] unsigned count(Resource resource) const;
  /// Payloads sent to the resource, in order.
  [[nodiscard]] std::vector<std::string> payloads(Resource resource) const;
  /// Authorizations that were given up by their account.
  [[nodiscard]] unsigned deactivated_authorizations() const;

  [[nodiscard]] HttpResponse send(const HttpRequest& request,
                                  std::stop_token stop) override;

 private:
  struct Order {
    std::vector<Identifier> identifiers;
    std::vector<std::string> authorization_status;
    std::string status = "pending";
    std::string account;  ///< URL
    std::string profile;
    std::string chain;
    int polls_left = 0;
    int looks_left = 0;
  };

  struct Posted;

  [[nodiscard]] HttpResponse serve(Resource resource,
                                   const HttpRequest& request);
  [[nodiscard]] HttpResponse serve_posted(Resource resource,
                                          const Posted& posted);
  [[nodiscard]] HttpResponse new_account(const Posted& posted);
  [[nodiscard]] bool is_bound(const Posted& posted) const;
  [[nodiscard]] HttpResponse known_account(const Posted& posted);
  [[nodiscard]] HttpResponse change_key(const Posted& posted);
  [[nodiscard]] HttpResponse order_list(const Posted& posted);
  [[nodiscard]] HttpResponse certificate(const Posted& posted);
  [[nodiscard]] std::optional<HttpResponse> refusal(const Posted& posted);
  [[nodiscard]] std::optional<std::size_t> known_order(
      const std::vector<Identifier>& identifiers) const;
  [[nodiscard]] HttpResponse created_order(std::size_t index);
  [[nodiscard]] HttpResponse new_order(const Posted& posted);
  [[nodiscard]] HttpResponse show_order(std::size_t index);
  [[nodiscard]] HttpResponse authorization(const Posted& posted);
  void set_authorization(Order& order, std::size_t index, bool valid);
  [[nodiscard]] HttpResponse validate(std::size_t order, std::size_t index);
  [[nodiscard]] HttpResponse finalize(std::size_t index, const Posted& posted);
  void add_nonce(HttpResponse& response);

  Clock& clock_;
  mutable std::mutex mutex_;
  TestCa issuing_;
  std::function<std::optional<std::string>(const std::string&)> fetch_;
  std::map<Resource, std::deque<Fault>> next_;
  std::map<Resource, Fault> always_;
  std::optional<Resource> loses_answer_;
  std::map<Resource, unsigned> counts_;
  std::map<Resource, std::vector<std::string>> payloads_;
  std::vector<std::string> nonces_;
  struct KnownAccount {
    std::string jwk;
    std::string status = "valid";
    std::vector<std::string> contacts;
  };
  std::map<std::string, KnownAccount> accounts_;  ///< by URL
  std::deque<Order> orders_;
  unsigned next_nonce_ = 0;
  int processing_polls_ = 0;
  bool authorizations_valid_ = false;
  bool validates_early_ = false;
  bool terms_ = false;
  bool terms_changed_ = false;
  bool lists_orders_ = false;
  bool has_other_root_ = false;
  bool reuses_orders_ = false;
  bool asks_for_no_authorizations_ = false;
  bool allows_more_attempts_ = false;
  int looks_ = 0;
  unsigned deactivated_ = 0;
  std::chrono::milliseconds ahead_{};
  std::vector<std::string> profiles_;
  std::optional<ExternalAccount> external_account_;
  std::optional<HttpResponse> renewal_info_;
  unsigned long suggested_up_to_ = 0;  ///< serial number
  std::optional<std::pair<int, std::string>> replaces_refusal_;
  std::optional<Identifier> changed_identifier_;
  std::string refused_name_;
  std::optional<std::pair<TimePoint, TimePoint>> validity_;
  std::optional<std::string> wrong_chain_;
};

}  // namespace acme

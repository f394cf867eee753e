// SPDX-License-Identifier: BSD-2-Clause
// A CA in this process: RFC 8555 without sockets, which misbehaves on request.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/env/clock.h"
#include "acme_core/net/http_client.h"
#include "acme_core/secret.h"
#include "tests/support/test_ca.h"

namespace acme {

enum class Resource {
  kDirectory,
  kNonce,
  kAccount,          ///< newAccount
  kExistingAccount,  ///< an account's own URL
  kKeyChange,
  kOrderList,
  kNewOrder,
  kOrder,
  kNewAuthorization,
  kAuthorization,
  kChallenge,
  kFinalize,
  kCertificate,
  kRevoke,
  kRenewalInfo,
};

/// Answers as a well-behaved CA does, unless told otherwise: nonces are used
/// once, the JWS header must fit the request, challenges are validated by
/// fetching them, certificates are for the CSR's key. Of the signatures only
/// those of external accounts are checked: Pebble does the rest in the
/// end-to-end tests. Thread-safe.
class ScriptedCa final : public HttpClient {
 public:
  using Fault = std::function<HttpResponse(const HttpRequest&)>;

  explicit ScriptedCa(Clock& clock) : clock_(clock) {}

  static constexpr std::string_view kDirectoryUrl = "https://ca.example/dir";

  /// Its URLs begin with this instead of "https://ca.example/". Call first.
  void move_to(const std::string& base);

  /// How a challenge is fetched: the token's answer, or nullopt for "404".
  using Fetch = std::function<std::optional<std::string>(
      const Identifier& identifier, const std::string& token)>;
  void validate_by(Fetch fetch);
  /// The same, whatever the name.
  void validate_by(
      std::function<std::optional<std::string>(const std::string&)> fetch);
  /// The same for the challenges of one type only.
  void validate_type_by(const std::string& type, Fetch fetch);

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

  // --- Accounts.

  void ask_for_terms();
  /// New accounts are for customers with this MAC key only.
  void require_external_account(const std::string& kid, const SecretBytes& key);
  /// The accounts there are get closed: what they sign is refused, and so is
  /// their key; or, when it is to be shown, their key finds a closed account.
  void close_accounts(bool shown = false);
  /// The CA loses its memory of accounts.
  void forget_accounts();
  /// Orders are refused until a person has agreed to new terms: forever.
  void change_terms();
  /// Whether accounts have a list of their orders, and how many to a page.
  void list_orders(bool listed, std::size_t page_size = 100);

  // --- Orders.

  /// The Retry-After field of orders and authorizations that are not done.
  void ask_for_patience(const std::string& retry_after);
  /// How many polls an order stays "processing" after finalize.
  void stay_processing(int polls);
  /// Orders with this name are refused as "rejectedIdentifier".
  void refuse_name(const std::string& name);
  /// Profiles to choose from; orders for others are refused in any case.
  void offer_profiles(std::map<std::string, std::string> profiles);
  /// A new order for the names of a finished one is that one, "valid".
  void issue_at_once();
  /// A new order for the names of an unfinished one is that one.
  void reuse_pending_orders();
  /// Orders are for other names than were asked for.
  void change_identifiers();

  // --- Authorizations.

  void start_with_valid_authorizations();
  /// Orders have none, and are ready at once; the member may be left out, and
  /// the order may be "pending" all the same until it is finalized.
  void no_authorizations(bool omitted = false, bool pending = false);
  /// Authorizations are shown as pending and are valid a moment later, as when
  /// an order is resumed while the CA validates; a response is then refused.
  void validate_before_the_response();
  /// A failed attempt leaves the challenge pending, for another one.
  void allow_more_attempts();
  /// Besides dns-01 it offers these types, instead of http-01.
  void offer_challenges(std::vector<std::string> types);
  /// How many polls a challenge stays "processing" after the response.
  void stay_validating(int polls);

  // --- Certificates.

  void issue_for(TimePoint not_before, TimePoint not_after);
  /// Certificates are for this key and these names, whatever was asked.
  void issue_wrongly(const PrivateKey& key,
                     const std::vector<std::string>& names);
  /// What is downloaded is this of what was issued.
  void change_chains(std::function<std::string(const std::string&)> change);
  /// Each certificate is also to be had with these issuers (PEM) behind the
  /// leaf; by default those that lead to "Other Root". Calls add up.
  void offer_alternate();
  void offer_alternate(const std::string& issuers);
  /// Who signs.
  [[nodiscard]] const TestCa& authority() const noexcept { return issuing_; }

  /// Renewal information (RFC 9773): a window for the certificates issued so
  /// far, or for the first one; a later one has none.
  void offer_renewal_info();
  void suggest_window(TimePoint start, TimePoint end,
                      const std::string& explanation_url = {});
  /// The Retry-After field of renewal information; "" for none.
  void set_renewal_retry_after(const std::string& text);
  /// Orders that replace a certificate are refused with this type; "" ends it.
  void refuse_replaces(const std::string& type);

  /// What the Date field is ahead of the clock.
  void set_clock_skew(std::chrono::milliseconds skew);

  // --- What happened.

  [[nodiscard]] unsigned count(Resource resource) const;
  /// Payloads sent to the resource, in order.
  [[nodiscard]] std::vector<std::string> payloads(Resource resource) const;
  /// The "replaces" of the orders made, in order.
  [[nodiscard]] std::vector<std::string> replaced_ids() const;
  [[nodiscard]] unsigned deactivated_authorizations() const;

  [[nodiscard]] HttpResponse send(const HttpRequest& request,
                                  std::stop_token stop) override;

 private:
  struct Account {
    std::string url;
    std::string jwk;
    std::vector<std::string> contacts;
    std::string status = "valid";
  };

  struct AuthorizationState {
    std::string status = "pending";
    std::optional<bool> outcome;  // of a challenge that is "processing"
    bool was_tried = false;       // in vain, and may be again
    std::string tried_type;
    int polls_left = 0;
  };

  struct Order {
    std::string account;                  // URL
    std::vector<Identifier> identifiers;  // as asked for
    std::vector<Identifier> shown;        // as the order says
    std::vector<AuthorizationState> authorizations;
    std::string profile;
    std::string status = "pending";
    std::string chain;
    int polls_left = 0;
    bool revoked = false;
    bool listed = true;  // false: only an authorization
  };

  struct ExternalAccountKey {
    std::string kid;
    SecretBytes key;
  };

  struct Window {
    TimePoint start;
    TimePoint end;
    std::string explanation_url;
  };

  struct Posted;

  // scripted_ca.cpp: the wire, and accounts.
  [[nodiscard]] std::vector<std::string> path_of(const std::string& url) const;
  [[nodiscard]] std::string url(const std::string& path) const;
  [[nodiscard]] std::string url(const std::string& name,
                                std::size_t number) const;
  [[nodiscard]] std::string url(const std::string& name, std::size_t number,
                                std::size_t index) const;
  [[nodiscard]] HttpResponse serve(Resource resource,
                                   const HttpRequest& request);
  [[nodiscard]] HttpResponse serve_directory() const;
  [[nodiscard]] HttpResponse serve_posted(Resource resource,
                                          const Posted& posted);
  [[nodiscard]] HttpResponse serve_member(Resource resource,
                                          const Posted& posted);
  [[nodiscard]] HttpResponse new_account(const Posted& posted);
  [[nodiscard]] bool is_bound(const Posted& posted) const;
  [[nodiscard]] HttpResponse show_account(const Account& account) const;
  [[nodiscard]] HttpResponse update_account(const Posted& posted);
  [[nodiscard]] HttpResponse change_key(const Posted& posted);
  [[nodiscard]] HttpResponse show_orders(const Posted& posted) const;
  [[nodiscard]] Account* find_account(const std::string& url);
  void add_fields(HttpResponse& response);

  // scripted_ca_resources.cpp: orders and what belongs to them.
  [[nodiscard]] std::optional<HttpResponse> refuse_order(
      const Posted& posted, const std::vector<Identifier>& identifiers) const;
  [[nodiscard]] std::optional<std::size_t> find_reusable(
      const std::vector<Identifier>& identifiers) const;
  [[nodiscard]] HttpResponse new_order(const Posted& posted);
  [[nodiscard]] HttpResponse show_order(std::size_t index);
  [[nodiscard]] HttpResponse new_authorization(const Posted& posted);
  [[nodiscard]] HttpResponse show_authorization(std::size_t order,
                                                std::size_t index);
  [[nodiscard]] HttpResponse update_authorization(const Posted& posted);
  void set_authorization(Order& order, std::size_t index, bool valid);
  [[nodiscard]] HttpResponse validate(const Posted& posted);
  [[nodiscard]] HttpResponse finalize(std::size_t index, const Posted& posted);
  [[nodiscard]] HttpResponse show_certificate(const Posted& posted) const;
  [[nodiscard]] HttpResponse revoke(const Posted& posted);
  [[nodiscard]] HttpResponse show_renewal_info(const std::string& id) const;

  Clock& clock_;
  std::string base_ = "https://ca.example/";
  mutable std::mutex mutex_;
  TestCa issuing_;
  Fetch fetch_;
  std::map<std::string, Fetch> fetch_by_type_;
  std::map<Resource, std::deque<Fault>> next_;
  std::map<Resource, Fault> always_;
  std::optional<Resource> loses_answer_;
  std::map<Resource, unsigned> counts_;
  std::map<Resource, std::vector<std::string>> payloads_;
  std::vector<std::string> nonces_;
  unsigned next_nonce_ = 0;
  std::chrono::milliseconds clock_skew_{0};

  std::deque<Account> accounts_;
  bool terms_ = false;
  bool terms_changed_ = false;
  bool shows_closed_ = false;
  std::optional<ExternalAccountKey> external_account_;
  std::optional<std::size_t> page_size_;  // nullopt: orders are not listed

  std::deque<Order> orders_;
  std::vector<std::string> replaced_ids_;
  int processing_polls_ = 0;
  std::string refused_name_;
  std::string refused_replaces_;
  std::map<std::string, std::string> profiles_;
  bool issues_at_once_ = false;
  bool reuses_orders_ = false;
  bool changes_identifiers_ = false;

  unsigned deactivated_ = 0;
  std::vector<std::string> challenge_types_{"http-01"};
  int validating_polls_ = 0;
  std::string patience_;
  bool omits_authorizations_ = false;
  bool pends_unasked_ = false;
  bool allows_more_attempts_ = false;
  bool authorizations_valid_ = false;
  bool no_authorizations_ = false;
  bool validates_early_ = false;

  std::optional<std::pair<TimePoint, TimePoint>> validity_;
  std::optional<std::string> wrong_chain_;
  std::function<std::string(const std::string&)> change_chain_;
  std::vector<std::string> alternates_;  // what follows the leaf
  bool offers_renewal_info_ = false;
  std::optional<Window> window_;
  unsigned long suggested_up_to_ = 0;  // serial number
  std::string renewal_retry_after_ = "21600";
};

}  // namespace acme

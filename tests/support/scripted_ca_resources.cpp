// SPDX-License-Identifier: BSD-2-Clause
// A CA in this process: orders, authorizations, certificates.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/certificate.h"
#include "tests/support/scripted_ca.h"
#include "tests/support/scripted_ca_wire.h"

namespace acme {
namespace {

using nlohmann::json;

json identifier_json(const Identifier& identifier) {
  return {{"type", identifier.type == Identifier::Type::kDns ? "dns" : "ip"},
          {"value", identifier.value}};
}

Identifier identifier_in(const json& object) {
  return parse_identifier(object.at("value").get<std::string>()).value();
}

std::string token_of(std::size_t order, std::size_t index) {
  return "token-" + std::to_string(order) + "-" + std::to_string(index);
}

}  // namespace

void ScriptedCa::stay_processing(int polls) {
  const std::lock_guard lock(mutex_);
  processing_polls_ = polls;
}

void ScriptedCa::refuse_name(const std::string& name) {
  const std::lock_guard lock(mutex_);
  refused_name_ = name;
}

void ScriptedCa::offer_profiles(std::map<std::string, std::string> profiles) {
  const std::lock_guard lock(mutex_);
  profiles_ = std::move(profiles);
}

void ScriptedCa::issue_at_once() {
  const std::lock_guard lock(mutex_);
  issues_at_once_ = true;
}

void ScriptedCa::reuse_pending_orders() {
  const std::lock_guard lock(mutex_);
  reuses_orders_ = true;
}

void ScriptedCa::change_identifiers() {
  const std::lock_guard lock(mutex_);
  changes_identifiers_ = true;
}

void ScriptedCa::start_with_valid_authorizations() {
  const std::lock_guard lock(mutex_);
  authorizations_valid_ = true;
}

void ScriptedCa::no_authorizations(bool omitted, bool pending) {
  const std::lock_guard lock(mutex_);
  no_authorizations_ = true;
  omits_authorizations_ = omitted;
  pends_unasked_ = pending;
}

void ScriptedCa::change_chains(
    std::function<std::string(const std::string&)> change) {
  const std::lock_guard lock(mutex_);
  change_chain_ = std::move(change);
}

void ScriptedCa::ask_for_patience(const std::string& retry_after) {
  const std::lock_guard lock(mutex_);
  patience_ = retry_after;
}

void ScriptedCa::validate_before_the_response() {
  const std::lock_guard lock(mutex_);
  validates_early_ = true;
}

void ScriptedCa::offer_challenges(std::vector<std::string> types) {
  const std::lock_guard lock(mutex_);
  challenge_types_ = std::move(types);
}

void ScriptedCa::stay_validating(int polls) {
  const std::lock_guard lock(mutex_);
  validating_polls_ = polls;
}

void ScriptedCa::issue_for(TimePoint not_before, TimePoint not_after) {
  const std::lock_guard lock(mutex_);
  validity_ = {not_before, not_after};
}

void ScriptedCa::issue_wrongly(const PrivateKey& key,
                               const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  wrong_chain_ = issuing_.issue(identifiers_of(names), key, clock_.now(),
                                clock_.now() + std::chrono::days(90));
}

void ScriptedCa::offer_alternate() {
  offer_alternate(issuing_.cross_signed_pem());
}

void ScriptedCa::offer_alternate(const std::string& issuers) {
  const std::lock_guard lock(mutex_);
  alternates_.push_back(issuers);
}

void ScriptedCa::allow_more_attempts() {
  const std::lock_guard lock(mutex_);
  allows_more_attempts_ = true;
}

void ScriptedCa::offer_renewal_info() {
  const std::lock_guard lock(mutex_);
  offers_renewal_info_ = true;
}

void ScriptedCa::suggest_window(TimePoint start, TimePoint end,
                                const std::string& explanation_url) {
  const std::lock_guard lock(mutex_);
  window_ = Window{start, end, explanation_url};
  suggested_up_to_ = std::max(issuing_.issued(), 1UL);
}

void ScriptedCa::set_renewal_retry_after(const std::string& text) {
  const std::lock_guard lock(mutex_);
  renewal_retry_after_ = text;
}

void ScriptedCa::refuse_replaces(const std::string& type) {
  const std::lock_guard lock(mutex_);
  refused_replaces_ = type;
}

std::vector<std::string> ScriptedCa::replaced_ids() const {
  const std::lock_guard lock(mutex_);
  return replaced_ids_;
}

unsigned ScriptedCa::deactivated_authorizations() const {
  const std::lock_guard lock(mutex_);
  return deactivated_;
}

std::optional<HttpResponse> ScriptedCa::refuse_order(
    const Posted& posted, const std::vector<Identifier>& identifiers) const {
  const json payload = posted.document();
  if (terms_changed_) {
    HttpResponse response =
        json_response(403, {{"type",
                             "urn:ietf:params:acme:error:"
                             "userActionRequired"},
                            {"detail", "the terms have changed"},
                            {"instance", url("agree")},
                            {"status", 403}});
    response.headers.emplace(
        "link", "<" + url("new-terms") + ">;rel=\"terms-of-service\"");
    return response;
  }
  for (const Identifier& identifier : identifiers) {
    if (identifier.value == refused_name_) {
      json problem{{"type", "urn:ietf:params:acme:error:rejectedIdentifier"},
                   {"detail", "not this name"},
                   {"status", 403}};
      problem["subproblems"] = {
          {{"type", "urn:ietf:params:acme:error:rejectedIdentifier"},
           {"detail", "not this name"},
           {"identifier", identifier_json(identifier)}}};
      return json_response(403, problem);
    }
  }
  if (payload.contains("profile") &&
      !profiles_.contains(payload.at("profile").get<std::string>())) {
    return problem_response(400, "invalidProfile", "no such profile");
  }
  if (payload.contains("replaces") && !refused_replaces_.empty()) {
    return problem_response(refused_replaces_ == "alreadyReplaced" ? 409 : 400,
                            refused_replaces_, "not to be replaced");
  }
  return std::nullopt;
}

std::optional<std::size_t> ScriptedCa::find_reusable(
    const std::vector<Identifier>& identifiers) const {
  for (std::size_t i = orders_.size(); i-- > 0;) {
    const Order& order = orders_[i];
    const bool finished = order.status == "valid";
    const bool unfinished =
        order.status == "pending" || order.status == "ready";
    if (order.listed && order.identifiers == identifiers &&
        ((issues_at_once_ && finished) || (reuses_orders_ && unfinished))) {
      return i;
    }
  }
  return std::nullopt;
}

HttpResponse ScriptedCa::new_order(const Posted& posted) {
  const json payload = posted.document();
  Order order;
  order.account = posted.kid();
  for (const json& entry : payload.at("identifiers")) {
    order.identifiers.push_back(identifier_in(entry));
  }
  if (auto refusal = refuse_order(posted, order.identifiers)) {
    return std::move(*refusal);
  }
  if (payload.contains("replaces")) {
    replaced_ids_.push_back(payload.at("replaces").get<std::string>());
  }
  std::size_t index = orders_.size();
  if (const auto reusable = find_reusable(order.identifiers)) {
    index = *reusable;
  } else {
    order.shown = changes_identifiers_ ? identifiers_of({"other.example"})
                                       : order.identifiers;
    order.profile = payload.value("profile", "");
    order.authorizations.resize(no_authorizations_ ? 0 : order.shown.size());
    if (authorizations_valid_ || no_authorizations_) {
      for (AuthorizationState& state : order.authorizations) {
        state.status = "valid";
      }
      order.status = pends_unasked_ ? "pending" : "ready";
    }
    orders_.push_back(std::move(order));
  }
  HttpResponse response = show_order(index);
  response.status = 201;
  response.headers.emplace("location", url("order", index));
  return response;
}

HttpResponse ScriptedCa::show_order(std::size_t index) {
  Order& order = orders_.at(index);
  if (order.status == "processing" && order.polls_left-- == 0) {
    order.status = "valid";
  }
  json document{{"status", order.status},
                {"expires", rfc3339(clock_.now() + std::chrono::days(7))},
                {"identifiers", json::array()},
                {"authorizations", json::array()},
                {"finalize", url("finalize", index)}};
  for (const Identifier& identifier : order.shown) {
    document["identifiers"].push_back(identifier_json(identifier));
  }
  for (std::size_t i = 0; i < order.authorizations.size(); ++i) {
    document["authorizations"].push_back(url("authz", index, i));
  }
  if (!order.profile.empty()) {
    document["profile"] = order.profile;
  }
  if (order.status == "valid") {
    document["certificate"] = url("certificate", index);
  }
  if (omits_authorizations_) {
    document.erase("authorizations");
  }
  HttpResponse response = json_response(200, document);
  if (!patience_.empty() &&
      (order.status == "pending" || order.status == "processing")) {
    response.headers.emplace("retry-after", patience_);
  }
  return response;
}

// Kept as an order that nobody sees.
HttpResponse ScriptedCa::new_authorization(const Posted& posted) {
  Order order;
  order.account = posted.kid();
  order.identifiers = {identifier_in(posted.document().at("identifier"))};
  order.shown = order.identifiers;
  order.authorizations.resize(1);
  order.listed = false;
  orders_.push_back(std::move(order));
  const std::size_t index = orders_.size() - 1;
  HttpResponse response = show_authorization(index, 0);
  response.status = 201;
  response.headers.emplace("location", url("authz", index, 0));
  return response;
}

HttpResponse ScriptedCa::show_authorization(std::size_t order,
                                            std::size_t index) {
  AuthorizationState& state = orders_.at(order).authorizations.at(index);
  if (state.outcome && state.polls_left-- == 0) {
    const bool valid = *std::exchange(state.outcome, std::nullopt);
    set_authorization(orders_.at(order), index, valid);
  }
  const std::string status = state.status;
  if (validates_early_ && status == "pending") {
    set_authorization(orders_.at(order), index, true);
  }
  // A wildcard's authorization is for the name behind it (section 7.1.4), and
  // what is offered besides DNS proves nothing about it (section 8.3).
  Identifier identifier = orders_.at(order).shown.at(index);
  const bool wildcard = identifier.is_wildcard();
  if (wildcard) {
    identifier.value.erase(0, 2);
  }
  json document{{"status", status},
                {"identifier", identifier_json(identifier)},
                {"challenges", json::array()}};
  std::vector<std::string> types{"dns-01"};
  if (wildcard) {
    document["wildcard"] = true;
  } else {
    types.insert(types.end(), challenge_types_.begin(), challenge_types_.end());
  }
  for (const std::string& type : types) {
    const bool is_tried = type == state.tried_type;
    json challenge{{"type", type},
                   {"url", url("challenge", order, index) + "/" + type},
                   {"token", token_of(order, index)},
                   {"status", state.outcome ? "processing" : status}};
    if (is_tried && (status == "invalid" || state.was_tried)) {
      challenge["error"] = {{"type", "urn:ietf:params:acme:error:unauthorized"},
                            {"detail", "the key authorization was wrong"}};
    }
    document["challenges"].push_back(challenge);
  }
  HttpResponse response = json_response(200, document);
  if (!patience_.empty() && status == "pending") {
    response.headers.emplace("retry-after", patience_);
  }
  return response;
}

HttpResponse ScriptedCa::update_authorization(const Posted& posted) {
  const std::size_t order = posted.number(1);
  const std::size_t index = posted.number(2);
  if (posted.document().value("status", "") == "deactivated") {
    orders_.at(order).authorizations.at(index).status = "deactivated";
    if (orders_.at(order).status != "valid") {
      orders_.at(order).status = "invalid";
    }
    ++deactivated_;
  }
  return show_authorization(order, index);
}

void ScriptedCa::set_authorization(Order& order, std::size_t index,
                                   bool valid) {
  order.authorizations.at(index).status = valid ? "valid" : "invalid";
  if (!valid) {
    order.status = "invalid";
  } else if (std::all_of(order.authorizations.begin(),
                         order.authorizations.end(),
                         [](const AuthorizationState& state) {
                           return state.status == "valid";
                         })) {
    order.status = "ready";
  }
}

HttpResponse ScriptedCa::validate(const Posted& posted) {
  const std::size_t order = posted.number(1);
  const std::size_t index = posted.number(2);
  AuthorizationState& state = orders_.at(order).authorizations.at(index);
  if (state.status != "pending" || state.outcome) {
    return problem_response(400, "malformed", "the challenge is not pending");
  }
  state.tried_type = posted.path.at(3);
  const auto own = fetch_by_type_.find(state.tried_type);
  const Fetch& fetch = own == fetch_by_type_.end() ? fetch_ : own->second;
  const std::string token = token_of(order, index);
  const std::optional<std::string> answer =
      fetch ? fetch(orders_.at(order).shown.at(index), token) : std::nullopt;
  const bool valid = answer && answer->starts_with(token + ".");
  state.was_tried = !valid && allows_more_attempts_;
  if (state.was_tried) {
    return json_response(200, {{"status", "pending"}});
  }
  if (validating_polls_ > 0) {
    state.outcome = valid;
    state.polls_left = validating_polls_;
  } else {
    set_authorization(orders_.at(order), index, valid);
  }
  return json_response(200, {{"status", "processing"}});
}

HttpResponse ScriptedCa::finalize(std::size_t index, const Posted& posted) {
  Order& order = orders_.at(index);
  // A moment later it is ready.
  if (pends_unasked_ && order.status == "pending") {
    order.status = "ready";
    return problem_response(403, "orderNotReady", "order is pending");
  }
  if (order.status != "ready") {
    return problem_response(403, "orderNotReady", "order is " + order.status);
  }
  const std::string csr = decoded_text(posted.document().at("csr"));
  const auto [from, until] = validity_.value_or(
      std::pair(clock_.now(), clock_.now() + std::chrono::days(90)));
  order.chain = wrong_chain_.value_or(issuing_.issue_for_request(
      {reinterpret_cast<const std::uint8_t*>(csr.data()), csr.size()}, from,
      until));
  order.status = "processing";
  order.polls_left = processing_polls_;
  return show_order(index);
}

// "certificate/3" as issued, "certificate/3/1" with the second alternate.
HttpResponse ScriptedCa::show_certificate(const Posted& posted) const {
  const std::size_t order = posted.number(1);
  HttpResponse response;
  response.status = 200;
  response.body = orders_.at(order).chain;
  if (change_chain_) {
    response.body = change_chain_(response.body);
  }
  response.headers.emplace("link", "<" + url("dir") + ">;rel=\"index\"");
  if (posted.path.size() > 2) {
    const std::string end = "-----END CERTIFICATE-----\n";
    response.body.resize(response.body.find(end) + end.size());
    response.body += alternates_.at(posted.number(2));
    return response;
  }
  for (std::size_t i = 0; i < alternates_.size(); ++i) {
    response.headers.emplace(
        "link", "<" + url("certificate", order, i) + ">;rel=\"alternate\"");
  }
  return response;
}

HttpResponse ScriptedCa::revoke(const Posted& posted) {
  const std::string der = decoded_text(posted.document().at("certificate"));
  for (Order& order : orders_) {
    const auto chain = CertificateChain::from_pem(order.chain);
    if (!chain ||
        !std::equal(der.begin(), der.end(), chain->der().front().begin(),
                    chain->der().front().end(), [](char a, auto b) {
                      return static_cast<std::uint8_t>(a) == b;
                    })) {
      continue;
    }
    if (std::exchange(order.revoked, true)) {
      return problem_response(400, "alreadyRevoked", "it is revoked already");
    }
    HttpResponse response;
    response.status = 200;
    return response;
  }
  return problem_response(404, "malformed", "no such certificate");
}

HttpResponse ScriptedCa::show_renewal_info(const std::string& id) const {
  const auto bytes = base64url_decode(id.substr(id.find('.') + 1)).value();
  unsigned long serial = 0;
  for (const std::uint8_t byte : bytes) {
    serial = serial * 256 + byte;
  }
  if (!window_ || serial > suggested_up_to_) {
    return problem_response(404, "malformed", "nothing is suggested");
  }
  json document{
      {"suggestedWindow",
       {{"start", rfc3339(window_->start)}, {"end", rfc3339(window_->end)}}}};
  if (!window_->explanation_url.empty()) {
    document["explanationURL"] = window_->explanation_url;
  }
  HttpResponse response = json_response(200, document);
  if (!renewal_retry_after_.empty()) {
    response.headers.emplace("retry-after", renewal_retry_after_);
  }
  return response;
}

}  // namespace acme

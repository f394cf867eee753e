// SPDX-License-Identifier: BSD-2-Clause
// A CA in this process: its resources, as RFC 8555 section 7 has them.
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "acme_core/crypto/digest.h"
#include "acme_core/error.h"
#include "tests/support/scripted_ca.h"
#include "tests/support/scripted_ca_parts.h"

namespace acme {
namespace {

json identifier_json(const Identifier& identifier) {
  return {{"type", identifier.type == Identifier::Type::kDns ? "dns" : "ip"},
          {"value", identifier.value}};
}

std::string http_date(TimePoint time) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed",
                                    "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::string utc = rfc3339(time);  // "2026-01-31T12:00:00Z"
  return std::string(kDays[std::chrono::weekday(day).c_encoding()]) + ", " +
         utc.substr(8, 2) + " " + kMonths[unsigned(date.month()) - 1] + " " +
         utc.substr(0, 4) + " " + utc.substr(11, 8) + " GMT";
}

}  // namespace

HttpResponse ScriptedCa::serve(Resource resource, const HttpRequest& request) {
  if (resource == Resource::kDirectory) {
    json directory{{"newNonce", kBase + "nonce"},
                   {"newAccount", kBase + "account"},
                   {"newOrder", kBase + "new-order"},
                   {"keyChange", kBase + "key-change"},
                   {"revokeCert", kBase + "revoke"}};
    if (renewal_info_) {
      directory["renewalInfo"] = kBase + "renewal-info";
    }
    if (terms_) {
      directory["meta"]["termsOfService"] = kBase + "terms";
    }
    if (external_account_) {
      directory["meta"]["externalAccountRequired"] = true;
    }
    for (const std::string& profile : profiles_) {
      directory["meta"]["profiles"][profile] = "a profile";
    }
    return json_response(200, directory);
  }
  if (resource == Resource::kNonce) {
    return json_response(200, json::object());
  }
  if (resource == Resource::kRenewalInfo) {
    const std::string id = path_of(request.url).at(1);
    const auto bytes = base64url_decode(id.substr(id.find('.') + 1)).value();
    unsigned long serial = 0;
    for (const std::uint8_t byte : bytes) {
      serial = serial * 256 + byte;
    }
    return renewal_info_ && serial <= suggested_up_to_
               ? *renewal_info_
               : problem_response(404, "malformed", "no such certificate");
  }
  const json jws = json::parse(request.body);
  const Posted posted{path_of(request.url),
                      json::parse(decoded(jws.at("protected"))),
                      decoded(jws.at("payload"))};
  payloads_[resource].push_back(posted.payload);
  const auto nonce = std::find(nonces_.begin(), nonces_.end(),
                               posted.header.at("nonce").get<std::string>());
  if (nonce == nonces_.end()) {
    return problem_response(400, "badNonce", "unknown nonce");
  }
  nonces_.erase(nonce);
  if (posted.header.at("url") != request.url ||
      request.content_type != "application/jose+json") {
    return problem_response(400, "malformed", "wrong url or content type");
  }
  return serve_posted(resource, posted);
}

HttpResponse ScriptedCa::serve_posted(Resource resource, const Posted& posted) {
  if (resource == Resource::kAccount) {
    return new_account(posted);
  }
  if (resource == Resource::kRevocation && posted.header.contains("jwk")) {
    return json_response(200, json::object());
  }
  const auto account = accounts_.find(posted.header.value("kid", ""));
  if (account == accounts_.end()) {
    return problem_response(400, "accountDoesNotExist", "no such account");
  }
  if (account->second.status != "valid") {
    return problem_response(403, "unauthorized", "the account is closed");
  }
  switch (resource) {
    case Resource::kKnownAccount:
      return known_account(posted);
    case Resource::kOrderList:
      return order_list(posted);
    case Resource::kKeyChange:
      return change_key(posted);
    case Resource::kNewOrder:
      return new_order(posted);
    case Resource::kOrder:
      return show_order(posted.number(1));
    case Resource::kAuthorization:
      return authorization(posted);
    case Resource::kChallenge:
      return validate(posted.number(1), posted.number(2));
    case Resource::kFinalize:
      return finalize(posted.number(1), posted);
    case Resource::kCertificate:
      return certificate(posted);
    default:
      return json_response(200, json::object());
  }
}

HttpResponse ScriptedCa::new_account(const Posted& posted) {
  const json payload = json::parse(posted.payload);
  const std::string jwk = posted.header.at("jwk").dump();
  const auto known = std::find_if(
      accounts_.begin(), accounts_.end(),
      [&](const auto& account) { return account.second.jwk == jwk; });
  std::string url;
  if (known != accounts_.end()) {
    url = known->first;
  } else if (payload.value("onlyReturnExisting", false)) {
    return problem_response(400, "accountDoesNotExist", "no such account");
  } else if (terms_ && !payload.value("termsOfServiceAgreed", false)) {
    return problem_response(403, "userActionRequired", "agree to the terms");
  } else if (external_account_ && !is_bound(posted)) {
    return problem_response(403, "externalAccountRequired",
                            "the binding is missing or wrong");
  } else {
    url = kBase + "acct/" + std::to_string(accounts_.size() + 1);
    accounts_[url] = {jwk, "valid",
                      payload.value("contact", std::vector<std::string>())};
  }
  HttpResponse response = json_response(known == accounts_.end() ? 201 : 200,
                                        {{"status", accounts_.at(url).status}});
  response.headers.emplace("location", url);
  return response;
}

bool ScriptedCa::is_bound(const Posted& posted) const {
  const json payload = json::parse(posted.payload);
  if (!payload.contains("externalAccountBinding")) {
    return false;
  }
  const json& binding = payload.at("externalAccountBinding");
  const json header = json::parse(decoded(binding.at("protected")));
  const std::string input = binding.at("protected").get<std::string>() + "." +
                            binding.at("payload").get<std::string>();
  return header.at("alg") == "HS256" &&
         header.at("kid") == external_account_->kid &&
         header.at("url") == kBase + "account" &&
         json::parse(decoded(binding.at("payload"))) ==
             posted.header.at("jwk") &&
         binding.at("signature") ==
             base64url_encode(hmac_sha256(external_account_->key, input));
}

HttpResponse ScriptedCa::known_account(const Posted& posted) {
  const std::string url = posted.header.at("kid");
  KnownAccount& account = accounts_.at(url);
  if (!posted.payload.empty()) {
    const json payload = json::parse(posted.payload);
    account.contacts = payload.value("contact", account.contacts);
    account.status = payload.value("status", account.status);
  }
  json document{{"status", account.status}, {"contact", account.contacts}};
  if (lists_orders_) {
    document["orders"] = kBase + "orders/" + url.substr(url.rfind('/') + 1);
  }
  return json_response(200, document);
}

HttpResponse ScriptedCa::change_key(const Posted& posted) {
  const json inner = json::parse(posted.payload);
  const json header = json::parse(decoded(inner.at("protected")));
  const json payload = json::parse(decoded(inner.at("payload")));
  const std::string url = posted.header.at("kid");
  if (header.contains("nonce") || payload.at("account") != url ||
      payload.at("oldKey").dump() != accounts_.at(url).jwk ||
      header.at("url") != posted.header.at("url")) {
    return problem_response(400, "malformed", "not a key change");
  }
  accounts_.at(url).jwk = header.at("jwk").dump();
  return json_response(200, json::object());
}

HttpResponse ScriptedCa::order_list(const Posted& posted) {
  json urls = json::array();
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    if (orders_[i].account == posted.header.at("kid")) {
      urls.push_back(url_of("order", i));
    }
  }
  return json_response(200, {{"orders", urls}});
}

// What there is against an order, whatever it is for.
std::optional<HttpResponse> ScriptedCa::refusal(const Posted& posted) {
  const json payload = json::parse(posted.payload);
  if (terms_changed_) {
    HttpResponse response =
        problem_response(403, "userActionRequired", "the terms changed");
    json problem = json::parse(response.body);
    problem["instance"] = kBase + "agreement";
    response.body = problem.dump();
    response.headers.emplace(
        "link", "<" + kBase + "new-terms>;rel=\"terms-of-service\"");
    return response;
  }
  if (payload.contains("replaces") && replaces_refusal_) {
    return problem_response(replaces_refusal_->first, replaces_refusal_->second,
                            "this certificate is not replaced");
  }
  if (payload.contains("profile") &&
      std::find(profiles_.begin(), profiles_.end(), payload.at("profile")) ==
          profiles_.end()) {
    return problem_response(400, "invalidProfile", "no such profile");
  }
  return std::nullopt;
}

std::optional<std::size_t> ScriptedCa::known_order(
    const std::vector<Identifier>& identifiers) const {
  for (std::size_t i = orders_.size(); reuses_orders_ && i-- > 0;) {
    if (orders_[i].identifiers == identifiers &&
        orders_[i].status != "invalid") {
      return i;
    }
  }
  return std::nullopt;
}

HttpResponse ScriptedCa::new_order(const Posted& posted) {
  if (auto refused = refusal(posted)) {
    return *refused;
  }
  Order order;
  order.account = posted.header.at("kid");
  const json payload = json::parse(posted.payload);
  order.profile = payload.value("profile", "");
  for (const json& entry : payload.at("identifiers")) {
    order.identifiers.push_back(
        parse_identifier(entry.at("value").get<std::string>()).value());
  }
  if (std::any_of(order.identifiers.begin(), order.identifiers.end(),
                  [this](const Identifier& identifier) {
                    return identifier.value == refused_name_;
                  })) {
    return problem_response(403, "rejectedIdentifier", "not this name");
  }
  if (const auto known = known_order(order.identifiers)) {
    return created_order(*known);
  }
  if (changed_identifier_) {
    order.identifiers = {*changed_identifier_};
  }
  const bool is_ready = authorizations_valid_ || asks_for_no_authorizations_;
  if (!asks_for_no_authorizations_) {
    order.authorization_status.assign(order.identifiers.size(),
                                      is_ready ? "valid" : "pending");
  }
  order.status = is_ready ? "ready" : "pending";
  order.looks_left = looks_;
  orders_.push_back(std::move(order));
  return created_order(orders_.size() - 1);
}

HttpResponse ScriptedCa::created_order(std::size_t index) {
  HttpResponse response = show_order(index);
  response.status = 201;
  response.headers.emplace("location", url_of("order", index));
  return response;
}

HttpResponse ScriptedCa::show_order(std::size_t index) {
  Order& order = orders_.at(index);
  if (order.status == "processing" && order.polls_left-- == 0) {
    order.status = "valid";
  }
  json document{{"status", order.status},
                {"identifiers", json::array()},
                {"authorizations", json::array()},
                {"finalize", url_of("finalize", index)}};
  if (!order.profile.empty()) {
    document["profile"] = order.profile;
  }
  for (const Identifier& identifier : order.identifiers) {
    document["identifiers"].push_back(identifier_json(identifier));
  }
  for (std::size_t i = 0; i < order.authorization_status.size(); ++i) {
    document["authorizations"].push_back(url_of("authz", index, i));
  }
  if (order.status == "valid") {
    document["certificate"] = url_of("certificate", index);
  }
  return json_response(200, document);
}

HttpResponse ScriptedCa::authorization(const Posted& posted) {
  const std::size_t number = posted.number(1);
  const std::size_t index = posted.number(2);
  Order& order = orders_.at(number);
  if (!posted.payload.empty()) {
    order.authorization_status.at(index) =
        json::parse(posted.payload).at("status");
    ++deactivated_;
  }
  const std::string status = order.authorization_status.at(index);
  if (validates_early_ && status == "pending") {
    set_authorization(order, index, true);
  }
  if (status == "processing" && --order.looks_left <= 0) {
    set_authorization(order, index, true);
  }
  json challenge{{"type", "http-01"},
                 {"url", url_of("challenge", number, index)},
                 {"token", token_of(number, index)},
                 {"status", status}};
  if (status == "invalid" || status == "tried") {
    challenge["status"] = status == "tried" ? "pending" : status;
    challenge["error"] = {{"type", "urn:ietf:params:acme:error:unauthorized"},
                          {"detail", "the key authorization was wrong"}};
  }
  Identifier identifier = order.identifiers.at(index);
  const bool is_wildcard = identifier.is_wildcard();
  if (is_wildcard) {
    identifier.value.erase(0, 2);
  }
  json document{
      {"status",
       status == "processing" || status == "tried" ? "pending" : status},
      {"identifier", identifier_json(identifier)},
      {"challenges",
       {json{{"type", "dns-01"},
             {"url", url_of("challenge", number, index)},
             {"token", "other"},
             {"status", "pending"}}}}};
  if (is_wildcard) {
    document["wildcard"] = true;
  } else {
    document["challenges"].push_back(challenge);
  }
  return json_response(200, document);
}

void ScriptedCa::set_authorization(Order& order, std::size_t index,
                                   bool valid) {
  order.authorization_status.at(index) = valid ? "valid" : "invalid";
  if (!valid) {
    order.status = "invalid";
  } else if (std::all_of(order.authorization_status.begin(),
                         order.authorization_status.end(),
                         [](const std::string& s) { return s == "valid"; })) {
    order.status = "ready";
  }
}

HttpResponse ScriptedCa::validate(std::size_t order, std::size_t index) {
  Order& asked = orders_.at(order);
  if (asked.authorization_status.at(index) != "pending" &&
      asked.authorization_status.at(index) != "tried") {
    return problem_response(400, "malformed", "the challenge is not pending");
  }
  const std::string token = token_of(order, index);
  const std::optional<std::string> answer =
      fetch_ ? fetch_(token) : std::nullopt;
  const bool is_right = answer && answer->starts_with(token + ".");
  if (is_right && asked.looks_left > 0) {
    asked.authorization_status.at(index) = "processing";
  } else if (!is_right && allows_more_attempts_) {
    asked.authorization_status.at(index) = "tried";
  } else {
    set_authorization(asked, index, is_right);
  }
  return json_response(200, {{"status", "processing"}});
}

HttpResponse ScriptedCa::finalize(std::size_t index, const Posted& posted) {
  Order& order = orders_.at(index);
  if (order.status != "ready") {
    return problem_response(403, "orderNotReady", "order is " + order.status);
  }
  const std::string csr = decoded(json::parse(posted.payload).at("csr"));
  const auto [from, until] = validity_.value_or(
      std::pair(clock_.now(), clock_.now() + std::chrono::days(90)));
  order.chain = wrong_chain_.value_or(issuing_.issue_for_request(
      {reinterpret_cast<const std::uint8_t*>(csr.data()), csr.size()}, from,
      until));
  order.status = "processing";
  order.polls_left = processing_polls_;
  return show_order(index);
}

HttpResponse ScriptedCa::certificate(const Posted& posted) {
  HttpResponse response;
  response.status = 200;
  response.headers.emplace("date", http_date(clock_.now() + ahead_));
  const std::string& chain = orders_.at(posted.number(1)).chain;
  if (posted.path.size() > 2) {  // ".../other"
    response.body = issuing_.by_other_root(chain);
    return response;
  }
  response.body = chain;
  if (has_other_root_) {
    response.headers.emplace("link", "</certificate/" + posted.path.at(1) +
                                         "/other>;rel=\"alternate\"");
  }
  return response;
}

}  // namespace acme

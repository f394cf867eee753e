// SPDX-License-Identifier: BSD-2-Clause
// A CA in this process: the wire, and accounts.
#include "tests/support/scripted_ca.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "acme_core/crypto/digest.h"
#include "acme_core/error.h"
#include "tests/support/scripted_ca_wire.h"

namespace acme {
namespace {

using nlohmann::json;

Resource resource_of(const std::string& name) {
  static const std::map<std::string, Resource> kNames{
      {"dir", Resource::kDirectory},
      {"nonce", Resource::kNonce},
      {"account", Resource::kAccount},
      {"acct", Resource::kExistingAccount},
      {"key-change", Resource::kKeyChange},
      {"orders", Resource::kOrderList},
      {"new-order", Resource::kNewOrder},
      {"order", Resource::kOrder},
      {"new-authz", Resource::kNewAuthorization},
      {"authz", Resource::kAuthorization},
      {"challenge", Resource::kChallenge},
      {"finalize", Resource::kFinalize},
      {"certificate", Resource::kCertificate},
      {"revoke", Resource::kRevoke},
      {"renewal-info", Resource::kRenewalInfo}};
  return kNames.at(name);
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(TimePoint time) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed",
                                    "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::string clock = rfc3339(time).substr(11, 8);
  std::array<char, 64> text{};
  static_cast<void>(
      std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %s GMT",
                    kDays.at(std::chrono::weekday(day).c_encoding()),
                    static_cast<unsigned>(date.day()),
                    kMonths.at(static_cast<unsigned>(date.month()) - 1),
                    static_cast<int>(date.year()), clock.c_str()));
  return text.data();
}

}  // namespace

// "https://ca.example/authz/3/1" as {"authz", "3", "1"}.
std::vector<std::string> ScriptedCa::path_of(const std::string& url) const {
  std::vector<std::string> parts;
  std::istringstream rest(url.substr(base_.size()));
  for (std::string part; std::getline(rest, part, '/');) {
    parts.push_back(part);
  }
  return parts;
}

std::string ScriptedCa::url(const std::string& path) const {
  return base_ + path;
}

std::string ScriptedCa::url(const std::string& name, std::size_t number) const {
  return url(name) + "/" + std::to_string(number);
}

std::string ScriptedCa::url(const std::string& name, std::size_t number,
                            std::size_t index) const {
  return url(name, number) + "/" + std::to_string(index);
}

void ScriptedCa::move_to(const std::string& base) { base_ = base; }

void ScriptedCa::validate_by(Fetch fetch) { fetch_ = std::move(fetch); }

void ScriptedCa::validate_by(
    std::function<std::optional<std::string>(const std::string&)> fetch) {
  fetch_ = [fetch = std::move(fetch)](const Identifier&,
                                      const std::string& token) {
    return fetch(token);
  };
}

void ScriptedCa::validate_type_by(const std::string& type, Fetch fetch) {
  fetch_by_type_[type] = std::move(fetch);
}

void ScriptedCa::fail_next(Resource resource, Fault fault) {
  const std::lock_guard lock(mutex_);
  next_[resource].push_back(std::move(fault));
}

void ScriptedCa::fail_always(Resource resource, Fault fault) {
  const std::lock_guard lock(mutex_);
  always_[resource] = std::move(fault);
}

void ScriptedCa::lose_next_answer(Resource resource) {
  const std::lock_guard lock(mutex_);
  loses_answer_ = resource;
}

void ScriptedCa::heal() {
  const std::lock_guard lock(mutex_);
  next_.clear();
  always_.clear();
}

ScriptedCa::Fault ScriptedCa::problem(int status, const std::string& type,
                                      const std::string& detail,
                                      const std::string& retry_after) {
  return [=](const HttpRequest&) {
    HttpResponse response = problem_response(status, type, detail);
    if (!retry_after.empty()) {
      response.headers.emplace("retry-after", retry_after);
    }
    return response;
  };
}

ScriptedCa::Fault ScriptedCa::body(int status, const std::string& text) {
  return [=](const HttpRequest&) {
    HttpResponse response;
    response.status = status;
    response.body = text;
    return response;
  };
}

ScriptedCa::Fault ScriptedCa::no_answer() {
  return [](const HttpRequest&) -> HttpResponse {
    throw Error(ErrorKind::kUnavailable, "no answer from https://ca.example");
  };
}

void ScriptedCa::ask_for_terms() {
  const std::lock_guard lock(mutex_);
  terms_ = true;
}

void ScriptedCa::require_external_account(const std::string& kid,
                                          const SecretBytes& key) {
  const std::lock_guard lock(mutex_);
  external_account_ = ExternalAccountKey{kid, key};
}

void ScriptedCa::close_accounts(bool shown) {
  const std::lock_guard lock(mutex_);
  shows_closed_ = shown;
  for (Account& account : accounts_) {
    account.status = "deactivated";
  }
}

void ScriptedCa::forget_accounts() {
  const std::lock_guard lock(mutex_);
  accounts_.clear();
}

void ScriptedCa::change_terms() {
  const std::lock_guard lock(mutex_);
  terms_changed_ = true;
}

void ScriptedCa::list_orders(bool listed, std::size_t page_size) {
  const std::lock_guard lock(mutex_);
  page_size_ = listed ? std::optional(page_size) : std::nullopt;
}

void ScriptedCa::set_clock_skew(std::chrono::milliseconds skew) {
  const std::lock_guard lock(mutex_);
  clock_skew_ = skew;
}

unsigned ScriptedCa::count(Resource resource) const {
  const std::lock_guard lock(mutex_);
  const auto entry = counts_.find(resource);
  return entry == counts_.end() ? 0 : entry->second;
}

std::vector<std::string> ScriptedCa::payloads(Resource resource) const {
  const std::lock_guard lock(mutex_);
  const auto entry = payloads_.find(resource);
  return entry == payloads_.end() ? std::vector<std::string>() : entry->second;
}

HttpResponse ScriptedCa::send(const HttpRequest& request,
                              std::stop_token stop) {
  if (stop.stop_requested()) {
    throw Error(ErrorKind::kStopped, "stopping");
  }
  const Resource resource = resource_of(path_of(request.url).front());
  const std::lock_guard lock(mutex_);
  ++counts_[resource];
  std::deque<Fault>& queue = next_[resource];
  if (!queue.empty()) {
    const Fault fault = std::move(queue.front());
    queue.pop_front();
    HttpResponse response = fault(request);
    add_fields(response);
    return response;
  }
  const auto always = always_.find(resource);
  HttpResponse response = always != always_.end() ? always->second(request)
                                                  : serve(resource, request);
  if (loses_answer_ == resource) {
    loses_answer_.reset();
    return no_answer()(request);
  }
  if (resource != Resource::kDirectory) {
    add_fields(response);
  }
  return response;
}

HttpResponse ScriptedCa::serve(Resource resource, const HttpRequest& request) {
  if (resource == Resource::kDirectory) {
    return serve_directory();
  }
  if (resource == Resource::kNonce) {
    return json_response(200, json::object());
  }
  if (resource == Resource::kRenewalInfo) {
    return show_renewal_info(path_of(request.url).at(1));
  }
  const json jws = json::parse(request.body);
  const Posted posted{path_of(request.url),
                      json::parse(decoded_text(jws.at("protected"))),
                      decoded_text(jws.at("payload"))};
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

HttpResponse ScriptedCa::serve_directory() const {
  json directory{
      {"newNonce", url("nonce")},       {"newAccount", url("account")},
      {"newOrder", url("new-order")},   {"newAuthz", url("new-authz")},
      {"keyChange", url("key-change")}, {"revokeCert", url("revoke")}};
  if (offers_renewal_info_) {
    directory["renewalInfo"] = url("renewal-info");
  }
  if (terms_) {
    directory["meta"]["termsOfService"] = url("terms");
  }
  if (external_account_) {
    directory["meta"]["externalAccountRequired"] = true;
  }
  if (!profiles_.empty()) {
    directory["meta"]["profiles"] = profiles_;
  }
  return json_response(200, directory);
}

HttpResponse ScriptedCa::serve_posted(Resource resource, const Posted& posted) {
  if (resource == Resource::kAccount) {
    return new_account(posted);
  }
  if (resource == Resource::kRevoke && posted.header.contains("jwk")) {
    return revoke(posted);
  }
  const Account* account = find_account(posted.kid());
  if (account == nullptr) {
    return problem_response(400, "accountDoesNotExist", "no such account");
  }
  if (account->status != "valid") {
    return problem_response(403, "unauthorized", "the account is closed");
  }
  return serve_member(resource, posted);
}

HttpResponse ScriptedCa::serve_member(Resource resource, const Posted& posted) {
  switch (resource) {
    case Resource::kExistingAccount:
      return update_account(posted);
    case Resource::kKeyChange:
      return change_key(posted);
    case Resource::kOrderList:
      return show_orders(posted);
    case Resource::kNewOrder:
      return new_order(posted);
    case Resource::kOrder:
      return show_order(posted.number(1));
    case Resource::kNewAuthorization:
      return new_authorization(posted);
    case Resource::kAuthorization:
      return update_authorization(posted);
    case Resource::kChallenge:
      return validate(posted);
    case Resource::kFinalize:
      return finalize(posted.number(1), posted);
    case Resource::kRevoke:
      return revoke(posted);
    default:
      return show_certificate(posted);
  }
}

ScriptedCa::Account* ScriptedCa::find_account(const std::string& url) {
  const auto found =
      std::find_if(accounts_.begin(), accounts_.end(),
                   [&](const Account& account) { return account.url == url; });
  return found == accounts_.end() ? nullptr : &*found;
}

HttpResponse ScriptedCa::new_account(const Posted& posted) {
  const json payload = posted.document();
  const std::string jwk = posted.header.at("jwk").dump();
  const auto known =
      std::find_if(accounts_.begin(), accounts_.end(),
                   [&](const Account& account) { return account.jwk == jwk; });
  if (known == accounts_.end()) {
    if (payload.value("onlyReturnExisting", false)) {
      return problem_response(400, "accountDoesNotExist", "no such account");
    }
    if (terms_ && !payload.value("termsOfServiceAgreed", false)) {
      return problem_response(403, "userActionRequired", "agree to the terms");
    }
    if (external_account_ && !payload.contains("externalAccountBinding")) {
      return problem_response(403, "externalAccountRequired",
                              "become a customer first");
    }
    if (external_account_ && !is_bound(posted)) {
      return problem_response(403, "unauthorized", "no such customer");
    }
    accounts_.push_back(
        {.url = url("acct", accounts_.size() + 1),
         .jwk = jwk,
         .contacts = payload.value("contact", std::vector<std::string>())});
  }
  const Account& account = known == accounts_.end() ? accounts_.back() : *known;
  if (account.status != "valid" && !shows_closed_) {
    return problem_response(403, "unauthorized", "the account is closed");
  }
  HttpResponse response = show_account(account);
  response.status = known == accounts_.end() ? 201 : 200;
  response.headers.emplace("location", account.url);
  return response;
}

// RFC 8555 section 7.3.4.
bool ScriptedCa::is_bound(const Posted& posted) const {
  const json jws = posted.document().at("externalAccountBinding");
  const json header = json::parse(decoded_text(jws.at("protected")));
  const auto tag = hmac_sha256(external_account_->key,
                               jws.at("protected").get<std::string>() + "." +
                                   jws.at("payload").get<std::string>());
  return header == json{{"alg", "HS256"},
                        {"kid", external_account_->kid},
                        {"url", url("account")}} &&
         json::parse(decoded_text(jws.at("payload"))) ==
             posted.header.at("jwk") &&
         jws.at("signature") == base64url_encode(tag);
}

HttpResponse ScriptedCa::show_account(const Account& account) const {
  json document{{"status", account.status}, {"contact", account.contacts}};
  if (page_size_) {
    document["orders"] =
        url("orders") + account.url.substr(account.url.rfind('/'));
  }
  return json_response(200, document);
}

HttpResponse ScriptedCa::update_account(const Posted& posted) {
  Account& account = *find_account(posted.kid());
  if (account.url != url("acct", posted.number(1))) {
    return problem_response(403, "unauthorized", "not your account");
  }
  const json payload = posted.document();
  if (payload.contains("contact")) {
    account.contacts = payload.at("contact").get<std::vector<std::string>>();
  }
  if (payload.value("status", "") == "deactivated") {
    account.status = "deactivated";
  }
  return show_account(account);
}

// RFC 8555 section 7.3.5.
HttpResponse ScriptedCa::change_key(const Posted& posted) {
  Account& account = *find_account(posted.kid());
  const json jws = posted.document();
  const json header = json::parse(decoded_text(jws.at("protected")));
  const json payload = json::parse(decoded_text(jws.at("payload")));
  if (header.at("url") != posted.header.at("url") || header.contains("nonce") ||
      header.contains("kid") || payload.at("account") != account.url ||
      payload.at("oldKey").dump() != account.jwk) {
    return problem_response(400, "malformed", "not this way");
  }
  const std::string jwk = header.at("jwk").dump();
  if (std::any_of(accounts_.begin(), accounts_.end(),
                  [&](const Account& other) { return other.jwk == jwk; })) {
    return problem_response(409, "malformed", "the key has an account");
  }
  account.jwk = jwk;
  return show_account(account);
}

HttpResponse ScriptedCa::show_orders(const Posted& posted) const {
  const std::size_t page_size = page_size_.value_or(100);
  const std::size_t page = posted.path.size() > 2 ? posted.number(2) : 0;
  json urls = json::array();
  std::size_t count = 0;
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    if (orders_[i].listed && orders_[i].account == posted.kid() &&
        count++ / page_size == page) {
      urls.push_back(url("order", i));
    }
  }
  HttpResponse response = json_response(200, {{"orders", urls}});
  if (count > (page + 1) * page_size) {
    response.headers.emplace(
        "link",
        "<" + url("orders", posted.number(1), page + 1) + ">;rel=\"next\"");
  }
  return response;
}

void ScriptedCa::add_fields(HttpResponse& response) {
  nonces_.push_back("nonce" + std::to_string(next_nonce_++));
  response.headers.emplace("replay-nonce", nonces_.back());
  if (!response.headers.contains("date")) {
    response.headers.emplace("date", http_date(clock_.now() + clock_skew_));
  }
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// A CA in this process.
#include "tests/support/scripted_ca.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/error.h"

namespace acme {
namespace {

using nlohmann::json;

const std::string kBase = "https://ca.example/";

std::string decoded(const json& member) {
  const auto bytes = base64url_decode(member.get<std::string>()).value();
  return {bytes.begin(), bytes.end()};
}

HttpResponse json_response(int status, const json& document) {
  HttpResponse response;
  response.status = status;
  response.body = document.dump();
  response.headers.emplace("content-type", "application/json");
  return response;
}

HttpResponse problem_response(int status, const std::string& type,
                              const std::string& detail) {
  return json_response(status, {{"type", "urn:ietf:params:acme:error:" + type},
                                {"detail", detail},
                                {"status", status}});
}

// "https://ca.example/authz/3/1" as {"authz", "3", "1"}.
std::vector<std::string> path_of(const std::string& url) {
  std::vector<std::string> parts;
  std::istringstream rest(url.substr(kBase.size()));
  for (std::string part; std::getline(rest, part, '/');) {
    parts.push_back(part);
  }
  return parts;
}

Resource resource_of(const std::string& name) {
  static const std::map<std::string, Resource> kNames{
      {"dir", Resource::kDirectory},
      {"nonce", Resource::kNonce},
      {"account", Resource::kAccount},
      {"new-order", Resource::kNewOrder},
      {"order", Resource::kOrder},
      {"authz", Resource::kAuthorization},
      {"challenge", Resource::kChallenge},
      {"finalize", Resource::kFinalize},
      {"certificate", Resource::kCertificate}};
  return kNames.at(name);
}

json identifier_json(const Identifier& identifier) {
  return {{"type", identifier.type == Identifier::Type::kDns ? "dns" : "ip"},
          {"value", identifier.value}};
}

std::string token_of(std::size_t order, std::size_t index) {
  return "token-" + std::to_string(order) + "-" + std::to_string(index);
}

std::string url_of(const std::string& name, std::size_t order) {
  return kBase + name + "/" + std::to_string(order);
}

std::string url_of(const std::string& name, std::size_t order,
                   std::size_t index) {
  return url_of(name, order) + "/" + std::to_string(index);
}

}  // namespace

// A request taken apart.
struct ScriptedCa::Posted {
  std::vector<std::string> path;
  json header;
  std::string payload;

  [[nodiscard]] std::size_t number(std::size_t part) const {
    return std::stoul(path.at(part));
  }
};

void ScriptedCa::validate_by(
    std::function<std::optional<std::string>(const std::string&)> fetch) {
  fetch_ = std::move(fetch);
}

void ScriptedCa::fail_next(Resource resource, Fault fault) {
  const std::lock_guard lock(mutex_);
  next_[resource].push_back(std::move(fault));
}

void ScriptedCa::fail_always(Resource resource, Fault fault) {
  const std::lock_guard lock(mutex_);
  always_[resource] = std::move(fault);
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

void ScriptedCa::stay_processing(int polls) { processing_polls_ = polls; }

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

void ScriptedCa::start_with_valid_authorizations() {
  authorizations_valid_ = true;
}

void ScriptedCa::validate_before_the_response() { validates_early_ = true; }

void ScriptedCa::ask_for_terms() { terms_ = true; }

void ScriptedCa::refuse_name(const std::string& name) { refused_name_ = name; }

void ScriptedCa::forget_accounts() {
  const std::lock_guard lock(mutex_);
  accounts_.clear();
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
    add_nonce(response);
    return response;
  }
  const auto always = always_.find(resource);
  HttpResponse response = always != always_.end() ? always->second(request)
                                                  : serve(resource, request);
  if (resource != Resource::kDirectory) {
    add_nonce(response);
  }
  return response;
}

HttpResponse ScriptedCa::serve(Resource resource, const HttpRequest& request) {
  if (resource == Resource::kDirectory) {
    json directory{{"newNonce", kBase + "nonce"},
                   {"newAccount", kBase + "account"},
                   {"newOrder", kBase + "new-order"}};
    if (terms_) {
      directory["meta"]["termsOfService"] = kBase + "terms";
    }
    return json_response(200, directory);
  }
  if (resource == Resource::kNonce) {
    return json_response(200, json::object());
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
  const std::string kid = posted.header.value("kid", "");
  if (std::none_of(
          accounts_.begin(), accounts_.end(),
          [&](const auto& account) { return account.second == kid; })) {
    return problem_response(400, "accountDoesNotExist", "no such account");
  }
  switch (resource) {
    case Resource::kNewOrder:
      return new_order(posted);
    case Resource::kOrder:
      return show_order(posted.number(1));
    case Resource::kAuthorization:
      return show_authorization(posted.number(1), posted.number(2));
    case Resource::kChallenge:
      return validate(posted.number(1), posted.number(2));
    case Resource::kFinalize:
      return finalize(posted.number(1), posted);
    default: {
      HttpResponse response;
      response.status = 200;
      response.body = orders_.at(posted.number(1)).chain;
      return response;
    }
  }
}

HttpResponse ScriptedCa::new_account(const Posted& posted) {
  const json payload = json::parse(posted.payload);
  if (terms_ && !payload.value("termsOfServiceAgreed", false)) {
    return problem_response(403, "userActionRequired", "agree to the terms");
  }
  const auto [account, is_new] = accounts_.try_emplace(
      posted.header.at("jwk").dump(),
      kBase + "acct/" + std::to_string(accounts_.size() + 1));
  HttpResponse response =
      json_response(is_new ? 201 : 200, {{"status", "valid"}});
  response.headers.emplace("location", account->second);
  return response;
}

HttpResponse ScriptedCa::new_order(const Posted& posted) {
  Order order;
  const json payload = json::parse(posted.payload);
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
  order.authorization_status.assign(
      order.identifiers.size(), authorizations_valid_ ? "valid" : "pending");
  order.status = authorizations_valid_ ? "ready" : "pending";
  orders_.push_back(std::move(order));
  const std::size_t index = orders_.size() - 1;
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
  for (std::size_t i = 0; i < order.identifiers.size(); ++i) {
    document["identifiers"].push_back(identifier_json(order.identifiers[i]));
    document["authorizations"].push_back(url_of("authz", index, i));
  }
  if (order.status == "valid") {
    document["certificate"] = url_of("certificate", index);
  }
  return json_response(200, document);
}

HttpResponse ScriptedCa::show_authorization(std::size_t order,
                                            std::size_t index) {
  const std::string status = orders_.at(order).authorization_status.at(index);
  if (validates_early_ && status == "pending") {
    set_authorization(orders_.at(order), index, true);
  }
  json challenge{{"type", "http-01"},
                 {"url", url_of("challenge", order, index)},
                 {"token", token_of(order, index)},
                 {"status", status}};
  if (status == "invalid") {
    challenge["error"] = {{"type", "urn:ietf:params:acme:error:unauthorized"},
                          {"detail", "the key authorization was wrong"}};
  }
  return json_response(
      200,
      {{"status", status},
       {"identifier", identifier_json(orders_.at(order).identifiers.at(index))},
       {"challenges",
        {json{{"type", "dns-01"},
              {"url", url_of("challenge", order, index)},
              {"token", "other"},
              {"status", "pending"}},
         challenge}}});
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
  if (asked.authorization_status.at(index) != "pending") {
    return problem_response(400, "malformed", "the challenge is not pending");
  }
  const std::string token = token_of(order, index);
  const std::optional<std::string> answer =
      fetch_ ? fetch_(token) : std::nullopt;
  set_authorization(asked, index, answer && answer->starts_with(token + "."));
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

void ScriptedCa::add_nonce(HttpResponse& response) {
  nonces_.push_back("nonce" + std::to_string(next_nonce_++));
  response.headers.emplace("replay-nonce", nonces_.back());
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// A CA in this process: what a test tells it, and how requests reach it.
#include "tests/support/scripted_ca.h"

#include <algorithm>
#include <utility>

#include "acme_core/error.h"
#include "tests/support/scripted_ca_parts.h"

namespace acme {

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

void ScriptedCa::lose_next_answer(Resource resource) {
  const std::lock_guard lock(mutex_);
  loses_answer_ = resource;
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

void ScriptedCa::require_external_account(ExternalAccount account) {
  external_account_ = std::move(account);
}

void ScriptedCa::change_terms() { terms_changed_ = true; }

void ScriptedCa::list_orders() { lists_orders_ = true; }

void ScriptedCa::offer_profiles(std::vector<std::string> names) {
  profiles_ = std::move(names);
}

void ScriptedCa::offer_other_root() { has_other_root_ = true; }

void ScriptedCa::suggest_window(TimePoint start, TimePoint end,
                                const std::string& explanation_url) {
  json info{
      {"suggestedWindow", {{"start", rfc3339(start)}, {"end", rfc3339(end)}}}};
  if (!explanation_url.empty()) {
    info["explanationURL"] = explanation_url;
  }
  answer_about_renewal(info.dump(), "3600");
  const std::lock_guard lock(mutex_);
  suggested_up_to_ = std::max(issuing_.issued(), 1UL);
}

void ScriptedCa::answer_about_renewal(const std::string& body,
                                      const std::string& retry_after) {
  const std::lock_guard lock(mutex_);
  suggested_up_to_ = ~0UL;
  renewal_info_.emplace();
  renewal_info_->status = 200;
  renewal_info_->body = body;
  if (!retry_after.empty()) {
    renewal_info_->headers.emplace("retry-after", retry_after);
  }
}

void ScriptedCa::refuse_replaces(int status, const std::string& type) {
  const std::lock_guard lock(mutex_);
  replaces_refusal_ = {status, type};
}

void ScriptedCa::reuse_orders() { reuses_orders_ = true; }

void ScriptedCa::ask_for_no_authorizations() {
  asks_for_no_authorizations_ = true;
}

void ScriptedCa::change_identifiers_to(const std::string& name) {
  changed_identifier_ = parse_identifier(name);
}

void ScriptedCa::validate_after(int looks) { looks_ = looks; }

void ScriptedCa::allow_more_attempts() { allows_more_attempts_ = true; }

void ScriptedCa::set_clock_ahead(std::chrono::milliseconds ahead) {
  ahead_ = ahead;
}

unsigned ScriptedCa::deactivated_authorizations() const {
  const std::lock_guard lock(mutex_);
  return deactivated_;
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
  if (loses_answer_ == resource) {
    loses_answer_.reset();
    return no_answer()(request);
  }
  if (resource != Resource::kDirectory) {
    add_nonce(response);
  }
  return response;
}

void ScriptedCa::add_nonce(HttpResponse& response) {
  nonces_.push_back("nonce" + std::to_string(next_nonce_++));
  response.headers.emplace("replay-nonce", nonces_.back());
}

}  // namespace acme

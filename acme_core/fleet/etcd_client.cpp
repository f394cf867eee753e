// SPDX-License-Identifier: BSD-2-Clause
// Asks the nodes of one etcd.
#include "acme_core/fleet/etcd_client.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

// A page of the largest values, in base64, and what is around them.
constexpr std::size_t kLargestEtcdReply = 80 * std::size_t{1024} * 1024;

// Without user info and the "/" at its end.
std::string bare_url(std::string_view url) {
  constexpr std::string_view kBehindScheme = "://";
  const std::size_t scheme = url.find(kBehindScheme);
  const std::size_t start =
      scheme == std::string_view::npos ? 0 : scheme + kBehindScheme.size();
  const std::string_view authority =
      url.substr(start, url.find_first_of("/?#", start) - start);
  const std::size_t at = authority.rfind('@');
  std::string bare(url.substr(0, start));
  bare += url.substr(at == std::string_view::npos ? start : start + at + 1);
  while (bare.ends_with('/')) {
    bare.pop_back();
  }
  return bare;
}

std::vector<std::string> bare_urls(const std::vector<std::string>& urls) {
  std::vector<std::string> bare;
  std::transform(urls.begin(), urls.end(), std::back_inserter(bare), bare_url);
  if (bare.empty()) {
    throw Error(ErrorKind::kConfiguration, "etcd has no URL: give one");
  }
  return bare;
}

std::string etcd_place_of(const std::vector<std::string>& urls,
                          const std::string& prefix) {
  std::string place = "etcd ";
  for (const std::string& url : urls) {
    place.append(&url == &urls.front() ? "" : ",").append(url);
  }
  return place + " " + prefix;
}

CurlHttpClientOptions etcd_http_options(const EtcdOptions& options) {
  CurlHttpClientOptions http;
  http.user_agent = "ngx-acme";
  http.trusted_certificates = options.trusted_certificates;
  http.client_certificate = options.client_certificate;
  http.client_key = options.client_key;
  http.http1_only = true;
  http.any_scheme = true;
  http.connect_timeout = options.timeout;
  http.total_timeout = options.timeout;
  http.response_limit = kLargestEtcdReply;
  http.start_thread = options.start_thread;
  return http;
}

// OpenSSL's words for the alerts of RFC 8446 section 6.2 by which a server
// refuses a certificate, or the want of one.
bool is_refused_certificate(std::string_view words) {
  const auto says = [&](std::string_view text) {
    return words.find(text) != std::string_view::npos;
  };
  return says("alert") && (says("certificate") || says("unknown ca"));
}

}  // namespace

EtcdClient::EtcdClient(const EtcdOptions& options)
    : urls_(bare_urls(options.urls)),
      prefix_(options.prefix),
      user_(options.user),
      password_(options.password),
      place_(etcd_place_of(urls_, prefix_)),
      http_(etcd_http_options(options)) {}

void EtcdClient::ask(const EtcdQuestion& question, const std::stop_token& stop,
                     const Read& read) {
  ask(question, stop, read,
      [this](const HttpRequest& request, const std::stop_token& until) {
        return send(request, until);
      });
}

void EtcdClient::ask(const EtcdQuestion& question, const std::stop_token& stop,
                     const Read& read, const Exchange& exchange) {
  if (question.once && urls_.size() > 1 && !target().is_known_good) {
    // What may be asked only once goes to a node that is there.
    ask(etcd_probe(prefix_), stop, [this](const EtcdReply& reply) {
      static_cast<void>(read_etcd_page(reply, prefix_));
    });
  }
  for (std::size_t asked = 1;; ++asked) {
    const std::size_t node = target().node;
    try {
      const EtcdReply reply = ask_node(urls_[node], question, stop, exchange);
      try {
        read(reply);
      } catch (Error& error) {
        throw error.with_context("etcd at " + urls_[node]);
      }
      keep_to(node);
      return;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnavailable) {
        throw;
      }
      if (is_refused_certificate(error.what())) {
        throw Error(ErrorKind::kPermanent,
                    std::string(error.what()) +
                        ": etcd asks for a client certificate of a CA that "
                        "its --trusted-ca-file has");
      }
      move_on_from(node);
      if (question.once || asked >= urls_.size()) {
        throw;
      }
    }
  }
}

const std::string& EtcdClient::url() const { return urls_[target().node]; }

EtcdClient::Target EtcdClient::target() const {
  const std::lock_guard lock(mutex_);
  return target_;
}

void EtcdClient::keep_to(std::size_t node) {
  const std::lock_guard lock(mutex_);
  target_ = {node, true};
}

// Unless another thread has done so already.
void EtcdClient::move_on_from(std::size_t node) {
  const std::lock_guard lock(mutex_);
  if (target_.node == node) {
    target_ = {(node + 1) % urls_.size(), false};
  }
}

EtcdReply EtcdClient::ask_node(const std::string& url,
                               const EtcdQuestion& question,
                               const std::stop_token& stop,
                               const Exchange& exchange) {
  if (user_.empty()) {
    return exchange(request_for(url, question, {}), stop);
  }
  SecretBytes token = token_at(url, stop);
  EtcdReply reply = exchange(request_for(url, question, token), stop);
  if (wants_new_etcd_token(reply)) {
    forget_token(token);
    token = token_at(url, stop);
    reply = exchange(request_for(url, question, token), stop);
  }
  return reply;
}

HttpRequest EtcdClient::request_for(const std::string& url,
                                    const EtcdQuestion& question,
                                    const SecretBytes& token) const {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = url + question.path;
  request.body = question.body;
  request.content_type = "application/json";
  request.once = question.once;
  if (!token.empty()) {
    request.fields.push_back({"Authorization", token});
  }
  return request;
}

// All nodes know a token that one has given. Several threads may log in at once
// and the last one's is kept: all of them are good.
SecretBytes EtcdClient::token_at(const std::string& url,
                                 const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (token_) {
      return *token_;
    }
  }
  EtcdQuestion login = etcd_login(user_, password_);
  HttpRequest request = request_for(url, login, {});
  wipe(login.body.data(), login.body.size());
  EtcdReply reply;
  try {
    reply = send(request, stop);
  } catch (...) {
    wipe(request.body.data(), request.body.size());
    throw;
  }
  wipe(request.body.data(), request.body.size());
  SecretBytes token;
  try {
    token = read_etcd_token(std::move(reply));
  } catch (Error& error) {
    throw error.with_context("etcd at " + url);
  }
  const std::lock_guard lock(mutex_);
  token_ = token;
  return token;
}

void EtcdClient::forget_token(const SecretBytes& token) {
  const std::lock_guard lock(mutex_);
  if (token_ == token) {
    token_.reset();
  }
}

EtcdReply EtcdClient::send(const HttpRequest& request,
                           const std::stop_token& stop) {
  HttpResponse response = http_.send(request, stop);
  return {response.status, std::move(response.body)};
}

}  // namespace acme

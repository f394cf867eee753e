// SPDX-License-Identifier: BSD-2-Clause
// DNS in memory: providers that publish, and name servers that show it.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/error.h"
#include "acme_core/net/dns_lookup.h"

namespace acme {

/// Thread-safe.
class FakeDnsProvider final : public DnsProvider {
 public:
  void present(const DnsRecord& record, std::stop_token /*stop*/) override {
    const std::lock_guard lock(mutex_);
    published_.insert(record);
    const auto refusal = refused_.find(record.domain);
    if (refusal != refused_.end()) {
      throw Error(refusal->second, "refused " + record.domain);
    }
  }

  void cleanup(const DnsRecord& record, std::stop_token stop) override {
    const std::lock_guard lock(mutex_);
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    if (keeps_) {
      throw Error(ErrorKind::kOurs, "kept " + record.domain);
    }
    published_.erase(record);
  }

  /// present() fails for it, but only after it is there.
  void refuse(const std::string& domain,
              ErrorKind kind = ErrorKind::kConfiguration) {
    refused_[domain] = kind;
  }
  /// A name is one order's at a time.
  void set_exclusive() { is_exclusive_ = true; }
  [[nodiscard]] std::string lock_name(const DnsRecord& record) const override {
    return is_exclusive_ ? record.fqdn : DnsProvider::lock_name(record);
  }

  /// cleanup() fails from now on, or works again.
  void set_keeps(bool keeps) { keeps_ = keeps; }

  [[nodiscard]] std::set<DnsRecord> published() const {
    const std::lock_guard lock(mutex_);
    return published_;
  }

  [[nodiscard]] std::vector<std::string> values(const std::string& fqdn) const {
    std::vector<std::string> values;
    for (const DnsRecord& record : published()) {
      if (record.fqdn == fqdn) {
        values.push_back(record.value);
      }
    }
    return values;
  }

 private:
  mutable std::mutex mutex_;
  std::set<DnsRecord> published_;
  std::map<std::string, ErrorKind> refused_;
  bool keeps_ = false;
  bool is_exclusive_ = false;
};

/// Names that nothing is said of are in the zone "example.com.", whose name
/// servers "ns1." and "ns2." show what the provider has.
class FakeDnsLookup final : public DnsLookup {
 public:
  using Texts = std::function<TxtAnswer(const std::string& fqdn)>;

  explicit FakeDnsLookup(const FakeDnsProvider& provider)
      : truth_([&provider](const std::string& fqdn) {
          return TxtAnswer{
              TxtAnswer::Status::kAnswered, provider.values(fqdn), {}};
        }) {
    servers_["ns1."] = truth_;
    servers_["ns2."] = truth_;
  }

  void set_alias(const std::string& name, const std::string& target) {
    aliases_[name] = target;
  }
  /// What one of them answers instead; "resolver" is the resolver.
  void set_server(const std::string& name, Texts texts) {
    servers_[name] = std::move(texts);
  }
  void set_server(const std::string& name, const TxtAnswer& answer) {
    servers_[name] = [answer](const std::string&) { return answer; };
  }
  [[nodiscard]] TxtAnswer truth(const std::string& fqdn) const {
    return truth_(fqdn);
  }
  /// Neither aliases nor zones nor servers can be found.
  void lose_resolver() { has_resolver_ = false; }

  [[nodiscard]] std::string follow_aliases(const std::string& fqdn,
                                           std::stop_token /*stop*/) override {
    require_resolver();
    const auto alias = aliases_.find(fqdn);
    return alias == aliases_.end() ? fqdn : alias->second;
  }

  [[nodiscard]] std::string zone_of(const std::string& /*fqdn*/,
                                    std::stop_token /*stop*/) override {
    require_resolver();
    return "example.com.";
  }

  [[nodiscard]] std::vector<NameServer> authoritative_servers(
      const std::string& /*zone*/, std::stop_token /*stop*/) override {
    std::vector<NameServer> servers;
    for (const auto& [name, texts] : servers_) {
      if (name != "resolver") {
        servers.push_back({name, {}});
      }
    }
    return servers;
  }

  [[nodiscard]] TxtAnswer txt_at(const NameServer& server,
                                 const std::string& fqdn,
                                 std::stop_token /*stop*/) override {
    ++questions_[server.name];
    return servers_.at(server.name)(fqdn);
  }

  [[nodiscard]] TxtAnswer txt(const std::string& fqdn,
                              std::stop_token /*stop*/) override {
    const auto resolver = servers_.find("resolver");
    return resolver == servers_.end() ? truth_(fqdn) : resolver->second(fqdn);
  }

  /// How often a name server was asked.
  [[nodiscard]] unsigned questions(const std::string& server) {
    return questions_[server];
  }

 private:
  void require_resolver() const {
    if (!has_resolver_) {
      throw Error(ErrorKind::kUnavailable, "no resolver answers");
    }
  }

  const Texts truth_;
  std::map<std::string, Texts> servers_;
  std::map<std::string, std::string> aliases_;
  std::map<std::string, unsigned> questions_;
  bool has_resolver_ = true;
};

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// The serving side as a map, for engine tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "acme_core/challenge/responders.h"
#include "acme_core/engine/publisher.h"
#include "acme_core/error.h"

namespace acme {

/// Thread-safe.
class RecordingPublisher final : public Publisher,
                                 public Http01Responder,
                                 public TlsAlpn01Responder,
                                 public Dns01Responder {
 public:
  void put_certificate(std::size_t index,
                       const StoredCertificate& certificate) override {
    const std::lock_guard lock(mutex_);
    if (full_) {
      throw Error(ErrorKind::kConfiguration, "the zone is full");
    }
    served_[index] = {certificate.chain.to_pem(), certificate.key.to_pem()};
    staples_.erase(index);
    ++puts_;
  }

  [[nodiscard]] bool has_certificate(
      std::size_t index) const noexcept override {
    const std::lock_guard lock(mutex_);
    return served_.contains(index);
  }

  [[nodiscard]] std::optional<StoredCertificate> certificate(
      std::size_t index) const override {
    const std::lock_guard lock(mutex_);
    const auto found = served_.find(index);
    if (found == served_.end()) {
      return std::nullopt;
    }
    return StoredCertificate{
        CertificateChain::from_pem(found->second.first).value(),
        PrivateKey::from_pem(found->second.second).value()};
  }

  bool put_staple(std::size_t index, std::span<const std::uint8_t> leaf,
                  const OcspStaple& staple) override {
    const std::lock_guard lock(mutex_);
    const auto found = served_.find(index);
    if (found == served_.end() ||
        !std::equal(leaf.begin(), leaf.end(),
                    CertificateChain::from_pem(found->second.first)
                        .value()
                        .der()
                        .front()
                        .begin())) {
      return false;
    }
    staples_[index] = staple;
    return true;
  }

  [[nodiscard]] std::optional<OcspStaple> staple(
      std::size_t index) const override {
    const std::lock_guard lock(mutex_);
    const auto found = staples_.find(index);
    return found == staples_.end() ? std::nullopt
                                   : std::optional(found->second);
  }

  void put_challenge(const Identifier&, std::string_view token,
                     std::string_view key_authorization) override {
    const std::lock_guard lock(mutex_);
    challenges_.emplace(token, key_authorization);
  }

  void remove_challenge(const Identifier&,
                        std::string_view token) noexcept override {
    const std::lock_guard lock(mutex_);
    const auto found = challenges_.find(std::string(token));
    if (found != challenges_.end()) {
      challenges_.erase(found);
    }
  }

  void put_tls_alpn(std::string_view server_name,
                    std::span<const std::uint8_t> certificate_der,
                    std::span<const std::uint8_t> key_der) override {
    const std::lock_guard lock(mutex_);
    if (key_der.empty() || server_name == refused_tls_alpn_) {
      throw Error(ErrorKind::kConfiguration, "the zone is full");
    }
    tls_alpn_.emplace(server_name, std::vector(certificate_der.begin(),
                                               certificate_der.end()));
  }

  void remove_tls_alpn(std::string_view server_name) noexcept override {
    const std::lock_guard lock(mutex_);
    const auto found = tls_alpn_.find(std::string(server_name));
    if (found != tls_alpn_.end()) {
      tls_alpn_.erase(found);
    }
  }

  void put_txt(std::string_view fqdn, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    txt_.emplace(fqdn, value);
  }

  void remove_txt(std::string_view fqdn,
                  std::string_view value) noexcept override {
    const std::lock_guard lock(mutex_);
    const auto found =
        txt_.find(std::pair(std::string(fqdn), std::string(value)));
    if (found != txt_.end()) {
      txt_.erase(found);
    }
  }

  void put_thumbprint(std::string_view thumbprint) override {
    const std::lock_guard lock(mutex_);
    thumbprint_ = thumbprint;
  }

  [[nodiscard]] Responders responders() { return {*this, *this, *this}; }

  /// The answer to a token, as the CA would get it.
  [[nodiscard]] std::optional<std::string> answer(
      const std::string& token) const {
    const std::lock_guard lock(mutex_);
    const auto found = challenges_.find(token);
    if (found != challenges_.end()) {
      return found->second;
    }
    return thumbprint_.empty() ? std::nullopt
                               : std::optional(token + "." + thumbprint_);
  }

  /// The challenge certificates (DER) by server name.
  [[nodiscard]] std::multimap<std::string, std::vector<std::uint8_t>>
  live_tls_alpn() const {
    const std::lock_guard lock(mutex_);
    return tls_alpn_;
  }

  /// TXT values with their names, as often as they were put.
  [[nodiscard]] std::multiset<std::pair<std::string, std::string>> live_txt()
      const {
    const std::lock_guard lock(mutex_);
    return txt_;
  }

  [[nodiscard]] std::string serial(std::size_t index) const {
    const auto served = certificate(index);
    return served ? served->chain.serial() : "";
  }
  [[nodiscard]] std::size_t live_challenges() const {
    const std::lock_guard lock(mutex_);
    return challenges_.size();
  }
  [[nodiscard]] unsigned puts() const {
    const std::lock_guard lock(mutex_);
    return puts_;
  }
  /// There is no room for a challenge certificate of this name.
  void refuse_tls_alpn(const std::string& server_name) {
    const std::lock_guard lock(mutex_);
    refused_tls_alpn_ = server_name;
  }
  /// As if the server had been started anew.
  void forget() {
    const std::lock_guard lock(mutex_);
    served_.clear();
  }
  void set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, std::pair<std::string, SecretBytes>> served_;
  std::map<std::size_t, OcspStaple> staples_;
  std::multimap<std::string, std::string> challenges_;
  std::multimap<std::string, std::vector<std::uint8_t>> tls_alpn_;
  std::multiset<std::pair<std::string, std::string>> txt_;
  std::string refused_tls_alpn_;
  std::string thumbprint_;
  unsigned puts_ = 0;
  bool full_ = false;
};

}  // namespace acme

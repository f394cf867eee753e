// SPDX-License-Identifier: BSD-2-Clause
// Challenge certificates that end with their scope.
#include "acme_core/challenge/tls_alpn01.h"

#include <arpa/inet.h>

#include <array>
#include <set>
#include <utility>
#include <vector>

#include "acme_core/crypto/challenge_certificate.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/error.h"

namespace acme {
namespace {

// RFC 1035 section 3.5.
std::string reverse_name(const std::array<std::uint8_t, 4>& address) {
  std::string name;
  for (auto byte = address.rbegin(); byte != address.rend(); ++byte) {
    name += std::to_string(*byte) + ".";
  }
  return name + "in-addr.arpa";
}

// RFC 3596 section 2.5: by nibbles, the last one first.
std::string reverse_name(const std::array<std::uint8_t, 16>& address) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  for (auto byte = address.rbegin(); byte != address.rend(); ++byte) {
    name.append({kDigits[*byte & 0xf], '.', kDigits[*byte >> 4], '.'});
  }
  return name + "ip6.arpa";
}

template <std::size_t kSize>
std::string reverse_name_of(int family, const std::string& text) {
  std::array<std::uint8_t, kSize> address{};
  if (inet_pton(family, text.c_str(), address.data()) != 1) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + text + "\" is not an IP address");
  }
  return reverse_name(address);
}

// Ends in reverse order: first the answers, then the right to give them.
struct TlsAlpn01Answers final : PresentedAnswers {
  TlsAlpn01Answers(NameLocks& name_locks, std::set<std::string> names,
                   std::stop_token stop)
      : lock(name_locks.lock(std::move(names), std::move(stop))) {}

  NameLocks::Lock lock;
  std::vector<TlsAlpn01Answer> answers;
};

}  // namespace

std::string sni_name(const Identifier& identifier) {
  if (identifier.type == Identifier::Type::kDns) {
    return identifier.value;
  }
  return identifier.value.find(':') == std::string::npos
             ? reverse_name_of<4>(AF_INET, identifier.value)
             : reverse_name_of<16>(AF_INET6, identifier.value);
}

TlsAlpn01Answer::TlsAlpn01Answer(TlsAlpn01Responder& responder,
                                 const ChallengeTask& task)
    : responder_(&responder), server_name_(sni_name(task.identifier)) {
  const ChallengeCertificate made = make_challenge_certificate(
      task.identifier, sha256(task.key_authorization));
  responder_->put_tls_alpn(server_name_, made.certificate, made.key);
}

TlsAlpn01Answer::~TlsAlpn01Answer() {
  if (responder_ != nullptr) {
    responder_->remove_tls_alpn(server_name_);
  }
}

TlsAlpn01Answer::TlsAlpn01Answer(TlsAlpn01Answer&& other) noexcept
    : responder_(std::exchange(other.responder_, nullptr)),
      server_name_(std::move(other.server_name_)) {}

// A connection shows one certificate, whichever of several orders the CA has in
// mind: those with a name in common take turns.
std::unique_ptr<PresentedAnswers> TlsAlpn01Solver::present(
    std::span<const ChallengeTask> tasks, std::stop_token stop) {
  std::set<std::string> names;
  for (const ChallengeTask& task : tasks) {
    names.insert(sni_name(task.identifier));
  }
  auto presented = std::make_unique<TlsAlpn01Answers>(
      name_locks_, std::move(names), std::move(stop));
  for (const ChallengeTask& task : tasks) {
    presented->answers.emplace_back(responder_, task);
  }
  return presented;
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Certificates that an operator wants revoked.
#include "acme_core/engine/revocation.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "acme_core/engine/event_report.h"

namespace acme {
namespace {

// Who issued it, when that is still configured; else who is asked first.
std::size_t issuer_of(const EngineParts& parts, std::size_t certificate,
                      const CertificateRecord& record) {
  const auto& issuers = parts.plan.issuers;
  const auto found = std::find_if(
      issuers.begin(), issuers.end(),
      [&](const auto& issuer) { return issuer.name == record.issuer; });
  return found == issuers.end()
             ? parts.plan.certificates[certificate].issuer()
             : static_cast<std::size_t>(found - issuers.begin());
}

// Revoked by whom does not matter: it is.
void revoke_once(Client& client, const CertificateChain& chain,
                 const PrivateKey* key, RevocationReason reason,
                 const std::stop_token& stop) {
  try {
    client.revoke(chain, reason, stop);
    return;
  } catch (const Error& error) {
    if (error.problem_type() == "alreadyRevoked") {
      return;
    }
    if (error.problem_type() != "unauthorized" || key == nullptr) {
      throw;
    }
  }
  try {
    client.revoke_with_key(chain, *key, reason, stop);
  } catch (const Error& error) {
    if (error.problem_type() != "alreadyRevoked") {
      throw;
    }
  }
}

void tell(const EngineParts& parts, std::size_t certificate, std::size_t issuer,
          const std::string& text) {
  parts.keeper.log_of(certificate, issuer).notice(text);
  tell_event(parts, EventKind::kRevoked, certificate, issuer, text);
}

}  // namespace

void revoke_served(const EngineParts& parts, std::size_t certificate,
                   RevocationReason reason, const std::string& asked_by,
                   const std::stop_token& stop) {
  const auto served = parts.keeper.served(certificate);
  if (!served) {
    throw Error(ErrorKind::kConfiguration,
                "there is no certificate to revoke; look at its state for why");
  }
  const std::size_t issuer =
      issuer_of(parts, certificate, parts.keeper.load_record(certificate));
  revoke_once(parts.sessions[issuer]->account().ensure(stop), served->chain,
              &served->key, reason, stop);
  tell(parts, certificate, issuer,
       "revoked serial " + served->chain.serial() + ", asked for by " +
           asked_by + "; it is served until there is another one");
}

void revoke_when_replaced(const EngineParts& parts, std::size_t certificate,
                          RevocationReason reason,
                          const std::string& asked_by) {
  const auto served = parts.keeper.served(certificate);
  if (!served) {
    throw Error(ErrorKind::kConfiguration,
                "there is no certificate to revoke; look at its state for why");
  }
  parts.keeper.change_record(certificate, [&](CertificateRecord& record) {
    record.revoke = {
        .certificate = base64url_encode(served->chain.der().front()),
        .reason = static_cast<int>(reason),
        .asked_by = asked_by};
  });
  parts.revocations.add(certificate);
}

std::string revoke_replaced(const EngineParts& parts, std::size_t certificate,
                            const std::stop_token& stop) {
  // Else an order and the issuer's care both do, and tell it twice.
  const auto hold = parts.revocations.hold();
  if (!parts.revocations.has(certificate)) {
    return {};
  }
  const CertificateRecord record = parts.keeper.load_record(certificate);
  if (!record.revoke) {
    return {};
  }
  const auto leaf = base64url_decode(record.revoke->certificate);
  const auto chain = leaf ? CertificateChain::from_der(
                                std::vector<std::vector<std::uint8_t>>{*leaf})
                          : std::nullopt;
  const auto forget = [&] {
    parts.keeper.change_record(
        certificate, [](CertificateRecord& each) { each.revoke.reset(); });
    parts.revocations.remove(certificate);
  };
  // Of one that is over, a CA takes no revocation.
  if (!chain || chain->not_after() <= parts.environment.clock.now()) {
    forget();
    return {};
  }
  const auto served = parts.keeper.served(certificate);
  if (served && served->chain.der().front() == *leaf) {
    return {};  // not yet
  }
  const std::size_t issuer = issuer_of(parts, certificate, record);
  revoke_once(parts.sessions[issuer]->account().ensure(stop), *chain, nullptr,
              static_cast<RevocationReason>(record.revoke->reason), stop);
  forget();
  std::string text = "revoked serial " + chain->serial() +
                     ", which is no longer served, asked for by " +
                     record.revoke->asked_by;
  tell(parts, certificate, issuer, text);
  return text;
}

}  // namespace acme

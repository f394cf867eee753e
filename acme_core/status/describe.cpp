// SPDX-License-Identifier: BSD-2-Clause
// From what is wished, served and noted to what a person is shown.
#include "acme_core/status/describe.h"

#include <algorithm>
#include <span>
#include <utility>

#include "acme_core/crypto/digest.h"
#include "acme_core/hexadecimal.h"

namespace acme {
namespace {

std::string fingerprint_of(const CertificateChain& chain) {
  const std::vector<std::uint8_t>& leaf = chain.der().front();
  return to_hex(
      sha256({reinterpret_cast<const char*>(leaf.data()), leaf.size()}));
}

std::vector<std::string> values_of(const std::vector<Identifier>& identifiers) {
  std::vector<std::string> values;
  values.reserve(identifiers.size());
  for (const Identifier& identifier : identifiers) {
    values.push_back(identifier.value);
  }
  return values;
}

void describe_chain(CertificateStatus& status, const CertificateChain& chain) {
  status.serial = chain.serial();
  status.fingerprint = fingerprint_of(chain);
  status.chain = chain.issuer_names();
  status.pem = chain.to_pem();
  status.not_before = chain.not_before();
  status.not_after = chain.not_after();
}

// What has failed since it last went well.
void describe_failures(CertificateStatus& status,
                       const CertificateRecord& record) {
  for (const auto& [issuer, backoff] : record.backoffs) {
    status.failures += backoff.failures;
  }
  if (const Attempt* error = record.last_error()) {
    status.last_error = error->message;
    // A record of former times may have no back-off any more.
    status.failures = std::max(status.failures, 1U);
  }
}

}  // namespace

CertificateStatus describe(const CertificateSpec& spec, const Plan& plan,
                           const std::optional<ServedCertificate>& served,
                           const CertificateNote& note) {
  const CertificateRecord& record = note.record;
  CertificateStatus status;
  status.id = spec.storage_name();
  status.name = spec.name();
  status.names = values_of(spec.identifiers);
  status.issuer = record.issuer;
  for (const std::size_t issuer : spec.issuers) {
    status.issuers.push_back(plan.issuers[issuer].name);
  }
  status.key = to_string(spec.key_type);
  status.profile = plan.issuers[spec.issuer()].profile;
  if (const auto proofs = record.proved_by.find(record.issuer);
      proofs != record.proved_by.end()) {
    status.proved_by.assign(proofs->second.begin(), proofs->second.end());
  }
  status.left_out.assign(record.left_out.begin(), record.left_out.end());
  if (served) {
    status.is_served = true;
    status.is_stand_in = served->is_stand_in;
    status.generation = served->generation;
    describe_chain(status, served->chain);
  }
  status.renew_at = note.renew_at;
  status.renew_why = note.renew_why;
  status.window = record.window;
  status.next_attempt = note.next_attempt;
  status.waiting = record.waiting;
  describe_failures(status, record);
  status.history = record.history;
  status.order = note.order;
  status.is_saved = note.is_saved;
  return status;
}

CertificateStatus describe_static(const CertificateChain& chain,
                                  std::size_t number, std::string file) {
  CertificateStatus status;
  status.id = "static:" + std::to_string(number);
  status.names = values_of(chain.identifiers());
  // Without any, a person knows it by its file.
  status.name = status.names.empty() ? file : status.names.front();
  status.issuer = chain.issuer_name();
  status.state = CertificateState::kStatic;
  status.is_served = true;
  status.file = std::move(file);
  describe_chain(status, chain);
  return status;
}

CertificateStatus describe_orphan(const OrphanNote& orphan,
                                  const std::string& issuer) {
  CertificateStatus status;
  status.id = orphan.storage_name;
  status.names = orphan.identifiers;
  status.name =
      status.names.empty() ? orphan.storage_name : status.names.front();
  status.issuer = issuer;
  status.state = CertificateState::kOrphan;
  status.reason = "No configuration mentions it";
  if (orphan.unused_since) {
    status.reason += " since " + rfc3339(*orphan.unused_since);
  }
  status.reason +=
      "; nothing serves or renews it. Its files are kept: it is taken over "
      "when a configuration mentions its names again.";
  status.serial = orphan.serial;
  status.not_before = parse_rfc3339(orphan.not_before);
  status.not_after = parse_rfc3339(orphan.not_after);
  return status;
}

}  // namespace acme

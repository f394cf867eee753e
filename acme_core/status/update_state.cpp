// SPDX-License-Identifier: BSD-2-Clause
// In which state a certificate is, why, and what a person can do about it.
// docs/status.md has the states as a table.
#include <array>
#include <string>
#include <string_view>

#include "acme_core/engine/renewal.h"
#include "acme_core/status/describe.h"

namespace acme {
namespace {

// Absolute times only: a sentence stays as it is until the state changes.
std::string date(const std::optional<TimePoint>& time) {
  if (!time) {
    return "an unknown time";
  }
  const std::string text = rfc3339(*time);  // 2026-01-31T12:00:00Z
  return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

std::string times(unsigned count) {
  return count == 1 ? "once" : std::to_string(count) + " times in a row";
}

struct CureOfError {
  std::string_view problem_type;  // as Problem::describe() has it
  std::string_view cure;
};

// RFC 8555 section 6.7, and what an operator can do about each.
constexpr std::array kCures{
    CureOfError{
        "(dns)",
        "Look at the DNS records of the names (A, AAAA, and "
        "_acme-challenge for dns-01): every name server has to answer."},
    CureOfError{"(connection)",
                "Make port 80 (http-01) or 443 (tls-alpn-01) of every address "
                "of the names reachable from the internet."},
    CureOfError{"(unauthorized)",
                "See that the names lead to this server, by every address: "
                "another server has answered the CA, or this one was told "
                "something else."},
    CureOfError{"(incorrectResponse)",
                "See that the names lead to this server, by every address."},
    CureOfError{"(tls)",
                "See what answers at port 443 of the names: the CA's handshake "
                "with it failed."},
    CureOfError{"(caa)",
                "Let the CAA records of the names allow this CA, or use an "
                "issuer that they allow."},
    CureOfError{"(rateLimited)",
                "Nothing helps but waiting, or another issuer behind the first "
                "in acme_certificate."},
    CureOfError{"(rejectedIdentifier)",
                "This CA does not sign these names: take them out of "
                "server_name, or use another issuer."},
    CureOfError{"(unsupportedIdentifier)",
                "This CA does not sign these names: take them out of "
                "server_name, or use another issuer."},
    CureOfError{"(externalAccountRequired)",
                "Set external_account_key in acme_issuer: this CA wants the "
                "account to be bound to one of its own."},
    CureOfError{"(userActionRequired)",
                "Visit the link that the CA gives, and agree to its terms."},
    CureOfError{"(invalidContact)", "Correct the contact in acme_issuer."},
    CureOfError{"(invalidProfile)",
                "Set a profile in acme_issuer that the CA offers."},
};

std::string cure_of(const CertificateStatus& status) {
  std::string cure = "Do what the error says.";
  for (const CureOfError& known : kCures) {
    if (status.last_error.find(known.problem_type) != std::string::npos) {
      cure = known.cure;
      break;
    }
  }
  return cure + " Then retry it, to be asked for at once.";
}

std::string failed(const CertificateStatus& status) {
  std::string text =
      "Its order failed " + times(status.failures) + ": " + status.last_error;
  if (!text.ends_with('.')) {
    text += '.';
  }
  return status.next_attempt ? text + " The next attempt is at " +
                                   date(status.next_attempt) + "."
                             : text;
}

std::string waits(const Waiting& waiting) {
  return "It waits for issuer \"" + waiting.issuer + "\": " + waiting.reason +
         ".";
}

std::string under_way(const OrderInFlight& order) {
  return "An order at \"" + order.issuer + "\" is under way (" + order.step +
         ") since " + date(order.since) + ".";
}

constexpr std::string_view kLookAtIssuer =
    "Look at the issuer: whether it is paused, out of reach or out of budget. "
    "An issuer behind it in acme_certificate would be asked in its place.";
constexpr std::string_view kLookAtHelper =
    "See in nginx's error log what the helper process does, and whether the "
    "state directory can be written.";

// What keeps a certificate that there should be from being there.
struct Obstacle {
  std::string why;
  std::string cure;
};

Obstacle obstacle(const CertificateStatus& status) {
  if (!status.last_error.empty()) {
    return {failed(status), cure_of(status)};
  }
  if (status.order) {
    return {under_way(*status.order), {}};
  }
  if (status.waiting) {
    return {waits(*status.waiting), std::string(kLookAtIssuer)};
  }
  return {"No order for it has failed, and none is under way.",
          std::string(kLookAtHelper)};
}

void set(CertificateStatus& status, CertificateState state, std::string reason,
         std::string cure = {}) {
  status.state = state;
  status.reason = std::move(reason);
  status.cure = std::move(cure);
}

void set_missing(CertificateStatus& status) {
  auto [why, cure] = obstacle(status);
  if (status.last_error.empty() && !status.order && !status.waiting) {
    why = "It has not been ordered yet.";
  }
  set(status, CertificateState::kFallback,
      "There is no certificate: visitors meet acme_fallback. " + why,
      std::move(cure));
}

void set_near_end(CertificateStatus& status, bool is_over) {
  auto [why, cure] = obstacle(status);
  set(status,
      is_over ? CertificateState::kExpired : CertificateState::kExpiring,
      (is_over ? "It has expired at " + date(status.not_after) +
                     ", and there is nothing better to serve. "
               : "It expires at " + date(status.not_after) +
                     ": less than a sixth of its lifetime is left. ") +
          why,
      std::move(cure));
}

void set_due(CertificateStatus& status) {
  if (status.waiting) {
    set(status, CertificateState::kWaiting, waits(*status.waiting));
  } else if (status.is_stand_in) {
    set(status, CertificateState::kWaiting,
        "A certificate that was issued for something else stands in, until "
        "there is the one that is wished.");
  } else {
    set(status, CertificateState::kWaiting,
        "Its renewal was due at " + date(status.renew_at) +
            ", and waits for its turn.");
  }
}

std::string served_words(const CertificateStatus& status) {
  std::string text = "It is served until " + date(status.not_after);
  if (status.renew_at) {
    text += " and renewed at " + date(status.renew_at);
    if (!status.renew_why.empty()) {
      text += " (" + status.renew_why + ")";
    }
  }
  text += '.';
  if (!status.left_out.empty()) {
    text += " It lacks " + std::to_string(status.left_out.size()) +
            (status.left_out.size() == 1 ? " name." : " names.");
  }
  if (!status.is_saved) {
    text += " The disk lacks it: it is saved as soon as it can be.";
  }
  return text;
}

// What is wrong although the certificate itself is fine.
std::string minor_cure(const CertificateStatus& status) {
  if (!status.is_saved) {
    return "Make the state directory writable, or make room on its disk.";
  }
  if (!status.left_out.empty()) {
    return "Correct what is said about each name that is left out, or take it "
           "out of server_name.";
  }
  return {};
}

// The operator's own: what becomes of it is theirs.
void set_static(CertificateStatus& status, TimePoint now) {
  constexpr std::string_view kCure =
      "Replace the file and reload nginx, or let acme_certificate manage it.";
  const bool is_over = status.not_after && *status.not_after <= now;
  const bool is_near =
      status.not_after && status.not_before &&
      urgent_time({*status.not_before, *status.not_after}) <= now;
  set(status, CertificateState::kStatic,
      (is_over ? "Your own file. It has expired at "
               : "Your own file; nobody here renews it. It expires at ") +
          date(status.not_after) + ".",
      std::string(is_over || is_near ? kCure : std::string_view()));
}

CertificateState state_of(const CertificateStatus& status, TimePoint now) {
  if (!status.is_served) {
    return CertificateState::kFallback;
  }
  if (status.not_after && *status.not_after <= now) {
    return CertificateState::kExpired;
  }
  if (status.not_after && status.not_before &&
      urgent_time({*status.not_before, *status.not_after}) <= now) {
    return CertificateState::kExpiring;
  }
  if (!status.last_error.empty()) {
    return CertificateState::kFailing;
  }
  if (status.order) {
    return CertificateState::kRenewing;
  }
  const bool is_due = status.renew_at && *status.renew_at <= now;
  return status.waiting || status.is_stand_in || is_due
             ? CertificateState::kWaiting
             : CertificateState::kValid;
}

}  // namespace

void update_state(CertificateStatus& status, TimePoint now) {
  if (status.state == CertificateState::kOrphan) {
    return;
  }
  if (status.state == CertificateState::kStatic) {
    set_static(status, now);
    return;
  }
  const CertificateState state = state_of(status, now);
  if (state == status.state && !status.reason.empty()) {
    return;
  }
  switch (state) {
    case CertificateState::kFallback:
      return set_missing(status);
    case CertificateState::kExpired:
    case CertificateState::kExpiring:
      return set_near_end(status, state == CertificateState::kExpired);
    case CertificateState::kFailing:
      return set(status, state, failed(status), cure_of(status));
    case CertificateState::kRenewing:
      return set(status, state, under_way(*status.order));
    case CertificateState::kWaiting:
      return set_due(status);
    default:
      return set(status, state, served_words(status), minor_cure(status));
  }
}

}  // namespace acme

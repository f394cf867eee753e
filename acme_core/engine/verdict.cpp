// SPDX-License-Identifier: BSD-2-Clause
// How a certificate there is compares with the one the configuration wishes.
#include "acme_core/engine/verdict.h"

#include <algorithm>
#include <array>
#include <utility>

#include "acme_core/env/log.h"
#include "acme_core/storage/fitness.h"

namespace acme {
namespace {

std::string text_of(const DistinguishedName& name) {
  std::string text;
  for (const NameAttribute& attribute : name) {
    text.append(text.empty() ? "" : ", ");
    text.append(attribute.type).append("=").append(attribute.value);
  }
  return text;
}

// How log lines call a term that is not as it is wished.
std::string describe_term(const std::string& name, const std::string& value) {
  struct Term {
    std::string_view name;
    std::string_view text;
    bool shows_value;
  };
  static constexpr std::array<Term, 8> kTerms{{
      {"directory", "was ordered at ", true},
      {"profile", "was ordered with profile ", true},
      {"preferred_chain", "was ordered with preferred_chain ", true},
      {"account_key", "was ordered by an account with another key", false},
      {"external_account", "was ordered with the external account ", true},
      {"must_staple", "was ordered with must_staple ", true},
      {"common_name", "was ordered with common_name_in_csr ", true},
      {"csr_subject", "was ordered with csr_subject ", true},
  }};
  const auto known =
      std::find_if(kTerms.begin(), kTerms.end(),
                   [&](const Term& term) { return term.name == name; });
  if (known == kTerms.end()) {
    return "was ordered with " + name + " \"" + value + "\"";
  }
  return std::string(known->text) +
         (known->shows_value ? "\"" + value + "\"" : "");
}

// The first term that is known and not as it is wished, or "". What is not
// known was written by a version that did not note it: it counts as wished.
std::string different_term(const OrderTerms& known, const OrderTerms& wished) {
  for (const auto& [name, value] : wished) {
    const auto found = known.find(name);
    if (found != known.end() && found->second != value) {
      return describe_term(name, found->second);
    }
  }
  return {};
}

std::string value_of(const OrderTerms& terms, const std::string& name) {
  const auto found = terms.find(name);
  return found == terms.end() ? std::string() : found->second;
}

// Who of the certificate's issuers has issued it: an issuer may have another
// name, or another directory, than it had.
std::optional<std::size_t> issuer_of(const CertificateRecord& record,
                                     const CertificateSpec& spec,
                                     const Plan& plan) {
  if (record.issuer.empty()) {
    // Another program's, who shares the directory with us.
    return record.taken_from.empty() ? std::optional(spec.issuer())
                                     : std::nullopt;
  }
  const std::string directory = value_of(record.ordered_with, "directory");
  const auto find = [&](auto is_it) {
    const auto found =
        std::find_if(spec.issuers.begin(), spec.issuers.end(), is_it);
    return found == spec.issuers.end() ? std::nullopt : std::optional(*found);
  };
  if (directory.empty()) {
    return find([&](std::size_t issuer) {
      return plan.issuers[issuer].name == record.issuer;
    });
  }
  const auto by_name = find([&](std::size_t issuer) {
    return plan.issuers[issuer].name == record.issuer &&
           plan.issuers[issuer].directory_url == directory;
  });
  return by_name ? by_name : find([&](std::size_t issuer) {
    return plan.issuers[issuer].directory_url == directory;
  });
}

std::string why_outdated(const Known& known, const CertificateSpec& spec,
                         const Plan& plan, std::span<const OrderTerms> terms,
                         const Verdict& verdict) {
  if (!verdict.uncovered.empty()) {
    return "does not cover \"" + verdict.uncovered.front() + "\"" +
           (verdict.uncovered.size() == 1
                ? std::string()
                : " and " + std::to_string(verdict.uncovered.size() - 1) +
                      " more");
  }
  if (!known.key.empty() && known.key != to_string(spec.key_type)) {
    return "has a key of type " + known.key;
  }
  if (verdict.issued_by) {
    if (known.is_from_elsewhere && *verdict.issued_by != spec.issuer()) {
      return "was issued by \"" + plan.issuers[*verdict.issued_by].name +
             "\", and \"" + plan.issuers[spec.issuer()].name +
             "\" is to be asked first";
    }
    return different_term(known.record.ordered_with, terms[*verdict.issued_by]);
  }
  const std::string directory =
      value_of(known.record.ordered_with, "directory");
  const bool has_moved =
      !directory.empty() &&
      std::any_of(spec.issuers.begin(), spec.issuers.end(),
                  [&](std::size_t issuer) {
                    return plan.issuers[issuer].name == known.record.issuer;
                  });
  if (has_moved) {
    return describe_term("directory", directory);
  }
  return known.record.issuer.empty()
             ? "was issued for another configuration"
             : "was issued by \"" + known.record.issuer + "\"";
}

}  // namespace

OrderTerms order_terms(const IssuerSpec& issuer) {
  OrderTerms terms{{"directory", issuer.directory_url},
                   {"profile", issuer.profile},
                   {"preferred_chain", issuer.preferred_chain},
                   {"must_staple", issuer.must_staple ? "on" : "off"},
                   {"common_name", issuer.common_name_in_csr ? "on" : "off"},
                   {"csr_subject", text_of(issuer.csr_subject)}};
  // Whose account it is counts when the operator says so: a key of our own may
  // be made anew, and a binding may be left out once it has served.
  if (!issuer.account_key.empty()) {
    const auto key = PrivateKey::from_pem(issuer.account_key);
    terms["account_key"] = key ? key->thumbprint() : "";
  }
  if (issuer.external_account) {
    terms["external_account"] = issuer.external_account->kid;
  }
  return terms;
}

std::vector<OrderTerms> order_terms(const Plan& plan) {
  std::vector<OrderTerms> terms;
  for (const IssuerSpec& issuer : plan.issuers) {
    terms.push_back(order_terms(issuer));
  }
  return terms;
}

Verdict judge(const Known& known, const CertificateSpec& spec, const Plan& plan,
              std::span<const OrderTerms> terms) {
  Verdict verdict{.why_outdated = {},
                  .uncovered = uncovered(spec.identifiers, known.names),
                  .issued_by = issuer_of(known.record, spec, plan)};
  verdict.why_outdated = why_outdated(known, spec, plan, terms, verdict);
  return verdict;
}

}  // namespace acme

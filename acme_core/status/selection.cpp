// SPDX-License-Identifier: BSD-2-Clause
// Which certificates a query is about.
#include "acme_core/status/selection.h"

#include <algorithm>
#include <array>
#include <compare>
#include <functional>

namespace acme {
namespace {

using Pointers = std::vector<const CertificateStatus*>;

bool has_name(const CertificateStatus& certificate, std::string_view wanted) {
  const auto matches = [&](std::string_view name) {
    return wanted.starts_with("*.") ? name.ends_with(wanted.substr(1))
                                    : name.find(wanted) != std::string::npos;
  };
  return matches(certificate.name) ||
         std::any_of(certificate.names.begin(), certificate.names.end(),
                     matches);
}

bool matches(const CertificateStatus& certificate,
             const CertificateQuery& query, TimePoint now) {
  return query.wants(certificate.state) &&
         (query.issuer.empty() || issuer_of(certificate) == query.issuer) &&
         (!query.expires_within ||
          (certificate.not_after &&
           *certificate.not_after <= now + *query.expires_within)) &&
         (query.name.empty() || has_name(certificate, query.name));
}

// Certificates are in one vector: their addresses are the plan's order, which
// decides between equals.
class Order {
 public:
  explicit Order(const CertificateQuery& query)
      : key_(query.sort), is_descending_(query.is_descending) {}

  bool operator()(const CertificateStatus* a,
                  const CertificateStatus* b) const {
    const auto order = is_descending_ ? compare(*b, *a) : compare(*a, *b);
    return order != 0 ? order < 0 : std::less<>()(a, b);
  }

 private:
  // Without a time: first, since nobody knows.
  static TimePoint time_or_first(const std::optional<TimePoint>& time) {
    return time.value_or(TimePoint::min());
  }

  [[nodiscard]] std::strong_ordering compare(const CertificateStatus& a,
                                             const CertificateStatus& b) const {
    switch (key_) {
      case SortKey::kName:
        return a.name <=> b.name;
      case SortKey::kState:
        return urgency(b.state) <=> urgency(a.state);
      case SortKey::kIssuer:
        return issuer_of(a) <=> issuer_of(b);
      case SortKey::kNotAfter:
        return time_or_first(a.not_after) <=> time_or_first(b.not_after);
      case SortKey::kRenewAt:
        return time_or_first(a.renew_at) <=> time_or_first(b.renew_at);
      case SortKey::kPlan:
        break;
    }
    return std::strong_ordering::equal;
  }

  SortKey key_;
  bool is_descending_;
};

Pointers matching(const StatusSnapshot& snapshot,
                  const CertificateQuery& query) {
  Pointers found;
  found.reserve(snapshot.certificates.size());
  for (const CertificateStatus& certificate : snapshot.certificates) {
    if (matches(certificate, query, snapshot.taken_at)) {
      found.push_back(&certificate);
    }
  }
  return found;
}

// Only the page itself is sorted: what is before and behind it is not shown.
Selection page_of(Pointers found, std::size_t total, std::size_t skipped,
                  const CertificateQuery& query) {
  Selection selection{.total = total, .page = {}, .has_more = false};
  if (skipped >= found.size()) {
    return selection;
  }
  const std::size_t count = std::min(query.limit, found.size() - skipped);
  const auto first = found.begin() + static_cast<std::ptrdiff_t>(skipped);
  const auto last = first + static_cast<std::ptrdiff_t>(count);
  if (query.sort != SortKey::kPlan) {
    const Order order(query);
    std::nth_element(found.begin(), first, found.end(), order);
    std::partial_sort(first, last, found.end(), order);
  }
  selection.page.assign(first, last);
  selection.has_more = skipped + count < found.size();
  return selection;
}

}  // namespace

unsigned urgency(CertificateState state) noexcept {
  constexpr std::array<unsigned, 9> kUrgency = {
      2,  // valid
      3,  // renewing
      4,  // waiting
      6,  // failing
      5,  // expiring
      8,  // expired
      7,  // fallback
      1,  // static
      0,  // orphan
  };
  return kUrgency[static_cast<std::size_t>(state)];
}

Selection select_after(const StatusSnapshot& snapshot,
                       const CertificateQuery& query) {
  Pointers found = matching(snapshot, query);
  const std::size_t total = found.size();
  if (query.after.empty()) {
    return page_of(std::move(found), total, 0, query);
  }
  // It need not match any more. Of several with its ID, the last, so that there
  // is an end to the pages whatever happens.
  const Order order(query);
  const CertificateStatus* shown = nullptr;
  for (const CertificateStatus& each : snapshot.certificates) {
    if (each.id == query.after && (shown == nullptr || order(shown, &each))) {
      shown = &each;
    }
  }
  if (shown == nullptr) {
    return {.total = total, .page = {}, .has_more = false, .is_lost = true};
  }
  std::erase_if(found, [&](const auto* each) { return !order(shown, each); });
  return page_of(std::move(found), total, 0, query);
}

Selection select_page(const StatusSnapshot& snapshot,
                      const CertificateQuery& query) {
  Pointers found = matching(snapshot, query);
  const std::size_t total = found.size();
  return page_of(std::move(found), total, (query.page - 1) * query.limit,
                 query);
}

Pointers find_certificates(const StatusSnapshot& snapshot,
                           std::string_view id) {
  Pointers named;
  for (const CertificateStatus& certificate : snapshot.certificates) {
    if (certificate.id == id) {
      return {&certificate};
    }
    if (certificate.name == id) {
      named.push_back(&certificate);
    }
  }
  return named;
}

std::string_view issuer_of(const CertificateStatus& certificate) noexcept {
  if (!certificate.issuer.empty() || certificate.issuers.empty()) {
    return certificate.issuer;
  }
  return certificate.issuers.front();
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Answering for another process.
#include "acme_core/engine/foreign_answers.h"

#include <utility>
#include <vector>

#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/tls_alpn01.h"
#include "acme_core/error.h"

namespace acme {
namespace {

struct Answers final : PresentedAnswers {
  std::vector<Http01Answer> http;
  std::vector<TlsAlpn01Answer> tls;
};

// The challenge certificate is our own: any with the right digest will do.
std::unique_ptr<PresentedAnswers> present(
    const Responders& responders, const std::vector<OrderAnswer>& answers) {
  auto presented = std::make_unique<Answers>();
  for (const OrderAnswer& answer : answers) {
    if (answer.type == to_string(ChallengeType::kHttp01)) {
      presented->http.emplace_back(responders.http, answer.identifier,
                                   answer.token, answer.key_authorization);
    } else if (answer.type == to_string(ChallengeType::kTlsAlpn01)) {
      presented->tls.emplace_back(
          responders.tls_alpn,
          ChallengeTask{.identifier = answer.identifier,
                        .token = answer.token,
                        .key_authorization = answer.key_authorization});
    }
  }
  return presented;
}

struct TxtAnswers final : PresentedAnswers {
  explicit TxtAnswers(Dns01Responder& into) : responder(into) {}
  ~TxtAnswers() override {
    for (const DnsRecord& record : records) {
      responder.remove_txt(record.fqdn, record.value);
    }
  }
  TxtAnswers(const TxtAnswers&) = delete;
  TxtAnswers& operator=(const TxtAnswers&) = delete;

  Dns01Responder& responder;
  std::vector<DnsRecord> records;
};

}  // namespace

ForeignAnswers::ForeignAnswers(Store& store, const Responders& responders,
                               const EventLog& log)
    : store_(store), responders_(responders), log_(log) {}

ForeignAnswers::~ForeignAnswers() = default;

void ForeignAnswers::follow() noexcept {
  try {
    follow_orders();
    follow_records();
  } catch (const std::exception& error) {
    log_.debug(error.what());
  }
}

// The new answers before the old ones go: a token that is in both stays.
void ForeignAnswers::follow_orders() {
  const std::map<std::string, Revision> current = store_.order_answers();
  for (const auto& [name, revision] : current) {
    const auto known = orders_.find(name);
    if (known == orders_.end() || known->second.revision != revision) {
      Followed followed{revision,
                        present(responders_, store_.load_order_answers(name))};
      orders_[name] = std::move(followed);
    }
  }
  std::erase_if(orders_, [&](const auto& order) {
    return !current.contains(order.first);
  });
}

// What our own name server answers is among the records of all providers.
void ForeignAnswers::follow_records() {
  const std::optional<Revision> revision = store_.dns_records_revision();
  if (revision == records_revision_) {
    return;
  }
  auto presented = std::make_unique<TxtAnswers>(responders_.dns);
  if (revision) {
    for (DnsRecord& record : store_.load_dns_records()) {
      responders_.dns.put_txt(record.fqdn, record.value);
      presented->records.push_back(std::move(record));
    }
  }
  records_ = std::move(presented);
  records_revision_ = revision;
}

}  // namespace acme

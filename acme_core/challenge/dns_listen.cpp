// SPDX-License-Identifier: BSD-2-Clause
// The server's own DNS as a provider.
#include "acme_core/challenge/dns_listen.h"

namespace acme {

void ListenProvider::present(const DnsRecord& record,
                             std::stop_token /*stop*/) {
  responder_.put_txt(record.fqdn, record.value);
}

void ListenProvider::cleanup(const DnsRecord& record,
                             std::stop_token /*stop*/) {
  responder_.remove_txt(record.fqdn, record.value);
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// DNS records published by a program of the operator's.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_provider_spec.h"
#include "acme_core/env/log.h"

namespace acme {

/// Calls the program once for each value that is added or removed; see
/// ExecSpec::Contract for how. What it writes goes to the log: at info, or at
/// warn when it failed. At most eight run at the same time for one path;
/// further calls wait for their turn.
class ExecProvider final : public DnsProvider {
 public:
  static constexpr std::chrono::minutes kTimeLimit{2};

  ExecProvider(ExecSpec spec, EventLog log,
               std::chrono::milliseconds time_limit = kTimeLimit);

  /// Throws Error(kConfiguration) when the program cannot be started,
  /// Error(kOurs) when it fails, dies, or takes too long.
  void present(const DnsRecord& record, std::stop_token stop) override;
  void cleanup(const DnsRecord& record, std::stop_token stop) override;

 private:
  void run(const std::string& action, const DnsRecord& record,
           std::stop_token stop) const;

  const ExecSpec spec_;
  const EventLog log_;
  const std::chrono::milliseconds time_limit_;
};

}  // namespace acme

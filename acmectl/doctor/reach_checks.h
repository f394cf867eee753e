// SPDX-License-Identifier: BSD-2-Clause
// Whether this machine's ports can be reached by a name's own addresses, and
// whether the CA can: as far as that can be told from here.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/net/http_client.h"
#include "acme_core/protocol/directory.h"
#include "acme_core/time_point.h"
#include "acmectl/doctor/finding.h"

namespace acmectl {

/// Opens connections, and closes them again.
class PortProbe {
 public:
  virtual ~PortProbe() = default;
  /// Why no connection came about ("Connection refused"); empty: one did.
  [[nodiscard]] virtual std::string connect(const std::string& address,
                                            unsigned port) = 0;
};

class SocketPortProbe final : public PortProbe {
 public:
  explicit SocketPortProbe(std::chrono::milliseconds timeout)
      : timeout_(timeout) {}
  [[nodiscard]] std::string connect(const std::string& address,
                                    unsigned port) override;

 private:
  const std::chrono::milliseconds timeout_;
};

/// Numeric addresses of this machine's interfaces.
struct OwnAddresses {
  std::set<std::string> addresses;

  /// 127.0.0.0/8 belongs to the loopback interface as a whole.
  [[nodiscard]] bool contains(const std::string& address) const;
};
[[nodiscard]] OwnAddresses own_addresses();

struct Ports {
  unsigned http = 80;    ///< where http-01 is looked for
  unsigned https = 443;  ///< likewise tls-alpn-01
};

/// `http` speaks plain HTTP. An address that is not in `own` may be one that
/// cannot be reached from inside: that is a warning.
[[nodiscard]] Findings check_ports(PortProbe& ports, acme::HttpClient& http,
                                   const acme::Identifier& name,
                                   const std::vector<std::string>& addresses,
                                   const OwnAddresses& own,
                                   const Ports& numbers, std::stop_token stop);

struct CaFindings {
  std::optional<acme::Directory> directory;
  Findings findings;
};

/// Its directory, and this machine's clock by its answer.
[[nodiscard]] CaFindings check_ca(acme::HttpClient& http,
                                  const std::string& issuer,
                                  const std::string& directory_url,
                                  acme::TimePoint now, std::stop_token stop);

}  // namespace acmectl

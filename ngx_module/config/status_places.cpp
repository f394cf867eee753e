// SPDX-License-Identifier: BSD-2-Clause
// What the status shows of the configuration itself: where the servers are that
// have a certificate, and which certificates are the operator's own.
#include "ngx_module/config/status_places.h"

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/env/clock.h"
#include "acme_core/status/describe.h"
#include "ngx_module/config/server_conf.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/serve/served_server.h"
#include "ngx_module/serve/tls_static_certificates.h"
#include "ngx_module/status/status_location.h"

namespace ngx_acme {
namespace {

acme::ServerPlace place_of(const SourceLine& line) {
  return {line.file, static_cast<unsigned>(line.line)};
}

// Of the plan, by index: those that the server shows once they are there.
std::vector<std::size_t> certificates_of(const TlsServer& server) {
  std::vector<std::size_t> indexes;
  for (const TlsPart& part : server.parts) {
    for (const TlsPart::Certificate& certificate : part.certificates()) {
      indexes.push_back(certificate.index);
    }
  }
  return indexes;
}

// A file that several servers have is one certificate.
class Statics {
 public:
  void add(const ngx_http_core_srv_conf_t& server, SSL_CTX* context) {
    for (StaticCertificate& found : static_certificates(context)) {
      StaticSource& source = place_for(std::move(found));
      source.status.servers.push_back(place_of(source_of(server)));
      const TlsServer* managed = served_server(server).tls;
      if (managed == nullptr || certificates_of(*managed).empty()) {
        source.is_kept = true;
        continue;
      }
      for (const std::size_t index : certificates_of(*managed)) {
        source.replaced_by.push_back(index);
      }
    }
  }

  [[nodiscard]] std::vector<StaticSource> take() { return std::move(all_); }

 private:
  StaticSource& place_for(StaticCertificate found) {
    const auto [entry, is_new] = known_.try_emplace(
        {found.file, found.chain.der().front()}, all_.size());
    if (is_new) {
      all_.push_back({acme::describe_static(found.chain, all_.size() + 1,
                                            std::move(found.file)),
                      false,
                      {}});
    }
    return all_[entry->second];
  }

  std::vector<StaticSource> all_;
  std::map<std::pair<std::string, std::vector<std::uint8_t>>, std::size_t>
      known_;
};

std::vector<StaticSource> find_statics(ngx_conf_t* cf, const MainConf& main) {
  Statics statics;
  for (const ngx_http_core_srv_conf_t* server : servers_of(cf)) {
    SSL_CTX* context = ssl_conf(*server).ssl.ctx;
    if (context != nullptr && main.discovery.listeners().has(*server)) {
      statics.add(*server, context);
    }
  }
  return statics.take();
}

}  // namespace

void prepare_status(ngx_conf_t* cf, MainConf& main) {
  main.status = std::make_unique<StatusService>(main.plan);
  StatusSources& sources = main.status->sources;
  sources.certificates = main.zone.get();
  sources.zone = main.status_zone.get();
  for (const std::vector<SourceLine>& servers : main.discovery.places()) {
    auto& places = sources.places.emplace_back();
    for (const SourceLine& line : servers) {
      places.push_back(place_of(line));
    }
  }
  sources.statics = find_statics(cf, main);
  sources.version = NGX_ACME_VERSION;
  sources.nginx_version = NGINX_VERSION;
  sources.openssl_version = tls_library_version();
  sources.epoch = static_cast<std::uint64_t>(
      acme::SystemClock().now().time_since_epoch().count());
  for (StatusLocation* location : main.status_locations) {
    location->service = main.status.get();
  }
}

}  // namespace ngx_acme

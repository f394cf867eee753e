// SPDX-License-Identifier: BSD-2-Clause
// nginx's ssl_stapling directives in servers whose certificates are ours.
#include "ngx_module/config/staples.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "acme_core/crypto/ocsp.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/report.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"
#include "ngx_module/serve/served_server.h"

namespace ngx_acme {
namespace {

using TrustedFiles =
    std::map<std::string_view, std::shared_ptr<const std::string>>;

// One copy of a file, however many servers name it.
std::shared_ptr<const std::string> load_trusted(ngx_conf_t* cf,
                                                TrustedFiles& known,
                                                ngx_str_t path) {
  if (path.len == 0) {
    return nullptr;
  }
  std::shared_ptr<const std::string>& file = known[view(path)];
  if (!file) {
    const acme::SecretBytes pem =
        read_configured_file(cf, path, "trusted certificates");
    file = std::make_shared<const std::string>(pem.begin(), pem.end());
  }
  return file;
}

std::string responder_of(ngx_conf_t* cf, const SourceLine& where,
                         const ngx_str_t& responder) {
  const std::string url(view(responder));
  if (url.empty() || url.starts_with("http://") ||
      url.starts_with("https://")) {
    return url;
  }
  remark(cf, NGX_LOG_WARN, where,
         "\"ssl_stapling_responder\" is ignored, \"" + url +
             "\" does not begin with \"http://\"; the certificates' own "
             "responders are asked; give it an http:// address");
  return {};
}

void load_file(ngx_conf_t* cf, ngx_str_t path, TlsStaples& staples) {
  const acme::SecretBytes file =
      read_configured_file(cf, path, "status response");
  staples.file.assign(file.begin(), file.end());
  auto serials = acme::ocsp_serials(staples.file);
  if (!serials) {
    fail("cannot load status response \"" + std::string(view(path)) +
         "\": \"ssl_stapling_file\" needs an OCSP response in DER, as "
         "\"openssl ocsp -respout\" writes it");
  }
  staples.file_serials = std::move(*serials);
}

template <typename Visit>
void for_each_certificate(acme::Plan& plan, const TlsServer& server,
                          Visit visit) {
  for (const TlsPart& part : server.parts) {
    for (const TlsPart::Certificate& certificate : part.certificates()) {
      visit(plan.certificates[certificate.index]);
    }
  }
}

// Whose clients would refuse what the server shows.
void miss_staples(ngx_conf_t* cf, MainConf& main, const TlsServer& server,
                  const SourceLine& where) {
  std::string issuer;
  for_each_certificate(main.plan, server,
                       [&](const acme::CertificateSpec& spec) {
                         for (const std::size_t id : spec.issuers) {
                           if (main.plan.issuers[id].must_staple) {
                             issuer = main.plan.issuers[id].name;
                           }
                         }
                       });
  if (!issuer.empty()) {
    remark(cf, NGX_LOG_WARN, where,
           "issuer \"" + issuer +
               "\" has \"must_staple\", and this server shows no status "
               "responses: clients that know of it refuse its certificate; "
               "write \"ssl_stapling on;\"");
  }
}

}  // namespace

void plan_staples(ngx_conf_t* cf, MainConf& main) {
  TrustedFiles trusted;
  for (const ngx_http_core_srv_conf_t* server : servers_of(cf)) {
    const TlsServer* tls = served_server(*server).tls;
    const ngx_http_ssl_srv_conf_t& ssl = ssl_conf(*server);
    // With variables the context has no certificates: nginx staples none.
    if (tls == nullptr || ssl.ssl.ctx == nullptr ||
        ssl.certificate_values != nullptr) {
      continue;
    }
    const SourceLine where = source_of(*server);
    if (ssl.stapling != 1) {
      miss_staples(cf, main, *tls, where);
      continue;
    }
    TlsStaples& staples = main.staples.emplace_back();
    staples.server = tls;
    staples.context = ssl.ssl.ctx;
    if (ssl.stapling_file.len != 0) {
      load_file(cf, ssl.stapling_file, staples);
      continue;
    }
    const acme::Stapling wanted{
        responder_of(cf, where, ssl.stapling_responder),
        load_trusted(cf, trusted, ssl.trusted_certificate)};
    for_each_certificate(main.plan, *tls, [&](acme::CertificateSpec& spec) {
      // Of several servers the first says how.
      if (!spec.stapling) {
        spec.stapling = wanted;
      }
    });
  }
}

}  // namespace ngx_acme

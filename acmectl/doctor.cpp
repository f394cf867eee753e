// SPDX-License-Identifier: BSD-2-Clause
// acmectl doctor: what would go wrong, from this machine, before a try is
// spent.
#include "acmectl/doctor/doctor.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/storage/fitness.h"
#include "acmectl/commands.h"
#include "acmectl/issuer_places.h"
#include "acmectl/refusal.h"
#include "acmectl/signals.h"
#include "acmectl/state_access.h"

namespace acmectl {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr char kUserAgent[] = "acmectl/" ACMECTL_VERSION;

struct DoctorOptions {
  std::vector<std::string> names;
  std::string directory_url;
  std::string issuer_ca_file;
  std::vector<std::string> resolvers;
  std::vector<std::string> methods;
  std::vector<std::string> caa_identities;
  std::vector<std::string> state_keys;
  Ports ports;
};

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)),
                   std::istreambuf_iterator<char>());
  if (!file || text.empty()) {
    throw Refusal(kUsage, "\"" + path + "\" cannot be read");
  }
  return text;
}

std::vector<acme::Identifier> parsed(const std::vector<std::string>& names) {
  std::vector<acme::Identifier> identifiers;
  for (const std::string& name : names) {
    const auto identifier = acme::parse_identifier(name);
    if (!identifier) {
      throw Refusal(kUsage, "\"" + name +
                                "\" is neither a host name nor an "
                                "address");
    }
    identifiers.push_back(*identifier);
  }
  return identifiers;
}

std::optional<acme::DnsServers> resolvers_of(const DoctorOptions& options) {
  if (options.resolvers.empty()) {
    return std::nullopt;
  }
  acme::DnsServers servers;
  servers.servers = options.resolvers;
  return servers;
}

class DoctorVisit {
 public:
  DoctorVisit(const Context& context, const DoctorOptions& options)
      : context_(context), options_(options) {}

  int run() {
    find_issuers();
    find_names();
    const Signals signals;
    acme::ResolverDnsProbe probe(resolvers_of(options_));
    acme::ResolverDnsLookup lookup(resolvers_of(options_));
    acme::CurlHttpClient ca(ca_options());
    acme::CurlHttpClient plain({.user_agent = kUserAgent,
                                .tell_unverified = {},
                                .trusted_certificates = {},
                                .connect_timeout = kPatience,
                                .total_timeout = kPatience,
                                .resolver = std::nullopt,
                                .plain_http = true});
    SocketPortProbe ports(kPatience);
    const Findings findings = run_doctor(
        job_,
        {.probe = probe,
         .lookup = lookup,
         .ca = ca,
         .plain = plain,
         .ports = ports},
        [this](const Finding& finding) {
          if (!context_.json) {
            context_.screen.out << finding_text(finding) << std::flush;
          }
        },
        signals.stop());
    if (context_.json) {
      context_.screen.out << findings_json(findings);
    }
    return static_cast<int>(worst_of(findings));
  }

 private:
  [[nodiscard]] acme::CurlHttpClientOptions ca_options() const {
    acme::CurlHttpClientOptions options;
    options.user_agent = kUserAgent;
    options.connect_timeout = 2 * kPatience;
    options.total_timeout = 4 * kPatience;
    if (!options_.issuer_ca_file.empty()) {
      options.trusted_certificates = contents_of(options_.issuer_ca_file);
    }
    return options;
  }

  // Those of nginx's configuration, or of the command line. A CA that was named
  // alone is asked alone.
  [[nodiscard]] std::vector<IssuerPlace> places() const {
    const IssuerPlace alone{.issuer = {},
                            .state_path = {},
                            .directory_url = options_.directory_url};
    if (!options_.directory_url.empty() &&
        context_.endpoint.state_paths.empty()) {
      return {alone};
    }
    try {
      return issuer_places(context_);
    } catch (const Refusal& refusal) {
      if (options_.names.empty()) {
        throw;
      }
      context_.screen.err << "acmectl: " << acme::printable(refusal.what())
                          << "; this is for Let's Encrypt\n";
      return {alone};
    }
  }

  void find_issuers() {
    job_.methods = options_.methods;
    job_.caa_identities = options_.caa_identities;
    job_.ports = options_.ports;
    job_.own_addresses = own_addresses();
    job_.now = acme::SystemClock().now();
    const auto keys = read_state_keys(options_.state_keys);
    for (const IssuerPlace& place : places()) {
      DoctorIssuer issuer{.name = place.issuer,
                          .directory_url = options_.directory_url.empty()
                                               ? place.directory_url
                                               : options_.directory_url,
                          .account_url = {},
                          .state_path = place.state_path,
                          .store = nullptr,
                          .certificates = {}};
      if (std::filesystem::is_directory(place.state_path)) {
        stores_.push_back(open_state(place.state_path, keys));
        read_account(issuer, *stores_.back());
      }
      name_issuer(issuer);
      job_.issuers.push_back(std::move(issuer));
    }
  }

  static void read_account(DoctorIssuer& issuer, acme::FileStore& store) {
    issuer.store = &store;
    issuer.account_url = store.load_account_url().value_or("");
    if (issuer.directory_url.empty()) {
      issuer.directory_url = store.load_account_record().directory_url;
    }
  }

  static void name_issuer(DoctorIssuer& issuer) {
    if (issuer.directory_url.empty()) {
      issuer.directory_url =
          acme::find_builtin(acme::kDefaultIssuer)->directory_url;
    }
    const auto* builtin = acme::find_builtin_url(issuer.directory_url);
    if (issuer.name.empty()) {
      issuer.name = builtin != nullptr ? std::string(builtin->name)
                                       : issuer.directory_url;
    }
  }

  // The certificates of the state directories that have one of the names, or
  // all; and names that have none yet.
  void find_names() {
    const auto wished = parsed(options_.names);
    std::vector<bool> is_found(wished.size());
    for (DoctorIssuer& issuer : job_.issuers) {
      if (issuer.store == nullptr) {
        continue;
      }
      for (const std::string& id : issuer.store->certificate_names()) {
        const auto document = issuer.store->describe_certificate(id);
        if (!document || document->record.unused_since) {
          continue;
        }
        bool is_wished = wished.empty();
        for (std::size_t i = 0; i < wished.size(); ++i) {
          if (acme::is_covered(wished[i], document->facts.identifiers) ||
              id == options_.names[i]) {
            is_found[i] = true;
            is_wished = true;
          }
        }
        if (is_wished) {
          issuer.certificates.push_back(parsed(document->facts.identifiers));
        }
      }
    }
    for (std::size_t i = 0; i < wished.size(); ++i) {
      if (!is_found[i]) {
        job_.issuers.front().certificates.push_back({wished[i]});
      }
    }
  }

  const Context& context_;
  const DoctorOptions& options_;
  std::vector<std::unique_ptr<acme::FileStore>> stores_;
  DoctorJob job_;
};

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Look for what would go wrong, before a try is spent");
  command->group(kFiles);
  command->add_option("name", options->names,
                      "Names to look at; else those of all certificates");
  command
      ->add_option("--issuer-directory", options->directory_url,
                   "Directory URL of the CA; else what the issuers have")
      ->type_name("URL");
  command
      ->add_option("--issuer-ca-file", options->issuer_ca_file,
                   "Root certificates (PEM) of the CA's own https")
      ->type_name("FILE");
  command
      ->add_option("--challenge", options->methods,
                   "A challenge that is used; may be repeated")
      ->check(
          CLI::IsMember({"http-01", "tls-alpn-01", "dns-01", "dns-persist-01"}))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--caa-identity", options->caa_identities,
                   "What the CA is called in CAA records, when its directory "
                   "does not say; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--resolver", options->resolvers,
                   "DNS resolver to ask; may be repeated")
      ->type_name("ADDRESS[:PORT]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--http-port", options->ports.http,
                   "Where http-01 is looked for")
      ->capture_default_str();
  command
      ->add_option("--https-port", options->ports.https,
                   "Where tls-alpn-01 is looked for")
      ->capture_default_str();
  command
      ->add_option("--state-key", options->state_keys,
                   "File of acme_state_key; may be repeated")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->footer(
      "Exit status: 0 all well, 1 something to look at, 2 an order would "
      "fail.\n\nExample: acmectl doctor www.example.com");
  command->callback([&context, options] {
    context.action = [&context, options] {
      return DoctorVisit(context, *options).run();
    };
  });
}

}  // namespace acmectl

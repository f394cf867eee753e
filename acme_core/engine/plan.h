// SPDX-License-Identifier: BSD-2-Clause
// What is managed: plain data, made from the configuration, never changed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/challenge/challenge_type.h"
#include "acme_core/challenge/dns_provider_spec.h"
#include "acme_core/challenge/http01_self_check.h"
#include "acme_core/crypto/distinguished_name.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/crypto/sealing.h"
#include "acme_core/engine/budget.h"
#include "acme_core/fleet/storage_spec.h"
#include "acme_core/identifier.h"
#include "acme_core/net/host_resolver.h"
#include "acme_core/protocol/account.h"
#include "acme_core/secret.h"

namespace acme {

/// What a staging issuer stands in for.
struct DryRun {
  std::string issuer;      ///< by name
  std::string state_path;  ///< that issuer's; empty: nothing is kept on disk
};

/// More would only wait for the CA.
inline constexpr std::size_t kMostOrdersAtOnce = 64;

struct IssuerSpec {
  std::string name;
  std::string directory_url;
  std::vector<std::string> contacts;  ///< URLs, "mailto:…"
  KeyType account_key_type = KeyType::kEcdsa256;
  /// An operator's own account key in PEM; empty: made and kept in the state.
  SecretBytes account_key;
  bool verify_peer = true;
  /// Roots in PEM that may sign the CA's own certificate; empty: the system's.
  std::string trusted_certificates;
  /// Who is asked for the CA's addresses; nullopt: the system's resolver.
  std::optional<DnsServers> resolver;
  /// The state directory; empty: nothing is kept on disk.
  std::string state_path;
  bool terms_of_service_agreed = false;
  /// The account at the CA that ours is bound to (RFC 8555 section 7.3.4).
  std::optional<ExternalAccount> external_account;
  /// Common name of the top-most issuer of the chain to prefer among those the
  /// CA offers (section 7.4.2); empty: the CA's default.
  std::string preferred_chain;
  /// The certificate profile to order (draft-ietf-acme-profiles); empty: the
  /// CA's default.
  std::string profile;
  /// Without the profile nothing is ordered; otherwise the CA's default is.
  bool profile_required = false;
  /// How names are proved, in order of preference, unless the certificate says
  /// otherwise; empty: by what can work.
  std::vector<ChallengeType> challenges;
  /// Who publishes DNS records.
  std::vector<DnsProviderSpec> dns;
  /// Any HTTP-01 token is answered from the account's thumbprint.
  bool stateless = false;
  /// Our own listeners are asked for a token before the CA is.
  bool self_check = true;
  /// Orders under way at the same time, from 1 to kMostOrdersAtOnce. By default
  /// enough to overlap the CA's answers, few enough for any CA's limit of
  /// concurrent requests.
  std::size_t orders_at_once = 8;
  /// What the CA has granted in place of the limits that it publishes.
  GrantedLimits limits;
  /// A renewal keeps the private key.
  bool reuse_key = false;
  /// The first name is also the subject's common name, when it is short enough.
  bool common_name_in_csr = false;
  /// Clients are to refuse its certificates without a status response beside
  /// them (RFC 7633).
  bool must_staple = false;
  /// What else requests have as their subject; empty: nothing.
  DistinguishedName csr_subject = {};
  /// The CA has authorized the account beforehand and asks for no proof.
  bool preauthorized = false;
  /// Nothing that it issues is served: it is the staging issuer of an issuer,
  /// or nullopt.
  std::optional<DryRun> dry_run;
};

/// How the status responses of a certificate are come by (RFC 6960).
struct Stapling {
  /// Who is asked in place of whom the certificate names; empty: nobody.
  std::string responder;
  /// In PEM: where its issuer is found when the chain lacks it; may be nullptr.
  std::shared_ptr<const std::string> trusted_certificates;

  [[nodiscard]] std::string_view issuers() const noexcept {
    return trusted_certificates ? std::string_view(*trusted_certificates)
                                : std::string_view();
  }
};

struct CertificateSpec {
  /// Indexes into Plan::issuers: when one fails for a reason that another CA
  /// can cure, the next is tried. Never empty.
  std::vector<std::size_t> issuers{0};
  std::vector<Identifier> identifiers;  ///< unique, in the operator's order
  KeyType key_type = KeyType::kEcdsa256;
  /// The operator's list, when it has names twice; otherwise empty.
  std::vector<Identifier> as_written = {};

  /// How its names are proved; empty: as the issuer says.
  std::vector<ChallengeType> challenges = {};

  /// nullopt: clients are shown none.
  std::optional<Stapling> stapling = std::nullopt;
  /// Names at fault are left out, so that the others get their certificate.
  bool partial = true;
  /// Names that nobody wrote: they are left out at their first failure, whether
  /// `partial` or not.
  std::vector<Identifier> implied = {};
  /// The storage name, when the certificate is ordered for some of its names
  /// only; otherwise empty.
  std::string stored_as = {};

  /// The same certificate without these names.
  [[nodiscard]] CertificateSpec without(
      const std::vector<std::string>& names) const;

  [[nodiscard]] const std::vector<ChallengeType>& challenges_at(
      const IssuerSpec& at) const {
    return challenges.empty() ? at.challenges : challenges;
  }

  /// Whether that CA asks for no proof of the names.
  [[nodiscard]] bool is_authorized_at(const IssuerSpec& at) const {
    return at.preauthorized && challenges.empty();
  }

  /// The first issuer, whose state directory keeps the certificate.
  [[nodiscard]] std::size_t issuer() const { return issuers.front(); }

  /// What log lines call it: the first DNS name, else the first identifier.
  [[nodiscard]] const std::string& name() const;

  /// What its state files are called: name() "-" a hash of identifiers and key
  /// type in hexadecimal, with "_wildcard" for the asterisk of a wildcard.
  [[nodiscard]] std::string storage_name() const;

  /// What nginx's official ACME module calls them (its
  /// CertificateOrder::cache_key), and earlier versions of this one: the same
  /// but for the asterisk. State of that name is taken over. That module
  /// hashes a list that has names twice as it is.
  [[nodiscard]] std::string former_storage_name() const;
};

/// What lines about several certificates call one of them; `distinction` is by
/// Plan::distinctions().
[[nodiscard]] std::string quoted(const CertificateSpec& certificate,
                                 const std::string& distinction);

/// Whether a CA that looks at the usual port may find us there.
enum class Listening {
  kNowhere,
  kOnOtherPorts,  ///< unless they are forwarded, it does not
  kOnUsualPort,
};

/// Where the server answers challenges by itself.
struct Listeners {
  Listening http = Listening::kOnUsualPort;  ///< port 80 (RFC 8555 section 8.3)
  Listening tls = Listening::kOnUsualPort;   ///< port 443 (RFC 8737 section 3)
};

struct Plan {
  std::vector<IssuerSpec> issuers;
  std::vector<CertificateSpec> certificates;
  /// Those that answer HTTP-01 challenges, for the check before the CA looks.
  std::vector<ListenAddress> http_listeners;
  Listeners listeners;
  std::string user_agent;
  /// What seals private keys in state directories.
  SealingKeys state_keys;
  /// What the nodes of a fleet share; nullopt: this machine is alone.
  std::optional<StorageSpec> storage;
  /// Issuers whose state may have certificates that help out, although nothing
  /// is asked of them any more: name, directory_url and state_path only.
  std::vector<IssuerSpec> former_issuers;

  /// True when some certificate may be proved this way, at first or when
  /// others fail.
  [[nodiscard]] bool uses(ChallengeType challenge) const;

  /// By certificate, what log lines add to a first name that is another one's
  /// as well: the kind of key, when that tells them apart, else their files;
  /// empty where the name is enough.
  [[nodiscard]] std::vector<std::string> distinctions() const;

  /// Storage names of the other certificates for the same names as this one.
  [[nodiscard]] std::vector<std::string> same_names(
      std::size_t certificate) const;
};

}  // namespace acme

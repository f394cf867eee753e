// SPDX-License-Identifier: BSD-2-Clause
// The ACME clients whose folders can be read.
#include "acmectl/import/clients.h"

#include <array>

namespace acmectl {

std::span<const ForeignClient> foreign_clients() noexcept {
  static constexpr std::array<ForeignClient, 7> kClients{{
      {"certbot", "/etc/letsencrypt", find_certbot},
      {"acme.sh", "/root/.acme.sh", find_acme_sh},
      {"lego", "/root/.lego", find_lego},
      {"dehydrated", "/var/lib/dehydrated", find_dehydrated},
      {"caddy", "/var/lib/caddy/.local/share/caddy", find_caddy},
      {"mod_md", "/etc/apache2/md", find_mod_md},
      {"official", "/var/cache/nginx/acme_ISSUER", find_official},
  }};
  return kClients;
}

}  // namespace acmectl

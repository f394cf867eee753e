// SPDX-License-Identifier: BSD-2-Clause
// The ACME clients whose folders can be read, each in a file of its name. They
// find paths; what is behind those is looked at by import_run.
#pragma once

#include <span>
#include <string_view>

#include "acmectl/import/foreign_finds.h"
#include "acmectl/import/foreign_folder.h"

namespace acmectl {

[[nodiscard]] ForeignFinds find_certbot(const ForeignFolder& folder);
[[nodiscard]] ForeignFinds find_acme_sh(const ForeignFolder& folder);
[[nodiscard]] ForeignFinds find_lego(const ForeignFolder& folder);
[[nodiscard]] ForeignFinds find_dehydrated(const ForeignFolder& folder);
[[nodiscard]] ForeignFinds find_caddy(const ForeignFolder& folder);
[[nodiscard]] ForeignFinds find_mod_md(const ForeignFolder& folder);
/// nginx's own ACME module, and other state directories of this one.
[[nodiscard]] ForeignFinds find_official(const ForeignFolder& folder);

struct ForeignClient {
  std::string_view name;
  std::string_view usual_folder;  ///< for help
  ForeignFinds (*find)(const ForeignFolder&);
};

[[nodiscard]] std::span<const ForeignClient> foreign_clients() noexcept;

}  // namespace acmectl

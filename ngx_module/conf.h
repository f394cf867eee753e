// SPDX-License-Identifier: BSD-2-Clause
// The module's configuration as C++ objects.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/discovery.h"
#include "ngx_module/ngx.h"
#include "ngx_module/shared_zone.h"

namespace ngx_acme {

/// An acme_issuer block, or a built-in issuer that some server uses.
struct IssuerConf {
  acme::IssuerSpec spec;
  SourceLine where;                  ///< no file: a built-in issuer
  std::set<std::string> directives;  ///< those its block has
  ngx_path_t* state_path = nullptr;  ///< null with "state_path off"
  SourceLine state_path_where;
};

/// `acme` and `acme_certificate` at one level.
struct ServerConf {
  enum class Mode { kUnset, kOff, kOn };

  Mode mode = Mode::kUnset;
  std::vector<std::string> issuers;  ///< of kOn, in order of preference
  SourceLine where;                  ///< of the `acme` directive

  struct Certificate {
    std::vector<std::string> issuers;           ///< in order of preference
    std::vector<acme::Identifier> identifiers;  ///< empty: from server_name
    /// One certificate for each; of different algorithms.
    std::vector<acme::KeyType> key_types{acme::KeyType::kEcdsa256};
    SourceLine where;
  };
  std::optional<Certificate> certificate;
};

struct MainConf {
  std::vector<std::unique_ptr<IssuerConf>> issuers;
  std::vector<std::string> contacts;  ///< acme_contact
  std::string zone_name = "ngx_acme_shared";
  std::size_t zone_size = 0;  ///< 0: as large as needed
  std::optional<SourceLine> zone_where;

  Discovery discovery;
  acme::Plan plan;                   ///< complete after postconfiguration
  std::unique_ptr<SharedZone> zone;  ///< null when nothing is managed

  [[nodiscard]] IssuerConf* find_issuer(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t index_of(const IssuerConf& issuer) const noexcept;
};

/// The running configuration's, or nullptr when there is no http block.
[[nodiscard]] MainConf* current_main_conf() noexcept;

/// The directives.
extern ngx_command_t directives[];

// nginx's hooks around the http block, in the order it calls them.

void* create_main_conf(ngx_conf_t* cf) noexcept;
void* create_srv_conf(ngx_conf_t* cf) noexcept;
char* init_main_conf(ngx_conf_t* cf, void* conf) noexcept;
char* merge_srv_conf(ngx_conf_t* cf, void* parent, void* child) noexcept;
/// Everything is known: makes the plan, the zone and the paths.
ngx_int_t finish_configuration(ngx_conf_t* cf) noexcept;

}  // namespace ngx_acme

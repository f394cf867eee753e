// SPDX-License-Identifier: BSD-2-Clause
// Accounts at acme-dns servers.
#include "acme_core/storage/acme_dns_account.h"

#include <algorithm>
#include <string_view>

#include "acme_core/ascii.h"
#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

constexpr std::size_t kLongestMember = 255;

bool is_visible(std::string_view text) {
  return !text.empty() && text.size() <= kLongestMember &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~'; });
}

bool is_host_name(std::string_view text) {
  return is_visible(text) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

bool is_well_formed(const AcmeDnsAccount& account) {
  return is_visible(account.username) &&
         is_visible(to_text(account.password)) &&
         is_host_name(account.subdomain) && is_host_name(account.full_domain);
}

}  // namespace acme

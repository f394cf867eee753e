// SPDX-License-Identifier: BSD-2-Clause
// Options that say which certificates are meant.
#include "acmectl/filter_options.h"

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "acme_core/listed.h"
#include "acme_core/status/status_query.h"

namespace acmectl {
namespace {

std::string why_no_states(const std::string& text) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!acme::certificate_state(word)) {
      return "\"" + word + "\" is none of " +
             acme::listed(acme::certificate_state_words(),
                          [](std::string_view state) { return state; });
    }
    begin = end + 1;
  }
  return {};
}

std::string why_no_duration(const std::string& text) {
  return acme::parse_period(text)
             ? std::string()
             : "\"" + text + "\" is no time such as 12h or 30d";
}

}  // namespace

void add_filter_options(CLI::App& command, CertificateFilter& filter) {
  command
      .add_option("--name", filter.name,
                  "Only with a name that has TEXT in it, or *.SUFFIX")
      ->type_name("TEXT");
  command
      .add_option("--state", filter.state,
                  "Only in these states, with commas between them")
      ->type_name("STATE")
      ->check(why_no_states);
  command.add_option("--issuer", filter.issuer, "Only of this issuer")
      ->type_name("NAME");
  command
      .add_option("--expires-within", filter.expires_within,
                  "Only with less than TIME left, such as 12h, 30d, 2w")
      ->type_name("TIME")
      ->check(why_no_duration);
}

}  // namespace acmectl

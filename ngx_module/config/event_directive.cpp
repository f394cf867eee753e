// SPDX-License-Identifier: BSD-2-Clause
// acme_on: who is told of what happens to certificates.
#include "ngx_module/config/event_directive.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "acme_core/events/event_action.h"
#include "acme_core/listed.h"
#include "ngx_module/config/configured_file.h"
#include "ngx_module/config/configured_program.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/url_authority.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

using acme::EventKind;

constexpr std::string_view kSecret = "secret=";

std::string known_events() {
  std::string words;
  for (int i = 0; i <= static_cast<int>(EventKind::kRecovered); ++i) {
    words.append(i == 0 ? "" : ", ")
        .append(acme::to_string(static_cast<EventKind>(i)));
  }
  return words;
}

// "issued,renewed".
std::set<EventKind> parse_events(std::string_view list) {
  std::set<EventKind> events;
  for (std::string_view rest = list;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    const auto event = acme::event_kind(word);
    if (!event) {
      fail("unknown event " + acme::in_quotes(word) +
           " in \"acme_on\" directive, it must be one of: " + known_events());
    }
    if (!events.insert(*event).second) {
      fail("event " + acme::in_quotes(word) + " is in " +
           acme::in_quotes(list) + " twice");
    }
    if (comma == std::string_view::npos) {
      return events;
    }
    rest.remove_prefix(comma + 1);
  }
}

acme::EventProgramSpec parse_program(ngx_conf_t* cf, std::string_view given) {
  std::string path = find_program(cf, given);
  if (const std::string place = writable_by_everybody(path); !place.empty()) {
    fail("everybody may write " + acme::in_quotes(place) +
         (place == path ? ""
                        : ", where program " + acme::in_quotes(path) + " is") +
         ", and so run programs as nginx's workers: chmod o-w " +
         acme::in_quotes(place));
  }
  return {std::move(path)};
}

std::string parse_url(std::string_view url) {
  const bool is_plain = std::all_of(url.begin(), url.end(),
                                    [](char c) { return c > ' ' && c <= '~'; });
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  if (!is_web || !is_plain || authority_of(url).empty()) {
    fail("invalid target " + acme::in_quotes(url) +
         " in \"acme_on\" directive: write \"exec PATH\" for a program, or a "
         "URL that begins with https:// or http://");
  }
  if (authority_of(url).find('@') != std::string_view::npos) {
    fail(
        "a URL with a user or password in it ends in logs: have \"acme_on\" "
        "sign what it sends by \"secret=FILE\" instead");
  }
  return std::string(url);
}

acme::WebhookSpec parse_webhook(ngx_conf_t* cf,
                                std::span<const ngx_str_t> arguments) {
  acme::WebhookSpec spec{parse_url(view(arguments[0])), {}};
  if (arguments.size() > 1) {
    const std::string_view parameter = view(arguments[1]);
    if (!parameter.starts_with(kSecret) || parameter.size() == kSecret.size()) {
      fail("invalid parameter " + acme::in_quotes(parameter) +
           " in \"acme_on\" directive: behind the URL may stand secret=FILE");
    }
    spec.secret = read_secret_file(cf, parameter.substr(kSecret.size()),
                                   "the webhook's secret");
  } else if (spec.url.starts_with("http://") &&
             !is_loopback(authority_of(spec.url))) {
    remark(cf, NGX_LOG_WARN, SourceLine::current(cf),
           "\"acme_on\" sends over plain http, where anybody on the way can "
           "change it, and signs nothing: use https, or give a secret=FILE");
  }
  return spec;
}

void require_same_secret(const acme::EventAction& one,
                         const acme::EventAction& other) {
  const auto* first = std::get_if<acme::WebhookSpec>(&one.target);
  const auto* second = std::get_if<acme::WebhookSpec>(&other.target);
  if (first != nullptr && second != nullptr &&
      first->secret != second->secret) {
    fail("\"acme_on\" with this URL has another secret already");
  }
}

// A target that is named in several lines is told of the events of all.
void add_action(MainConf& main, acme::EventAction action) {
  const auto same =
      std::find_if(main.event_actions.begin(), main.event_actions.end(),
                   [&](const acme::EventAction& other) {
                     return have_same_target(other, action);
                   });
  if (same == main.event_actions.end()) {
    main.event_actions.push_back(std::move(action));
    return;
  }
  require_same_secret(*same, action);
  for (const EventKind event : action.events) {
    if (!same->events.insert(event).second) {
      fail("\"acme_on\" tells this target of \"" +
           std::string(acme::to_string(event)) + "\" already");
    }
  }
}

}  // namespace

char* set_acme_on(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  const std::span<const ngx_str_t> all = arguments(cf);
  acme::EventAction action{parse_events(view(all[0])), {}};
  if (view(all[1]) != "exec") {
    action.target = parse_webhook(cf, all.subspan(1));
  } else if (all.size() == 3) {
    action.target = parse_program(cf, view(all[2]));
  } else {
    fail("\"acme_on\" lacks the program: write \"exec PATH\"");
  }
  add_action(*static_cast<MainConf*>(conf), std::move(action));
  return NGX_CONF_OK;
}

}  // namespace ngx_acme

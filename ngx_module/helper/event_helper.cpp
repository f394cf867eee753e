// SPDX-License-Identifier: BSD-2-Clause
// The delivery of events, as the configuration wishes it.
#include "ngx_module/helper/event_helper.h"

#include <map>
#include <string>
#include <utility>

namespace ngx_acme {

std::unique_ptr<acme::EventDispatcher> make_event_dispatcher(
    const MainConf& main, acme::Logger& logger) {
  if (main.event_actions.empty()) {
    return nullptr;
  }
  std::map<std::string, std::string> state_paths;
  for (const acme::IssuerSpec& issuer : main.plan.issuers) {
    state_paths[issuer.name] = issuer.state_path;
  }
  return std::make_unique<acme::EventDispatcher>(
      main.event_actions,
      acme::real_event_environment(main.plan.user_agent, logger,
                                   std::move(state_paths)));
}

}  // namespace ngx_acme

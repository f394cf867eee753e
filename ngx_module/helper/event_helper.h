// SPDX-License-Identifier: BSD-2-Clause
// The delivery of events, as the configuration wishes it.
#pragma once

#include <memory>

#include "acme_core/env/log.h"
#include "acme_core/events/event_dispatcher.h"
#include "ngx_module/config/main_conf.h"

namespace ngx_acme {

/// Not started yet; nullptr without `acme_on`. `logger` outlives it.
[[nodiscard]] std::unique_ptr<acme::EventDispatcher> make_event_dispatcher(
    const MainConf& main, acme::Logger& logger);

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// Secrets of the configuration, in the memory of nginx's processes.
#include "ngx_module/helper/process_secrets.h"

#include <sys/prctl.h>

#include "acme_core/engine/plan_secrets.h"
#include "acme_core/events/event_action.h"
#include "ngx_module/config/main_conf.h"

namespace ngx_acme {
namespace {

bool& runs_engine() noexcept {
  static bool is_set = false;
  return is_set;
}

// Whoever takes over a worker is the same user, and must not read secrets out
// of another process's memory or of a core dump, which "worker_rlimit_core"
// asks for.
void set_readable(bool readable) {
  if (prctl(PR_SET_DUMPABLE, readable ? 1 : 0, 0, 0, 0) != 0) {
    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                  "acme: prctl(PR_SET_DUMPABLE) failed");
  }
}

void forget_secrets() noexcept {
  MainConf* main = current_main_conf();
  if (main == nullptr) {
    return;
  }
  acme::wipe_secrets(main->dns);
  acme::wipe_secrets(main->event_actions);
  for (const auto& issuer : main->issuers) {
    acme::wipe_secrets(issuer->spec);
  }
  acme::wipe_secrets(main->plan);
}

// nginx calls both helpers the same, but its timer for the manager ends at
// once, and that for the loader in a minute. Modules that began before may have
// taken time: the first call makes sure that this clock is not behind nginx's
// timer, and the second comes after it.
void decide(ngx_event_t* event) noexcept {
  if (runs_engine()) {
    return;
  }
  if (event->data == nullptr) {
    event->data = event;
    ngx_add_timer(event, 1);
    return;
  }
  forget_secrets();
  set_readable(true);
}

}  // namespace

void guard_secrets(ngx_cycle_t* cycle) {
  if (ngx_process == NGX_PROCESS_WORKER) {
    forget_secrets();
  } else if (ngx_process == NGX_PROCESS_HELPER) {
    set_readable(false);
    static ngx_event_t decision;
    decision.handler = decide;
    decision.log = cycle->log;
    ngx_add_timer(&decision, 1);
  }
}

void keep_secrets() noexcept { runs_engine() = true; }

}  // namespace ngx_acme

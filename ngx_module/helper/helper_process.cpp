// SPDX-License-Identifier: BSD-2-Clause
// The background process that talks to the CA.
#include "ngx_module/helper/helper_process.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "acme_core/engine/engine.h"
#include "acme_core/events/event_dispatcher.h"
#include "acme_core/events/monitor_chain.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/helper/event_helper.h"
#include "ngx_module/helper/helper_log.h"
#include "ngx_module/helper/process_secrets.h"
#include "ngx_module/helper/status_commands.h"
#include "ngx_module/helper/status_monitor.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

constexpr std::chrono::milliseconds kStopDeadline{3'000};
// What was told last has to be written.
constexpr std::chrono::milliseconds kEventsDeadline{1'000};

// What the engine tells of itself and is asked for, where the configuration has
// a place to show it.
struct Status {
  explicit Status(StatusZone& shared)
      : zone(shared), monitor(shared), commands(shared) {
    zone.enter_helper();
  }
  ~Status() { zone.leave_helper(); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;

  StatusZone& zone;
  StatusMonitor monitor;
  StatusCommandSource commands;
};

// The engine of this process, its log, and who watches and steers it.
struct Helper {
  HelperLog log;
  std::unique_ptr<acme::EventDispatcher> events;  ///< null: nobody is told
  std::unique_ptr<Status> status;                 ///< null: nobody looks at it
  acme::MonitorChain monitors;
  std::unique_ptr<acme::Engine> engine;
};

std::unique_ptr<Helper>& running_helper() {
  // Cleared by the exit hooks below, which run before static destructors.
  static std::unique_ptr<Helper> helper;
  return helper;
}

void stop_engine() {
  std::unique_ptr<Helper>& helper = running_helper();
  if (!helper) {
    return;
  }
  if (helper->events) {
    helper->events->stop_delivering();
  }
  bool all_ended = helper->engine->stop(kStopDeadline);
  if (helper->events) {
    all_ended = helper->events->stop(kEventsDeadline) && all_ended;
  }
  helper->log.flush();
  if (!all_ended) {
    // A thread hangs in the system, on a dead network disk say. Orders are
    // resumed by the next process; this one must not wait.
    _exit(0);
  }
  helper->engine.reset();
  helper.reset();
}

// Only where the engine has not one thread that would do it.
constexpr ngx_msec_t kBetweenLooks = 10'000;

void on_missing_threads(ngx_event_t* event) noexcept {
  guarded<[](ngx_event_t* timer) {
    if (running_helper() &&
        !running_helper()->engine->start_missing_threads()) {
      ngx_add_timer(timer, kBetweenLooks);
    }
    return NGX_OK;
  },
          NGX_ERROR, ngx_event_t*>(event);
}

void look_for_threads(ngx_cycle_t* cycle) {
  static ngx_event_t timer;
  if (timer.timer_set) {
    return;
  }
  timer = {};
  timer.handler = on_missing_threads;
  timer.log = cycle->log;
  timer.cancelable = 1;  // nobody waits for it
  on_missing_threads(&timer);
}

void start_engine() {
  auto* cycle = const_cast<ngx_cycle_t*>(ngx_cycle);
  MainConf* main = current_main_conf();
  if (main == nullptr || main->zone == nullptr) {
    return;
  }
  stop_engine();
  if (!main->challenges->is_stateless()) {
    // That memory outlives configurations. With such an issuer the old
    // thumbprint stays until the engine has another: a CA may be looking.
    main->challenges->put_thumbprint("");
  }
  auto helper = std::make_unique<Helper>();
  if (!helper->log.open(cycle, main->log ? &main->log->lines() : nullptr)) {
    ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                  "acme: no connection for the log, enlarge "
                  "\"worker_connections\"");
  }
  if ((helper->events = make_event_dispatcher(*main, helper->log))) {
    helper->events->start();
    helper->monitors.add(*helper->events);
  }
  if (main->status_zone != nullptr) {
    helper->status = std::make_unique<Status>(*main->status_zone);
    helper->monitors.add(helper->status->monitor);
  }
  helper->engine = std::make_unique<acme::Engine>(
      main->plan, acme::real_environment(
                      main->plan, helper->log, *main->zone,
                      {*main->challenges, *main->challenges, *main->challenges},
                      helper->monitors,
                      helper->status ? &helper->status->commands : nullptr));
  helper->engine->start();
  running_helper() = std::move(helper);
  look_for_threads(cycle);
}

// Of a process that shows certificates; null: there is no status, or it shows
// none.
StatusZone* shown_to_visitors() noexcept {
  const bool is_worker =
      ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE;
  MainConf* main = is_worker ? current_main_conf() : nullptr;
  return main == nullptr ? nullptr : main->status_zone.get();
}

bool manages_a_cache(const ngx_cycle_t* cycle) {
  const auto [first, last] = elements<ngx_path_t*>(cycle->paths);
  return std::count_if(first, last, [](const ngx_path_t* path) {
           return path->manager != nullptr;
         }) > 1;
}

void begin_helper() {
  const char* title = manages_a_cache(const_cast<ngx_cycle_t*>(ngx_cycle))
                          ? "cache manager and acme process"
                          : "acme process";
  ngx_setproctitle(const_cast<char*>(title));
  start_engine();
  // nginx leaves a helper process by exit(0), with no hook for modules.
  if (std::atexit([] { stop_engine(); }) != 0) {
    throw std::bad_alloc();
  }
}

// The workers that a reload replaces accept connections until they hear of it,
// which nginx sees to 100 ms after it started the new processes. Only when they
// cannot answer challenges has a new order to wait for that.
ngx_msec_t time_until_start() {
  constexpr ngx_msec_t kOldWorkersLeave = 500;
  const MainConf* main = current_main_conf();
  return main != nullptr && main->zone != nullptr &&
                 main->challenges->is_new_to_old_workers()
             ? kOldWorkersLeave
             : 0;
}

// nginx calls this in the helper process: at once, then as often as it is told.
// It shares that process with proxy caches and returns immediately.
ngx_msec_t manage(void*) noexcept {
  enum class Step { kFirstCall, kStart, kRunning };
  static Step step = Step::kFirstCall;
  if (step == Step::kFirstCall) {
    keep_secrets();
    step = Step::kStart;
    if (const ngx_msec_t wait = time_until_start(); wait != 0) {
      return wait;
    }
  }
  if (step == Step::kStart) {
    step = Step::kRunning;
    guarded<[] { return begin_helper(), NGX_OK; }, NGX_ERROR>();
  }
  constexpr ngx_msec_t kHour = 3'600'000;
  return kHour;
}

// The state path of an issuer, or else any path nobody manages: nginx's folders
// for temporary files.
ngx_path_t* path_for_manager(const ngx_cycle_t* cycle, const MainConf& main) {
  for (const auto& issuer : main.issuers) {
    if (issuer->state_path != nullptr) {
      return issuer->state_path;
    }
  }
  const auto [first, last] = elements<ngx_path_t*>(cycle->paths);
  const auto free = std::find_if(first, last, [](const ngx_path_t* path) {
    return path->manager == nullptr && path->loader == nullptr;
  });
  return free == last ? nullptr : *free;
}

}  // namespace

ngx_int_t run_helper(ngx_conf_t* cf) noexcept {
  const MainConf& main = main_conf(cf);
  if (main.zone == nullptr) {
    return NGX_OK;
  }
  ngx_path_t* path = path_for_manager(cf->cycle, main);
  if (path == nullptr) {
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "acme: no path for the helper process: set \"state_path\"");
    return NGX_ERROR;
  }
  path->manager = manage;
  return NGX_OK;
}

// A process that has an engine and reads a new configuration is a single
// process that reloads. nginx does not serve after that (its connections are
// not set up again), but it takes our zone away: the engine must not write.
ngx_int_t init_module(ngx_cycle_t*) noexcept {
  return guarded<[] { return stop_engine(), NGX_OK; }, NGX_ERROR>();
}

ngx_int_t init_process(ngx_cycle_t* cycle) noexcept {
  return guarded<[](ngx_cycle_t* running) -> ngx_int_t {
    if (ngx_process == NGX_PROCESS_SINGLE) {
      start_engine();
    } else {
      guard_secrets(running);
    }
    if (ngx_process == NGX_PROCESS_WORKER) {
      if (MainConf* main = current_main_conf(); main != nullptr && main->log) {
        main->log->leave();
      }
    }
    if (StatusZone* zone = shown_to_visitors()) {
      zone->enter_worker();
    }
    return NGX_OK;
  },
                 NGX_OK, ngx_cycle_t*>(cycle);
}

void exit_process(ngx_cycle_t*) noexcept {
  guarded<[] { return stop_engine(), NGX_OK; }, NGX_ERROR>();
  if (StatusZone* zone = shown_to_visitors()) {
    zone->leave_worker();
  }
}

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// DNS records published by a program of the operator's.
#include "acme_core/challenge/exec_provider.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "acme_core/env/child_process.h"
#include "acme_core/error.h"

namespace acme {
namespace {

constexpr unsigned kMostAtOnce = 8;

// How many run, for each path: a program that hangs keeps no other waiting.
class ProgramSlots {
 public:
  void take(const std::string& path, std::stop_token stop) {
    const std::stop_callback wake(stop, [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return stop.stop_requested() || running_[path] < kMostAtOnce;
    });
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kStopped, "stopped before \"" + path + "\" ran");
    }
    ++running_[path];
  }

  void give_back(const std::string& path) {
    const std::lock_guard lock(mutex_);
    --running_[path];
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, unsigned> running_;
};

// Of the process, whatever issuers and configurations its providers belong to.
// It is made when the library is loaded, so that at exit it is destroyed after
// the engine's threads have ended.
ProgramSlots program_slots;

class Turn {
 public:
  Turn(const std::string& path, std::stop_token stop) : path_(path) {
    program_slots.take(path_, std::move(stop));
  }
  ~Turn() { program_slots.give_back(path_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const std::string& path_;
};

std::string last_line(const ProgramResult& result) {
  return result.output.empty() ? std::string()
                               : "; it said: " + result.output.back();
}

}  // namespace

ExecProvider::ExecProvider(ExecSpec spec, EventLog log,
                           std::chrono::milliseconds time_limit)
    : spec_(std::move(spec)), log_(std::move(log)), time_limit_(time_limit) {}

void ExecProvider::present(const DnsRecord& record, std::stop_token stop) {
  run(spec_.contract == ExecSpec::Contract::kLego ? "present" : "setup", record,
      std::move(stop));
}

void ExecProvider::cleanup(const DnsRecord& record, std::stop_token stop) {
  run(spec_.contract == ExecSpec::Contract::kLego ? "cleanup" : "teardown",
      record, std::move(stop));
}

void ExecProvider::run(const std::string& action, const DnsRecord& record,
                       std::stop_token stop) const {
  const std::string& name =
      spec_.contract == ExecSpec::Contract::kLego ? record.fqdn : record.domain;
  const std::string call = "\"" + spec_.path + " " + action + " " + name + "\"";
  const Turn turn(spec_.path, stop);
  log_.debug("running " + call);
  const ProgramResult result =
      run_program({.path = spec_.path,
                   .arguments = {action, name, record.value},
                   .time_limit = time_limit_},
                  std::move(stop));
  for (const std::string& line : result.output) {
    log_.write(result.succeeded() ? LogLevel::kInfo : LogLevel::kWarn,
               call + ": " + line);
  }
  if (!result.succeeded()) {
    throw Error(
        result.end != ProgramResult::End::kNotStarted || is_shortage(result)
            ? ErrorKind::kOurs
            : ErrorKind::kConfiguration,
        "the DNS program " + call + " " + describe_end(result, time_limit_) +
            last_line(result));
  }
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Who watches and steers an engine, for tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/monitor/command.h"
#include "acme_core/monitor/monitor.h"

namespace acme {

/// Thread-safe.
class RecordingMonitor final : public Monitor {
 public:
  void note(std::size_t index, const CertificateNote& note) noexcept override {
    const std::lock_guard lock(mutex_);
    certificates_[index] = note;
    if (note.order && (steps_.empty() || steps_.back() != note.order->step)) {
      steps_.push_back(note.order->step);
    }
  }
  void note(std::size_t index, const IssuerNote& note) noexcept override {
    const std::lock_guard lock(mutex_);
    issuers_[index] = note;
  }
  void note(const ProcessNote& note) noexcept override {
    const std::lock_guard lock(mutex_);
    process_ = note;
  }
  void tell(const Event& event) noexcept override {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }
  void add(Count what, std::initializer_list<std::string_view> labels,
           std::uint64_t by) noexcept override {
    const std::lock_guard lock(mutex_);
    counts_[{what, {labels.begin(), labels.end()}}] += by;
  }

  [[nodiscard]] CertificateNote certificate(std::size_t index = 0) const {
    const std::lock_guard lock(mutex_);
    const auto found = certificates_.find(index);
    return found == certificates_.end() ? CertificateNote() : found->second;
  }
  [[nodiscard]] IssuerNote issuer(std::size_t index = 0) const {
    const std::lock_guard lock(mutex_);
    const auto found = issuers_.find(index);
    return found == issuers_.end() ? IssuerNote() : found->second;
  }
  [[nodiscard]] ProcessNote process() const {
    const std::lock_guard lock(mutex_);
    return process_;
  }
  /// What orders went through, one after the other.
  [[nodiscard]] std::vector<std::string> steps() const {
    const std::lock_guard lock(mutex_);
    return steps_;
  }
  [[nodiscard]] std::vector<EventKind> events() const {
    const std::lock_guard lock(mutex_);
    std::vector<EventKind> kinds;
    for (const Event& event : events_) {
      kinds.push_back(event.kind);
    }
    return kinds;
  }
  [[nodiscard]] Event last_event() const {
    const std::lock_guard lock(mutex_);
    return events_.back();
  }
  [[nodiscard]] std::uint64_t count(Count what,
                                    std::vector<std::string> labels) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find({what, std::move(labels)});
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  mutable std::mutex mutex_;  ///< guards what follows
  std::map<std::size_t, CertificateNote> certificates_;
  std::map<std::size_t, IssuerNote> issuers_;
  ProcessNote process_;
  std::vector<std::string> steps_;
  std::vector<Event> events_;
  std::map<std::pair<Count, std::vector<std::string>>, std::uint64_t> counts_;
};

/// Commands of a test. Thread-safe.
class QueuedCommands final : public CommandSource {
 public:
  struct Answer {
    CommandState state = CommandState::kWaiting;
    std::string text;
  };

  /// Its number.
  std::uint64_t ask(Command command) {
    const std::lock_guard lock(mutex_);
    command.id = ++last_id_;
    command.asked_by = "alice from 192.0.2.1";
    waiting_.push_back(command);
    changed_.notify_all();
    return command.id;
  }

  /// What became of it; nullopt when it has not ended within `patience`.
  [[nodiscard]] std::optional<Answer> end_of(
      std::uint64_t id, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const bool has_ended = changed_.wait_for(lock, patience, [&] {
      const CommandState state = answers_[id].state;
      return state == CommandState::kDone || state == CommandState::kFailed;
    });
    return has_ended ? std::optional(answers_[id]) : std::nullopt;
  }
  /// Once there is something to tell.
  [[nodiscard]] Answer first_answer(std::uint64_t id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answers_.contains(id); });
    return answers_[id];
  }
  [[nodiscard]] std::size_t given_back() const {
    const std::lock_guard lock(mutex_);
    return given_back_;
  }

  [[nodiscard]] std::optional<Command> take(
      const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
      return std::nullopt;
    }
    const Command command = waiting_.front();
    waiting_.pop_front();
    taken_[command.id] = command;
    return command;
  }
  void report(std::uint64_t id, CommandState state,
              std::string_view text) noexcept override {
    const std::lock_guard lock(mutex_);
    answers_[id] = {state, std::string(text)};
    changed_.notify_all();
  }
  void give_back(std::uint64_t id) noexcept override {
    const std::lock_guard lock(mutex_);
    ++given_back_;
    waiting_.push_back(taken_[id]);
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  std::deque<Command> waiting_;
  std::map<std::uint64_t, Command> taken_;
  std::map<std::uint64_t, Answer> answers_;
  std::uint64_t last_id_ = 0;
  std::size_t given_back_ = 0;
};

}  // namespace acme

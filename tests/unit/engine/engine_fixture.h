// SPDX-License-Identifier: BSD-2-Clause
// An engine whose world belongs to the test: clock, disk, CAs, server.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/engine/engine.h"
#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/support/recording_publisher.h"
#include "tests/support/scripted_ca.h"

namespace acme {

using namespace std::chrono_literals;

// What an engine borrows of a test's: a FileSystem or an HttpClient.
class BorrowedFileSystem final : public FileSystem {
 public:
  explicit BorrowedFileSystem(FileSystem& files) : files_(files) {}
  const std::string& root() const noexcept override { return files_.root(); }
  ReadResult read(std::string_view path, std::size_t limit) const override {
    return files_.read(path, limit);
  }
  void write(std::string_view path,
             std::span<const std::uint8_t> data) override {
    files_.write(path, data);
  }
  void rename(std::string_view from, std::string_view to) override {
    files_.rename(from, to);
  }
  void remove(std::string_view path) override { files_.remove(path); }
  std::optional<FileStamp> stamp(std::string_view path) const override {
    return files_.stamp(path);
  }
  std::vector<std::string> list(std::string_view folder) const override {
    return files_.list(folder);
  }
  std::unique_ptr<FileLock> try_lock(std::string_view path) override {
    return files_.try_lock(path);
  }

 private:
  FileSystem& files_;
};

class BorrowedHttpClient final : public HttpClient {
 public:
  explicit BorrowedHttpClient(HttpClient& http) : http_(http) {}
  HttpResponse send(const HttpRequest& request, std::stop_token stop) override {
    return http_.send(request, std::move(stop));
  }

 private:
  HttpClient& http_;
};

// Our own listeners, as the publisher makes them answer.
class OwnListeners final : public HttpClient {
 public:
  explicit OwnListeners(const RecordingPublisher& publisher)
      : publisher_(publisher) {}
  HttpResponse send(const HttpRequest& request, std::stop_token) override {
    const auto answer =
        publisher_.answer(request.url.substr(request.url.rfind('/') + 1));
    HttpResponse response;
    response.status = answer ? 200 : 404;
    response.body = answer.value_or("");
    return response;
  }

 private:
  const RecordingPublisher& publisher_;
};

/// An engine with one CA, or with a second one as backup: "test" and "backup".
class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    IssuerSpec issuer;
    issuer.name = "test";
    issuer.directory_url = ScriptedCa::kDirectoryUrl;
    plan_.issuers.push_back(issuer);
    plan_.http_listeners = {{"127.0.0.1", 80}};
    manage("www.example.com");
    for (ScriptedCa* ca : {&ca_, &backup_ca_}) {
      ca->validate_by([this](const std::string& token) {
        return publisher_.answer(token);
      });
    }
  }

  void manage(const std::string& name) {
    plan_.certificates.push_back({.identifiers = identifiers_of({name})});
  }

  // Every certificate may come from a second CA.
  void add_backup() {
    plan_.issuers.push_back(plan_.issuers[0]);
    plan_.issuers[1].name = "backup";
    for (CertificateSpec& spec : plan_.certificates) {
      spec.issuers = {0, 1};
    }
  }

  [[nodiscard]] EngineEnvironment environment() {
    return environment(publisher_);
  }
  // Of a process with a server of its own.
  [[nodiscard]] EngineEnvironment environment(Publisher& publisher) {
    return {
        .clock = clock_,
        .random = random_,
        .logger = logger_,
        .publisher = publisher,
        .responders = publisher_.responders(),
        .connect =
            [this](const IssuerSpec& issuer) {
              return std::make_unique<BorrowedHttpClient>(
                  issuer.name == "backup" ? backup_ca_ : ca_);
            },
        .connect_locally =
            [this] { return std::make_unique<OwnListeners>(publisher_); },
        .open_state =
            [this](const IssuerSpec& issuer) {
              return std::make_unique<FileStore>(
                  std::make_unique<BorrowedFileSystem>(
                      issuer.name == "backup" ? backup_files_ : files_));
            },
        .limits = [this](const IssuerSpec&) { return limits_; },
    };
  }

  void start() {
    engine_ = std::make_unique<Engine>(plan_, environment());
    engine_->start();
    settle();
  }

  void restart() {
    engine_.reset();
    start();
  }

  void TearDown() override {
    if (HasFailure()) {
      for (const auto& line : logger_.lines()) {
        std::cerr << line.text << '\n';
      }
    }
  }

  // All threads wait for time to pass: as many per issuer as it has
  // certificates.
  void settle() {
    clock_.wait_for_waiters(
        plan_.issuers.size() *
        std::min<std::size_t>(plan_.certificates.size(),
                              plan_.issuers.front().orders_at_once));
  }

  [[nodiscard]] CertificateRecord record(std::size_t index = 0) {
    return FileStore(files_).load_record(
        plan_.certificates[index].storage_name());
  }

  // Lets time pass, and the engine do what is then due.
  void pass(std::chrono::milliseconds duration) {
    const TimePoint until = clock_.now() + duration;
    // In steps that the polling of an order needs, then in one leap.
    for (int i = 0; i < 20 && clock_.now() + 1s < until; ++i) {
      clock_.advance(1s);
      settle();
    }
    clock_.set(until);
    settle();
    for (int i = 0; i < 20; ++i) {
      clock_.advance(100ms);
      settle();
    }
  }

  FakeClock clock_;
  FakeRandom random_;
  RecordingLogger logger_;
  RecordingPublisher publisher_;
  FaultyFileSystem files_;
  FaultyFileSystem backup_files_;
  ScriptedCa ca_{clock_};
  ScriptedCa backup_ca_{clock_};
  BudgetLimits limits_;
  Plan plan_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace acme

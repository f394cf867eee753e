// SPDX-License-Identifier: BSD-2-Clause
// One order against a CA that misbehaves on request.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/challenge_solvers.h"
#include "acme_core/engine/order_flow.h"
#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/support/recording_publisher.h"
#include "tests/support/scripted_ca.h"

namespace acme {

using namespace std::chrono_literals;

// As many orders as one likes, unless the test says otherwise.
struct TestPermit final : OrderPermit {
  void open(bool) override {}
  bool open_another(const std::vector<std::string>& names) override {
    asked_for = names;
    return allows_another;
  }

  bool allows_another = true;
  std::vector<std::string> asked_for;
};

class OrderFlowTest : public testing::Test {
 protected:
  OrderFlowTest() {
    clock_.auto_advance(1);
    ca_.validate_by([this](const std::string& token) {
      most_live_ = std::max(most_live_, publisher_.live_challenges());
      return publisher_.answer(token);
    });
    client_.new_account({}, {});
  }

  StoredCertificate obtain() {
    Plan plan;
    plan.certificates = {spec_};
    plan.certificates.insert(plan.certificates.end(), others_.begin(),
                             others_.end());
    ChallengeSolvers solvers(issuer_, publisher_.responders(), name_locks_,
                             dns_solvers_);
    ChallengeChoice choice(issuer_, spec_, listeners_, solvers, proved_by_);
    NameVerdicts verdicts(spec_.identifiers);
    StoredCertificate certificate =
        obtain_certificate({.issuer = issuer_,
                            .client = client_,
                            .store = store_,
                            .clock = clock_,
                            .log = log_,
                            .wish = {.plan = plan,
                                     .certificate = 0,
                                     .spec = spec_,
                                     .current = current_},
                            .proofs = {.solvers = solvers,
                                       .choice = choice,
                                       .verdicts = verdicts,
                                       .self_check = self_check_},
                            .permit = permit_},
                           {});
    proved_by_ = choice.memory();
    return certificate;
  }

  // The error obtain() ends with.
  Error failure() {
    return failure_of([this] { return obtain(); });
  }

  // As often as a request is repeated within seconds, and once more.
  void outlast_repeats(Resource resource, const ScriptedCa::Fault& fault) {
    for (int i = 0; i < 4; ++i) {
      ca_.fail_next(resource, fault);
    }
  }

  bool has_stored_order() {
    return store_.load_order(spec_.storage_name()).value.has_value();
  }

  FakeClock clock_;
  ScriptedCa ca_{clock_};
  RecordingPublisher publisher_;
  NameLocks name_locks_;
  RecordingLogger logger_;
  EventLog log_{logger_, "test"};
  MemoryFileSystem files_;
  FileStore store_{files_};
  Client client_{ca_, clock_, std::string(ScriptedCa::kDirectoryUrl),
                 PrivateKey::generate(KeyType::kEcdsa256)};
  IssuerSpec issuer_;
  Listeners listeners_;
  std::vector<std::unique_ptr<ChallengeSolver>> dns_solvers_;
  ProvedBy proved_by_;
  const Http01SelfCheck* self_check_ = nullptr;
  TestPermit permit_;
  const StoredCertificate* current_ = nullptr;
  std::vector<CertificateSpec> others_;  // of the plan
  CertificateSpec spec_{.identifiers =
                            identifiers_of({"www.example.com", "example.com"})};
  std::size_t most_live_ = 0;
};

}  // namespace acme

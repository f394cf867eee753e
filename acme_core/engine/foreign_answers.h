// SPDX-License-Identifier: BSD-2-Clause
// Answers of orders that another process has in flight: the CA may ask us.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "acme_core/challenge/responders.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/env/log.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Answers as the owner of a state directory does. What it no longer answers,
/// or all when this object ends, is taken away, which leaves it for a minute.
class ForeignAnswers {
 public:
  /// All outlive the object; `store` is of the kind that changes nothing.
  ForeignAnswers(Store& store, const Responders& responders,
                 const EventLog& log);
  ~ForeignAnswers();
  ForeignAnswers(const ForeignAnswers&) = delete;
  ForeignAnswers& operator=(const ForeignAnswers&) = delete;

  /// Looks at what is in the directory by now. Throws nothing: the owner says
  /// what is wrong with its files.
  void follow() noexcept;

 private:
  struct Followed {
    Revision revision;
    std::unique_ptr<PresentedAnswers> answers;
  };

  void follow_orders();
  void follow_records();

  Store& store_;
  const Responders responders_;
  const EventLog& log_;
  std::map<std::string, Followed> orders_;  ///< by name
  std::optional<Revision> records_revision_;
  std::unique_ptr<PresentedAnswers> records_;
};

}  // namespace acme

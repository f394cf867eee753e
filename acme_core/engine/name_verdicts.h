// SPDX-License-Identifier: BSD-2-Clause
// Which names of an order were proved, and which are at fault.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/identifier.h"

namespace acme {

/// What one run, of several orders if need be, has found out about its names.
class NameVerdicts {
 public:
  /// Only what concerns one of these is noted.
  explicit NameVerdicts(const std::vector<Identifier>& names)
      : names_(names.begin(), names.end()) {}

  void proved(const Identifier& name);
  void failed(const Identifier& name, const std::string& why);

  /// The names that an error is about, by the CA's subproblems or because its
  /// text names them (a CA that refuses one name need not send subproblems). An
  /// outage or a rate limit is about no name.
  void read(const Error& error);

  /// The names at fault, as identifiers are written, and why.
  [[nodiscard]] const std::map<std::string, std::string>& at_fault()
      const noexcept {
    return at_fault_;
  }
  [[nodiscard]] const std::set<std::string>& proved() const noexcept {
    return proved_;
  }

 private:
  std::set<Identifier> names_;
  std::map<std::string, std::string> at_fault_;
  std::set<std::string> proved_;
};

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// What a CA says when something went wrong (RFC 7807, RFC 8555 section 6.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/identifier.h"

namespace acme {

struct Subproblem {
  std::string type;  ///< without the URN prefix
  std::string detail;
  std::string identifier;  ///< the name it is about; may be empty
};

struct Problem {
  /// The type without "urn:ietf:params:acme:error:"; a foreign type whole.
  std::string type;
  std::string detail;
  int status = 0;
  std::string instance;  ///< URL of a page for people; may be empty
  std::vector<Subproblem> subproblems;  ///< section 6.7.1

  /// "detail (type); name: detail (type); see URL", printable, for messages.
  /// At most 4096 bytes; a link in the text is there whole or not at all.
  [[nodiscard]] std::string describe() const;

  /// The error this problem is for the issuing path, with the names of the
  /// subproblems. The kind follows the type (table in section 6.7):
  /// rateLimited, serverInternal and what only time cures are not permanent.
  [[nodiscard]] Error to_error(const std::string& what,
                               std::optional<TimePoint> retry_at) const;
};

/// Reads a problem document; nullopt when it is not a JSON object. Members of
/// the wrong type count as absent.
[[nodiscard]] std::optional<Problem> parse_problem(std::string_view json);

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Where issuers keep their state, for commands that work on files: what the
// command line names, or else what nginx's configuration says.
#pragma once

#include <string>
#include <vector>

#include "acmectl/context.h"

namespace acmectl {

struct IssuerPlace {
  std::string issuer;  ///< empty: the command line named a directory
  std::string state_path;
  std::string directory_url;  ///< empty: not known
};

/// Throws Refusal(kNotFound) when neither says one.
[[nodiscard]] std::vector<IssuerPlace> issuer_places(const Context& context);

}  // namespace acmectl

// SPDX-License-Identifier: BSD-2-Clause
// What an order in flight has in front of the CA, and who works for a state
// directory: for other processes that use the directory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme_core/identifier.h"

namespace acme {

/// The answer to one challenge.
struct OrderAnswer {
  std::string type;  ///< the CA's name of it: "http-01", "tls-alpn-01"
  Identifier identifier;
  std::string token;
  std::string key_authorization;
  bool operator==(const OrderAnswer&) const = default;
};

/// orders/<name>.answers.json. Reading skips what makes no sense.
[[nodiscard]] std::string write_order_answers(
    const std::vector<OrderAnswer>& answers);
[[nodiscard]] std::vector<OrderAnswer> read_order_answers(
    std::string_view text);

/// holder.json: the certificates that the process works for, by their names in
/// the directory.
[[nodiscard]] std::string write_holder(
    const std::vector<std::string>& certificates);
[[nodiscard]] std::vector<std::string> read_holder(std::string_view text);

}  // namespace acme

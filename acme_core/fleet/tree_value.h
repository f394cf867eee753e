// SPDX-License-Identifier: BSD-2-Clause
// What a value in a fleet's tree looks like (docs/state-directory.md):
//
//   ngx-acme-fleet 1 <sequence> sealed
//   <the file, sealed as in crypto/sealing.h for "<path> <sequence>">
//
//   ngx-acme-fleet 1 <sequence> plain <serial>
//   <the file>
//
// The sequence counts the values of a path. So the store can neither read a
// value, nor put one where another was, nor bring back an earlier one while
// somebody remembers a later.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "acme_core/crypto/sealing.h"
#include "acme_core/secret.h"

namespace acme {

struct TreeValue {
  std::uint64_t sequence = 0;
  /// As FileSystem::write_key() has it; empty: of no certificate.
  std::string serial;
  SecretBytes data;
};

/// `fault` says why there is no value, in words that go behind its path.
struct TreeValueResult {
  std::optional<TreeValue> value;
  std::string fault;
};

/// Throws Error when OpenSSL fails. Without keys that seal, in the open.
[[nodiscard]] std::string write_tree_value(const SealingKeys& keys,
                                           std::string_view path,
                                           std::uint64_t sequence,
                                           std::span<const std::uint8_t> data,
                                           std::string_view serial = {});

/// With keys, a value in the open is refused: whoever can write to the store
/// could have put it there.
[[nodiscard]] TreeValueResult read_tree_value(const SealingKeys& keys,
                                              std::string_view path,
                                              std::string_view value);

}  // namespace acme

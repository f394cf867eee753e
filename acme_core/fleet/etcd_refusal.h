// SPDX-License-Identifier: BSD-2-Clause
// Why etcd did not do what it was asked: a gRPC status and its words. What is
// to be done about it.
#pragma once

#include <string>

#include "acme_core/error.h"

namespace acme {

struct EtcdRefusal {
  int http_status = 0;
  int code = 0;       ///< of gRPC; 0: unknown
  std::string words;  ///< printable
  /// It is the end of a watch.
  bool is_cancelled_watch = false;
};

/// There is no such lease.
[[nodiscard]] bool is_about_lease(const EtcdRefusal& refusal);
/// There is no such revision any more.
[[nodiscard]] bool is_about_compaction(const EtcdRefusal& refusal);
[[nodiscard]] bool is_about_authentication_off(const EtcdRefusal& refusal);
/// A new token may help.
[[nodiscard]] bool is_about_token(const EtcdRefusal& refusal);

/// kPermanent: it refuses us or what we asked. kUnavailable: it cannot.
[[nodiscard]] Error error_of(const EtcdRefusal& refusal);
/// The same of a login, without etcd's words.
[[nodiscard]] Error login_error_of(const EtcdRefusal& refusal);

}  // namespace acme

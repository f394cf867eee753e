// SPDX-License-Identifier: BSD-2-Clause
// What is said to etcd's JSON gateway and what it answers, as of etcd 3.4 to
// 3.6: rpc.proto in JSON, where keys and values are base64 and 64-bit numbers
// are text. Nothing here asks anybody.
//
// What is read throws Error(kUnavailable) when it is malformed or says that
// etcd cannot at present, and Error(kPermanent) when it is a refusal.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/fleet/shared_tree.h"
#include "acme_core/secret.h"

namespace acme {

struct EtcdReply {
  int status = 0;
  std::string body;
};

/// What to POST, and where below the URL.
struct EtcdQuestion {
  const char* path;
  std::string body;
  /// Asking twice could do it twice, or deny what the first one did.
  bool once = false;
};

/// All keys that begin with `prefix`; no more than `limit` of them from
/// `from` on ("": the first), as they were at `revision` (0: now).
[[nodiscard]] EtcdQuestion etcd_range(std::string_view prefix,
                                      std::size_t limit,
                                      std::string_view from = {},
                                      TreeRevision revision = 0);
/// The cheapest question that a majority has to answer; read as a page.
[[nodiscard]] EtcdQuestion etcd_probe(std::string_view prefix);
/// nullopt: one of the sessions cannot be one of etcd's.
[[nodiscard]] std::optional<EtcdQuestion> etcd_write(
    const std::string& prefix, const std::vector<TreeWrite>& writes,
    const std::vector<TreeGuard>& guards);
[[nodiscard]] EtcdQuestion etcd_grant(std::chrono::milliseconds time_to_live);
[[nodiscard]] EtcdQuestion etcd_keep_alive(const TreeSession& session);
[[nodiscard]] EtcdQuestion etcd_revoke(const TreeSession& session);
[[nodiscard]] EtcdQuestion etcd_watch(std::string_view prefix,
                                      TreeRevision from);
/// Its body has the password in it: wipe it.
[[nodiscard]] EtcdQuestion etcd_login(const std::string& user,
                                      const SecretBytes& password);

struct EtcdPage {
  std::vector<TreeEntry> entries;
  TreeRevision revision = 0;  ///< of the whole store, when it was asked
  std::string cluster;        ///< whose store that is
  bool has_more = false;
  bool is_compacted = false;  ///< the revision asked for is not known any more
};
[[nodiscard]] EtcdPage read_etcd_page(const EtcdReply& reply,
                                      std::string_view prefix);

/// nullopt: a guard does not hold, or a session has lapsed.
[[nodiscard]] std::optional<TreeRevision> read_etcd_write(
    const EtcdReply& reply);
[[nodiscard]] TreeSession read_etcd_grant(const EtcdReply& reply);
/// False: it has lapsed.
[[nodiscard]] bool read_etcd_keep_alive(const EtcdReply& reply);
void read_etcd_revoke(const EtcdReply& reply);

/// A line of what a watch is told.
struct EtcdWatchMessage {
  std::vector<TreeChange> changes;
  TreeRevision revision = 0;  ///< of the whole store, as far as that node knows
  std::string cluster;
  bool is_created = false;    ///< the first message
  bool is_fragment = false;   ///< the next one belongs to it
  bool is_compacted = false;  ///< it ends: what it should begin with is unknown
};
[[nodiscard]] EtcdWatchMessage read_etcd_watch(const EtcdReply& reply,
                                               std::string_view prefix);

/// Wipes the reply. Empty: etcd wants no authentication. No error repeats what
/// was answered: who hears a password could say it.
[[nodiscard]] SecretBytes read_etcd_token(EtcdReply reply);
/// The reply, of whatever kind, may be another one with a new token.
[[nodiscard]] bool wants_new_etcd_token(const EtcdReply& reply);

}  // namespace acme

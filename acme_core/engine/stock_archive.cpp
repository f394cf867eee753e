// SPDX-License-Identifier: BSD-2-Clause
// What no configuration mentions any more leaves the state directory.
#include "acme_core/engine/stock_archive.h"

#include <algorithm>
#include <string_view>

namespace acme {
namespace {

constexpr std::string_view kArchive = "archive";

// NAME-HASH. What other programs put there is theirs.
bool is_ours(std::string_view name) {
  constexpr std::size_t kLongestHash = 16;
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) {
    return false;
  }
  const std::string_view hash = name.substr(dash + 1);
  return !hash.empty() && hash.size() <= kLongestHash &&
         hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

void archive_unused(Store& store, const std::set<std::string>& mentioned,
                    const EventLog& log, TimePoint now) {
  const std::set<std::string> followed =
      store.load_followed(now - kUnusedUntilArchived);
  for (const std::string& name : store.certificate_names()) {
    if (mentioned.contains(name) || !is_ours(name)) {
      continue;
    }
    CertificateRecord record = store.load_record(name);
    if (followed.contains(name)) {
      if (record.unused_since) {
        record.unused_since.reset();
        record.next_action.clear();
        record.next_action_at.reset();
        store.save_record(name, record);
      }
      continue;
    }
    // A time ahead of us was written under a wrong clock.
    if (!record.unused_since || *record.unused_since > now) {
      record.unused_since = now;
      record.next_action = kArchive;
      record.next_action_at = now + kUnusedUntilArchived;
      record.window.reset();
      record.backoffs.clear();
      store.save_record(name, record);
    } else if (now - *record.unused_since >= kUnusedUntilArchived) {
      store.archive_certificate(name);
      log.notice("certificate \"" + name +
                 "\", which no configuration has mentioned since " +
                 rfc3339(*record.unused_since) + ", was moved to \"" +
                 std::string(kArchive) + "\" in its state directory");
    }
  }
}

}  // namespace acme

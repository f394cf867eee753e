// SPDX-License-Identifier: BSD-2-Clause
// Takes over what another ACME client has.
#include "acmectl/import/import_run.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/error.h"
#include "acmectl/import/foreign_pair.h"
#include "acmectl/import/same_ca.h"

namespace acmectl {
namespace {

using Kind = ImportLine::Kind;

// A pair that was found good, and who issued it.
struct Candidate {
  const ForeignPair* pair;
  acme::StoredCertificate certificate;
};

std::string day_of(acme::TimePoint time) {
  return acme::rfc3339(time).substr(0, 10);  // YYYY-MM-DD
}

class Import {
 public:
  Import(const ImportJob& job, const ImportWatcher& watcher,
         std::stop_token stop)
      : job_(job), watcher_(watcher), stop_(std::move(stop)) {}

  ImportReport run() {
    if (!job_.dry_run) {
      const ActingAs owner(job_.owner);
      job_.store.check();
      lease_ = job_.store.try_lease(acme::kStateLease);
    }
    if (!lease_ && !job_.dry_run) {
      const auto held = job_.store.load_holder();
      held_.insert(held.begin(), held.end());
    }
    read_pairs();
    store_pairs();
    if (!report_.was_stopped) {
      take_account();
    }
    return report_;
  }

 private:
  void tell(Kind kind, const std::string& what, const std::string& text) {
    report_.taken += kind == Kind::kTaken;
    report_.there += kind == Kind::kThere;
    report_.left += kind == Kind::kLeft;
    report_.failed += kind == Kind::kFailed;
    if (watcher_.tell) {
      watcher_.tell({kind, what, text});
    }
  }

  void note_progress(std::size_t done) const {
    if (watcher_.progress) {
      watcher_.progress(done, 2 * job_.finds.pairs.size());
    }
  }

  [[nodiscard]] bool stops() {
    report_.was_stopped = report_.was_stopped || stop_.stop_requested();
    return report_.was_stopped;
  }

  void read_pairs() {
    std::size_t done = 0;
    for (const ForeignPair& pair : job_.finds.pairs) {
      if (stops()) {
        return;
      }
      note_progress(done++);
      auto read = read_pair(job_.folder, pair, job_.now);
      if (!read.value) {
        tell(read.is_of_no_use ? Kind::kLeft : Kind::kFailed, pair.name,
             read.fault);
        continue;
      }
      const std::string name = storage_name_of(pair, *read.value);
      add(name, {&pair, std::move(*read.value)});
    }
  }

  // Of two for the same names and kind of key, the one that is valid longer.
  void add(const std::string& name, Candidate candidate) {
    const auto [place, is_new] =
        candidates_.try_emplace(name, std::move(candidate));
    if (is_new) {
      return;
    }
    Candidate& other = place->second;
    // try_emplace() has left it alone.
    // NOLINTNEXTLINE(bugprone-use-after-move)
    if (candidate.certificate.chain.not_after() >
        other.certificate.chain.not_after()) {
      std::swap(candidate, other);
    }
    tell(Kind::kLeft, candidate.pair->name,
         "has the same names and kind of key as \"" + other.pair->name +
             "\", which is valid longer");
  }

  void store_pairs() {
    std::size_t done = job_.finds.pairs.size();
    for (const auto& [name, candidate] : candidates_) {
      if (stops()) {
        return;
      }
      note_progress(done++);
      try {
        store_pair(name, candidate);
      } catch (const acme::Error& error) {
        tell(Kind::kFailed, candidate.pair->name, error.what());
      }
    }
    note_progress(2 * job_.finds.pairs.size());
  }

  void store_pair(const std::string& name, const Candidate& candidate) {
    const acme::CertificateChain& chain = candidate.certificate.chain;
    const std::string& what = candidate.pair->name;
    const acme::Loaded<acme::StoredCertificate> there =
        job_.store.reader().load_certificate(name);
    if (there.value && there.value->chain.der() == chain.der()) {
      tell(Kind::kThere, what, "is there already, as " + name);
      return;
    }
    if (there.value && there.value->chain.not_after() >= chain.not_after()) {
      tell(Kind::kLeft, what,
           "the state directory has one that is valid until " +
               day_of(there.value->chain.not_after()));
      return;
    }
    if (held_.contains(name) || (!lease_ && !job_.dry_run && there.value)) {
      tell(Kind::kLeft, what,
           "nginx is at work for this certificate; stop it, and import again");
      return;
    }
    if (!job_.dry_run) {
      const ActingAs owner(job_.owner);
      job_.store.save_certificate(name, record_of(*candidate.pair),
                                  candidate.certificate);
    }
    tell(Kind::kTaken, what, words_for(*candidate.pair, name, chain));
  }

  [[nodiscard]] std::string words_for(
      const ForeignPair& pair, const std::string& name,
      const acme::CertificateChain& chain) const {
    std::string words =
        "valid until " + day_of(chain.not_after()) + ", as " + name;
    if (is_same_ca(pair.directory_url, pair.ca_host,
                   job_.target.directory_url) == SameCa::kNo) {
      words += "; it is another CA's, and served until there is one of \"" +
               job_.target.issuer + "\"";
    }
    if (chain.der().size() == 1) {
      words += "; it has no intermediate certificate";
    }
    return words;
  }

  [[nodiscard]] acme::CertificateRecord record_of(
      const ForeignPair& pair) const {
    acme::CertificateRecord record;
    const SameCa same =
        is_same_ca(pair.directory_url, pair.ca_host, job_.target.directory_url);
    const acme::BuiltinIssuer* builtin =
        acme::find_builtin_url(pair.directory_url);
    if (same != SameCa::kNo) {
      record.issuer = job_.target.issuer;
    } else if (builtin != nullptr) {
      record.issuer = builtin->name;
    } else {
      record.issuer = pair.directory_url.empty()
                          ? pair.ca_host
                          : authority_of(pair.directory_url);
    }
    const std::string directory =
        !pair.directory_url.empty() ? pair.directory_url
        : same == SameCa::kNo       ? "https://" + pair.ca_host
                                    : job_.target.directory_url;
    if (!directory.empty()) {
      record.ordered_with["directory"] = directory;
    }
    record.taken_from = job_.folder.path() + "/" + pair.name;
    return record;
  }

  // Of those at our CA: who ordered most of the pairs, or else the first.
  [[nodiscard]] const ForeignAccount* choose_account() {
    std::map<std::string, std::size_t> orders;
    for (const ForeignPair& pair : job_.finds.pairs) {
      ++orders[pair.account_id];
    }
    const ForeignAccount* best = nullptr;
    for (const ForeignAccount& account : job_.finds.accounts) {
      const SameCa same = is_same_ca(account.directory_url, account.ca_host,
                                     job_.target.directory_url);
      // A URL at another host belongs to another CA, whatever else is noted.
      const bool is_at_ca =
          account.url.empty() ||
          authority_of(account.url) == authority_of(job_.target.directory_url);
      if (same == SameCa::kNo || !is_at_ca) {
        tell(Kind::kLeft, "account " + account.id,
             "is another CA's than \"" + job_.target.issuer + "\"");
        continue;
      }
      if (best == nullptr || orders[account.id] > orders[best->id]) {
        if (best != nullptr) {
          tell_not_chosen(*best);
        }
        best = &account;
      } else {
        tell_not_chosen(account);
      }
    }
    return best;
  }

  void tell_not_chosen(const ForeignAccount& account) {
    tell(Kind::kLeft, "account " + account.id,
         "is not needed: an issuer has one account");
  }

  void take_account() {
    if (job_.finds.accounts.empty()) {
      return;
    }
    if (job_.target.directory_url.empty()) {
      tell(Kind::kLeft, "accounts",
           "which CA they are for is not known; name it with --directory URL");
      return;
    }
    const ForeignAccount* account = choose_account();
    if (account == nullptr) {
      return;
    }
    try {
      take(*account);
    } catch (const acme::Error& error) {
      tell(Kind::kFailed, "account " + account->id, error.what());
    }
  }

  void take(const ForeignAccount& account) {
    const std::string what = "account " + account.id;
    auto key = read_account_key(job_.folder, account);
    if (!key.value) {
      tell(Kind::kFailed, what, key.fault);
      return;
    }
    const auto ours = job_.store.reader().load_account_key();
    if (ours.value && ours.value->thumbprint() == key.value->thumbprint()) {
      tell(Kind::kThere, what, "is there already");
      return;
    }
    if (ours.value || !ours.problem.empty() || job_.store.load_account_url()) {
      tell(Kind::kLeft, what, "the state directory has an account of its own");
      return;
    }
    if (!job_.dry_run && !lease_) {
      tell(Kind::kLeft, what,
           "nginx is at work in the state directory; stop it, and import "
           "again");
      return;
    }
    if (!job_.dry_run) {
      const ActingAs owner(job_.owner);
      save(account, *key.value);
    }
    tell(Kind::kTaken, what,
         account.url.empty() ? "its key, by which the CA finds it"
                             : account.url);
  }

  // The URL comes last: it is never found beside another account's key.
  void save(const ForeignAccount& account, const acme::PrivateKey& key) {
    job_.store.save_account_key(key);
    acme::AccountRecord record;
    record.contacts = account.contacts;
    // What is not known counts as configured: so the account of a CA that asks
    // for a binding goes with the one that the configuration has.
    const acme::BuiltinIssuer* builtin =
        acme::find_builtin_url(job_.target.directory_url);
    if (builtin == nullptr || !builtin->needs_external_account) {
      record.directory_url = job_.target.directory_url;
    }
    job_.store.save_account_record(record);
    if (!account.url.empty()) {
      job_.store.save_account_url(account.url);
    }
  }

  const ImportJob& job_;
  const ImportWatcher& watcher_;
  const std::stop_token stop_;
  std::unique_ptr<acme::Lease> lease_;
  std::set<std::string> held_;  ///< what nginx, which has the lease, works for
  std::map<std::string, Candidate> candidates_;  ///< by storage name
  ImportReport report_;
};

}  // namespace

std::string_view to_string(ImportLine::Kind kind) noexcept {
  switch (kind) {
    case Kind::kTaken:
      return "taken";
    case Kind::kThere:
      return "there";
    case Kind::kLeft:
      return "left";
    case Kind::kFailed:
      break;
  }
  return "failed";
}

ImportReport run_import(const ImportJob& job, const ImportWatcher& watcher,
                        std::stop_token stop) {
  return Import(job, watcher, std::move(stop)).run();
}

}  // namespace acmectl

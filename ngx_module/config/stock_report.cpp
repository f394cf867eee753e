// SPDX-License-Identifier: BSD-2-Clause
// What `nginx -t` says of the certificates there are.
#include "ngx_module/config/stock_report.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/engine/left_out.h"
#include "acme_core/engine/stock.h"
#include "acme_core/engine/verdict.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/log.h"
#include "acme_core/listed.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/fitness.h"
#include "acme_core/storage/sealed_file_system.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/report.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

using acme::CertificateSpec;
using acme::IssuerSpec;

class StockReport {
 public:
  StockReport(ngx_conf_t* cf, const MainConf& main)
      : cf_(cf), main_(main), terms_(acme::order_terms(main.plan)) {
    for (const IssuerSpec& issuer : main.plan.issuers) {
      open(issuer);
    }
  }

  /// Says what there is to say; how many are there and to be kept.
  [[nodiscard]] std::size_t run() {
    for (std::size_t i = 0; i < main_.plan.issuers.size(); ++i) {
      describe_account(i);
    }
    for (const CertificateGroup& group : main_.discovery.groups()) {
      for (const std::size_t certificate : group.certificates) {
        describe(main_.plan.certificates[certificate], group);
      }
    }
    return kept_;
  }

 private:
  struct Directory {
    std::unique_ptr<acme::FileSystem> files;
    std::unique_ptr<acme::FileStore> store;  ///< null: nothing is kept on disk
  };

  void open(const IssuerSpec& issuer) {
    Directory& directory = directories_.emplace_back();
    if (!issuer.state_path.empty()) {
      directory.files =
          acme::open_state_directory(issuer.state_path, main_.plan.state_keys);
      directory.store = std::make_unique<acme::FileStore>(
          *directory.files, acme::FileStore::Access::kReadOnly);
    }
  }

  void describe_account(std::size_t index) const {
    const IssuerSpec& issuer = main_.plan.issuers[index];
    if (directories_[index].store == nullptr) {
      return;
    }
    const std::string before =
        directories_[index].store->load_account_record().directory_url;
    if (!before.empty() && before != issuer.directory_url) {
      remark(cf_, NGX_LOG_NOTICE, place(),
             "issuer \"" + issuer.name + "\" gets a new account at " +
                 issuer.directory_url + "; the one of " + before +
                 " is put aside");
    }
  }

  [[nodiscard]] SourceLine place() const {
    return main_.discovery.groups().front().where;
  }

  void describe(const CertificateSpec& spec, const CertificateGroup& group) {
    const IssuerSpec& issuer = main_.plan.issuers[spec.issuer()];
    acme::FileStore* store = directories_[spec.issuer()].store.get();
    if (store == nullptr) {
      return;
    }
    const auto own = usable(*store, spec);
    if (issuer.dry_run) {
      kept_ += own ? 1 : 0;
      return;
    }
    if (own) {
      report(spec, group, own->facts, own->record,
             !own->record.taken_from.empty() &&
                 !own->record.taken_from.starts_with(issuer.state_path + "/"));
      return;
    }
    const auto others =
        stock().candidates(spec, main_.plan, acme::SystemClock().now());
    for (const acme::StockItem* other : others) {
      const auto pair =
          directories_[other->source].store->load_certificate(other->name);
      if (pair.value &&
          acme::why_unusable(*pair.value, spec.identifiers).empty()) {
        acme::CertificateRecord record = other->record;
        record.taken_from = other->path();
        report(spec, group, other->facts, record,
               other->directory != issuer.state_path);
        return;
      }
    }
  }

  // What is written down of the certificate's own pair; nullopt when there is
  // none, or none that can be served.
  static std::optional<acme::CertificateDocument> usable(
      acme::FileStore& store, const CertificateSpec& spec) {
    const std::string name = spec.storage_name();
    const std::string former = spec.former_storage_name();
    auto document = usable(store, spec, name);
    return document || former == name ? document : usable(store, spec, former);
  }
  // One that was found good and has not changed is taken as it is, as at a
  // start: reading ten thousand takes seconds.
  static std::optional<acme::CertificateDocument> usable(
      acme::FileStore& store, const CertificateSpec& spec,
      const std::string& name) {
    auto verified = store.load_verified(name);
    if (verified &&
        acme::uncovered(spec.identifiers, verified->facts.identifiers).size() <
            spec.identifiers.size()) {
      return acme::CertificateDocument{std::move(verified->facts),
                                       std::move(verified->record)};
    }
    const auto stored = store.load_certificate(name);
    return stored.value &&
                   acme::why_unusable(*stored.value, spec.identifiers).empty()
               ? store.describe_certificate(name)
               : std::nullopt;
  }

  void report(const CertificateSpec& spec, const CertificateGroup& group,
              const acme::CertificateFacts& facts,
              const acme::CertificateRecord& record, bool is_from_elsewhere) {
    const acme::NameFaults faults{.left_out = record.left_out, .at_fault = {}};
    const acme::Verdict verdict =
        acme::judge({.names = facts.identifiers,
                     .key = facts.key,
                     .record = record,
                     .is_from_elsewhere = is_from_elsewhere},
                    spec.without(faults.left_out_names()), main_.plan, terms_);
    if (verdict.why_outdated.empty()) {
      ++kept_;
      if (record.taken_from.empty()) {
        return;
      }
    }
    const std::string there =
        "certificate \"" + spec.name() + "\" (" +
        std::string(to_string(spec.key_type)) + "): the one there, for " +
        acme::listed(facts.identifiers) + ", valid until " + facts.not_after;
    remark(cf_, NGX_LOG_NOTICE, group.where,
           verdict.why_outdated.empty()
               ? there + ", is kept until its renewal"
               : there + ", " + verdict.why_outdated +
                     "; it is served until there is another one, which will "
                     "be ordered from issuer \"" +
                     main_.plan.issuers[spec.issuer()].name + "\"");
  }

  // Looked through when the first certificate is missing.
  const acme::Stock& stock() {
    if (!stock_) {
      stock_.emplace();
      std::vector<IssuerSpec> others = acme::other_sources(main_.plan);
      for (const IssuerSpec& other : others) {
        open(other);
      }
      for (std::size_t i = 0; i < directories_.size(); ++i) {
        const std::size_t own = main_.plan.issuers.size();
        const IssuerSpec& issuer =
            i < own ? main_.plan.issuers[i] : others[i - own];
        if (directories_[i].store != nullptr && !issuer.dry_run) {
          add(i, issuer);
        }
      }
    }
    return *stock_;
  }

  void add(std::size_t source, const IssuerSpec& issuer) {
    try {
      stock_->add_directory(source, *directories_[source].store,
                            issuer.state_path, issuer);
    } catch (const acme::Error&) {
      // It need not be there, and whoever checks may not be allowed to look.
    }
  }

  ngx_conf_t* cf_;
  const MainConf& main_;
  const std::vector<acme::OrderTerms> terms_;
  std::vector<Directory> directories_;  ///< the plan's, then the others
  std::optional<acme::Stock> stock_;
  std::size_t kept_ = 0;
};

}  // namespace

std::size_t describe_stock(ngx_conf_t* cf, const MainConf& main) {
  try {
    return StockReport(cf, main).run();
  } catch (const acme::Error&) {
    // Whoever checks may not be allowed to read the state.
    return 0;
  }
}

}  // namespace ngx_acme

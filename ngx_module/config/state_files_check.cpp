// SPDX-License-Identifier: BSD-2-Clause
// Whether the files of the state directories can be used, before they are.
#include "ngx_module/config/state_files_check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/ownership.h"
#include "acme_core/env/trusted_path.h"
#include "acme_core/listed.h"
#include "acme_core/storage/sealed_file_system.h"
#include "ngx_module/config/report.h"
#include "ngx_module/config/worker_access.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

// Ten thousand certificates have thirty thousand files; a check must end.
constexpr std::size_t kMostFiles = 200'000;
constexpr std::size_t kMostNames = 5;
// An account's key, in a file system that is not ours.
constexpr std::size_t kKeyLimit = std::size_t{1} << 20;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};

// The names of its certificates' files, without their endings.
using CertificateNames = std::map<std::string, std::string, std::less<>>;

struct UnusableFiles {
  std::size_t count = 0;
  std::string example;
  std::set<std::string> certificates;
  bool stops_all = false;  ///< without such a file nothing is ordered
};

// What stands in front of the ending of a certificate's or an account's file.
std::string certificate_of(const std::string& name) {
  for (const std::string_view ending : {".key", ".crt", ".json", ".url"}) {
    if (const std::size_t at = name.rfind(ending); at != std::string::npos) {
      return name.substr(0, at);
    }
  }
  return name;
}

class StateFiles {
 public:
  StateFiles(const WorkerAccess& access, const CertificateNames& names)
      : access_(access), names_(names) {}

  UnusableFiles look_at(const std::string& path) {
    const acme::Descriptor root = acme::open_trusted(path);
    if (root) {
      look_into(root, "");
    }
    return std::move(found_);
  }

 private:
  void look_into(const acme::Descriptor& folder, const std::string& prefix) {
    const int copy = fcntl(folder.get(), F_DUPFD_CLOEXEC, 0);
    const std::unique_ptr<DIR, CloseDirectory> entries(
        copy < 0 ? nullptr : fdopendir(copy));
    if (!entries) {
      return;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone.
    while (const dirent* entry = readdir(entries.get())) {
      if (++seen_ > kMostFiles) {
        return;
      }
      look_at_entry(folder, prefix, &entry->d_name[0]);
    }
  }

  void look_at_entry(const acme::Descriptor& folder, const std::string& prefix,
                     const std::string& name) {
    struct stat status {};
    if (name == "." || name == ".." ||
        fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) !=
            0) {
      return;
    }
    if (S_ISREG(status.st_mode) && !name.starts_with(".tmp.")) {
      const mode_t needed = name == "lock" ? S_IROTH | S_IWOTH : S_IROTH;
      if (!access_.may(status, needed)) {
        note(prefix, name);
      }
    } else if (S_ISDIR(status.st_mode) && prefix.empty() && name == "orders") {
      if (!access_.may(status, S_IRWXO)) {
        note(prefix, name);
      }
      const acme::Descriptor below(
          openat(folder.get(), name.c_str(),
                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (below) {
        look_into(below, name + "/");
      }
    }
  }

  void note(const std::string& prefix, const std::string& name) {
    if (++found_.count == 1) {
      found_.example = prefix + name;
    }
    const std::string stem = certificate_of(name);
    const auto known = names_.find(stem);
    if (known != names_.end()) {
      found_.certificates.insert(known->second);
    }
    found_.stops_all = found_.stops_all || stem == "account" ||
                       name == "lock" || name == "budget.json" ||
                       name == "orders";
  }

  const WorkerAccess& access_;
  const CertificateNames& names_;
  UnusableFiles found_;
  std::size_t seen_ = 0;
};

class StateFilesChecker {
 public:
  StateFilesChecker(ngx_conf_t* cf, const MainConf& main, WorkerUser user)
      : cf_(cf), main_(main), access_(user) {}

  void check(std::size_t index) const {
    const acme::IssuerSpec& issuer = main_.plan.issuers[index];
    if (issuer.state_path.empty() ||
        main_.issuers[index]->state_path == nullptr) {
      return;
    }
    CertificateNames names;
    for (const acme::CertificateSpec& spec : main_.plan.certificates) {
      if (spec.issuer() == index) {
        names.emplace(spec.storage_name(), spec.name());
      }
    }
    check_owners(index, names);
    check_seal(index);
  }

 private:
  void check_owners(std::size_t index, const CertificateNames& names) const {
    const acme::IssuerSpec& issuer = main_.plan.issuers[index];
    const UnusableFiles files =
        StateFiles(access_, names).look_at(issuer.state_path);
    if (files.count == 0) {
      return;
    }
    std::set<std::string> stopped = files.certificates;
    if (files.stops_all) {
      for (const auto& [file, name] : names) {
        stopped.insert(name);
      }
    }
    const std::string user = acme::user_name(access_.user().user);
    warn(index,
         "the worker user \"" + user + "\" cannot use " +
             std::to_string(files.count) +
             (files.count == 1 ? " file" : " files") + " of issuer \"" +
             issuer.name + "\" in \"" + issuer.state_path + "\", such as \"" +
             files.example + "\"" +
             (stopped.empty()
                  ? std::string()
                  : ", so that these are not renewed: " +
                        acme::listed(stopped, acme::in_quotes, kMostNames)) +
             ": run " +
             acme::chown_command(access_.user().user, access_.user().group,
                                 issuer.state_path) +
             " && chmod -R u+rwX \"" + issuer.state_path + "\"");
  }

  // All keys of a directory are sealed alike; the account's is always there.
  void check_seal(std::size_t index) const {
    const acme::IssuerSpec& issuer = main_.plan.issuers[index];
    const auto files =
        acme::open_state_directory(issuer.state_path, main_.plan.state_keys);
    const acme::ReadResult key = files->read("account.key", kKeyLimit);
    if (key.status == acme::ReadResult::Status::kFailed &&
        key.reason.find("acme_state_key") != std::string::npos) {
      warn(index, "\"" + issuer.state_path + "/account.key\" of issuer \"" +
                      issuer.name + "\" " + key.reason +
                      "; until then nothing is renewed, and after a restart "
                      "nothing of it is served");
    }
  }

  void warn(std::size_t index, const std::string& message) const {
    const IssuerConf& conf = *main_.issuers[index];
    const SourceLine& where =
        !conf.state_path_where.file.empty() ? conf.state_path_where
        : conf.where.file.empty() ? main_.discovery.groups().front().where
                                  : conf.where;
    remark(cf_, NGX_LOG_WARN, where, message);
  }

  ngx_conf_t* cf_;
  const MainConf& main_;
  const WorkerAccess access_;
};

}  // namespace

void check_state_files(ngx_conf_t* cf, const MainConf& main) {
  const StateFilesChecker checker(cf, main, configured_worker_user(cf));
  for (std::size_t i = 0; i < main.plan.issuers.size(); ++i) {
    checker.check(i);
  }
}

}  // namespace ngx_acme

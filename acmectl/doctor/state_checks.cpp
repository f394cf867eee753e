// SPDX-License-Identifier: BSD-2-Clause
// Whether a state directory can be written, and what is left of limits.
#include "acmectl/doctor/state_checks.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "acme_core/engine/budget.h"
#include "acme_core/env/ownership.h"
#include "acme_core/error.h"
#include "acmectl/acting_as.h"

namespace acmectl {
namespace {

constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;
// A pair is 10 KiB.
constexpr std::uint64_t kLeastSpace = kMegabyte;
constexpr std::uint64_t kLittleSpace = 50 * kMegabyte;

class StateCheck {
 public:
  StateCheck(const std::string& path, acme::Store* store)
      : path_(path), store_(store) {}

  Findings run() {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        store_ == nullptr) {
      add(Health::kFail, "state", "there is no such directory",
          "start nginx, or run \"nginx -t\" as root: either makes it");
      return findings_;
    }
    check_mode(status);
    check_files(status);
    check_space();
    check_writing(status);
    return findings_;
  }

 private:
  void add(Health health, const std::string& check, const std::string& text,
           const std::string& cure) {
    findings_.push_back({.health = health,
                         .about = path_,
                         .check = check,
                         .text = text,
                         .cure = cure});
  }

  void check_mode(const struct stat& status) {
    char mode[8];
    static_cast<void>(
        std::snprintf(mode, sizeof(mode), "%04o", status.st_mode & 07777U));
    const bool is_open = (status.st_mode & 0022U) != 0;
    add(is_open ? Health::kWarn : Health::kOk, "owner",
        "belongs to \"" + acme::user_name(status.st_uid) + "\", mode " + mode,
        is_open ? "others may write to it; chmod 0700 \"" + path_ + "\"" : "");
  }

  // What a restore as root leaves: files that the worker cannot use.
  void check_files(const struct stat& directory) {
    std::error_code error;
    std::string first;
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(path_, error)) {
      struct stat status {};
      if (lstat(entry.path().c_str(), &status) == 0 &&
          S_ISREG(status.st_mode) && status.st_uid != directory.st_uid) {
        ++count;
        first = first.empty() ? entry.path().filename().string() : first;
      }
    }
    if (error) {
      add(Health::kWarn, "files", "cannot be listed: " + error.message(),
          "run this as root, or as the directory's owner");
    } else if (count > 0) {
      add(Health::kFail, "files",
          std::to_string(count) + " of another user, as \"" + first + "\"",
          acme::chown_command(directory.st_uid, directory.st_gid, path_));
    }
  }

  void check_space() {
    struct statvfs status {};
    if (statvfs(path_.c_str(), &status) != 0) {
      return;
    }
    const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
    const bool has_no_files = status.f_files > 0 && status.f_favail == 0;
    add(free < kLeastSpace || has_no_files ? Health::kFail
        : free < kLittleSpace              ? Health::kWarn
                                           : Health::kOk,
        "space",
        has_no_files ? "no more files can be made"
                     : std::to_string(free / kMegabyte) + " MiB are free",
        free < kLittleSpace || has_no_files ? "make room on that file system"
                                            : "");
  }

  void check_writing(const struct stat& status) {
    if (geteuid() != 0 && geteuid() != status.st_uid) {
      add(Health::kWarn, "writable", "not tried: another user's",
          "run this as root, or as \"" + acme::user_name(status.st_uid) + "\"");
      return;
    }
    try {
      const ActingAs owner({.user = status.st_uid, .group = status.st_gid});
      store_->check();
      add(Health::kOk, "writable",
          "\"" + acme::user_name(status.st_uid) + "\" can write to it", "");
    } catch (const acme::Error& error) {
      add(Health::kFail, "writable", error.what(),
          "nothing is ordered while certificates cannot be kept");
    }
  }

  const std::string& path_;
  acme::Store* store_;
  Findings findings_;
};

}  // namespace

Findings check_state(const std::string& path, acme::Store* store) {
  return StateCheck(path, store).run();
}

Finding check_budget(acme::Store& store, const std::string& directory_url,
                     const std::vector<acme::Identifier>& identifiers,
                     acme::TimePoint now) {
  Finding finding{
      .health = Health::kOk,
      .about = identifiers.empty() ? directory_url : identifiers.front().value,
      .check = "budget",
      .text = "an order is within the CA's limits",
      .cure = {}};
  try {
    const acme::Budget budget(acme::published_limits(directory_url),
                              store.load_budget());
    if (!budget.has_limits()) {
      finding.text = "no limits of this CA are known";
      return finding;
    }
    const auto kind = acme::OrderKind::kNew;
    const acme::TimePoint at = std::max(
        budget.next_order(kind, now),
        budget.next_order_for(acme::budget_keys(identifiers), kind, now));
    if (at > now) {
      finding.health = Health::kWarn;
      finding.text = "used up: the next order can be at " + acme::rfc3339(at);
      finding.cure =
          "wait: it is ordered then by itself; renewals that name what they "
          "replace do not count";
    }
  } catch (const acme::Error& error) {
    finding.health = Health::kWarn;
    finding.text = error.what();
    finding.cure = "run this as root";
  }
  return finding;
}

}  // namespace acmectl

// SPDX-License-Identifier: BSD-2-Clause
// Root works in a state directory as the user whom it belongs to.
#include "acmectl/acting_as.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "acme_core/error.h"

namespace acmectl {
namespace {

std::string words(int error) { return std::system_category().message(error); }

}  // namespace

Owner owner_of_directory(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw acme::Error(
        acme::ErrorKind::kConfiguration,
        "\"" + path + "\": " + words(errno == 0 ? ENOTDIR : errno));
  }
  return {.user = status.st_uid, .group = status.st_gid};
}

ActingAs::ActingAs(const Owner& owner) {
  if (geteuid() != 0 || owner.user == 0) {
    return;
  }
  // In this order: without root's user there is no leave to change the groups.
  if (setgroups(0, nullptr) != 0 || setegid(owner.group) != 0 ||
      seteuid(owner.user) != 0) {
    const int error = errno;
    const bool is_root_again = setegid(0) == 0;
    throw acme::Error(
        acme::ErrorKind::kOurs,
        "cannot work as the state directory's owner: " + words(error) +
            (is_root_again ? "" : "; nor as root any more"));
  }
  has_changed_ = true;
}

ActingAs::~ActingAs() {
  if (has_changed_ && (seteuid(0) != 0 || setegid(0) != 0)) {
    std::abort();
  }
}

}  // namespace acmectl

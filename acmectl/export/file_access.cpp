// SPDX-License-Identifier: BSD-2-Clause
// Whose the files of an export are, and who may read them.
#include "acmectl/export/file_access.h"

#include <grp.h>
#include <pwd.h>

#include <charconv>

#include "acmectl/refusal.h"

namespace acmectl {
namespace {

std::optional<unsigned> number_in(const std::string& text, int base) {
  unsigned number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size()
             ? std::optional(number)
             : std::nullopt;
}

}  // namespace

void set_owner(FileAccess& access, const std::string& owner) {
  const std::size_t colon = owner.find(':');
  const std::string user = owner.substr(0, colon);
  const std::string group =
      colon == std::string::npos ? "" : owner.substr(colon + 1);
  // The program has one thread that asks.
  // NOLINTBEGIN(concurrency-mt-unsafe)
  if (!user.empty()) {
    const passwd* found = getpwnam(user.c_str());
    access.user =
        found != nullptr ? std::optional(found->pw_uid) : number_in(user, 10);
    if (!access.user) {
      throw Refusal(kUsage, "there is no user \"" + user + "\"");
    }
    if (found != nullptr) {
      access.group = found->pw_gid;
    }
  }
  if (!group.empty()) {
    const ::group* found = getgrnam(group.c_str());
    access.group =
        found != nullptr ? std::optional(found->gr_gid) : number_in(group, 10);
    if (!access.group) {
      throw Refusal(kUsage, "there is no group \"" + group + "\"");
    }
  }
  // NOLINTEND(concurrency-mt-unsafe)
}

void set_mode(FileAccess& access, const std::string& mode) {
  const auto number = number_in(mode, 8);
  if (!number || *number > 0777) {
    throw Refusal(kUsage, "\"" + mode + "\" is no mode such as 0640");
  }
  if ((*number & 0400U) == 0 || (*number & 0137U) != 0) {
    throw Refusal(kUsage,
                  "mode " + mode +
                      " is not for private keys: its owner reads them, at most "
                      "a group besides (0400, 0440, 0600, 0640)");
  }
  access.mode = static_cast<mode_t>(*number);
}

}  // namespace acmectl

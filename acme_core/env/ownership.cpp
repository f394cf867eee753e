// SPDX-License-Identifier: BSD-2-Clause
// The command that gives a state directory to who works with it.
#include "acme_core/env/ownership.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace acme {
namespace {

constexpr std::size_t kEntrySize = 16384;

std::string group_name(gid_t group) {
  std::array<char, kEntrySize> buffer{};
  struct group entry {};
  struct group* found = nullptr;
  return getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found) == 0 &&
                 found != nullptr
             ? std::string(entry.gr_name)
             : std::to_string(group);
}

}  // namespace

std::string user_name(uid_t user) {
  std::array<char, kEntrySize> buffer{};
  struct passwd entry {};
  struct passwd* found = nullptr;
  return getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 &&
                 found != nullptr
             ? std::string(entry.pw_name)
             : std::to_string(user);
}

std::string chown_command(uid_t user, gid_t group, const std::string& path) {
  return "chown -R " + user_name(user) + ":" + group_name(group) + " \"" +
         path + "\"";
}

std::string ownership_cure(int error, const std::string& path) {
  return error == EACCES || error == EPERM
             ? "; as root, run " + chown_command(geteuid(), getegid(), path)
             : std::string();
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Programs that the configuration names.
#include "ngx_module/config/configured_program.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>

#include "ngx_module/config/directive_values.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

bool everybody_writes(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0 &&
         (!S_ISDIR(status.st_mode) || (status.st_mode & S_ISVTX) == 0);
}

// From the file upwards; "" when there is none.
std::string first_writable(std::string path) {
  for (std::size_t slash = path.size(); slash != std::string::npos;
       slash = path.rfind('/')) {
    path.resize(slash);
    const std::string place = path.empty() ? "/" : path;
    if (everybody_writes(place)) {
      return place;
    }
  }
  return {};
}

}  // namespace

std::string find_program(ngx_conf_t* cf, std::string_view given) {
  ngx_str_t path = borrow(given);
  if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
    throw std::bad_alloc();
  }
  std::string name(view(path));
  struct stat status {};
  if (stat(name.c_str(), &status) != 0) {
    fail("cannot use program \"" + name +
         "\": " + std::generic_category().message(errno));
  }
  if (!S_ISREG(status.st_mode) ||
      (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
    fail("cannot use program \"" + name + "\": it is not executable");
  }
  return name;
}

std::string writable_by_everybody(const std::string& program) {
  std::string found = first_writable(program);
  if (found.empty()) {
    // Behind links, too.
    std::error_code ignored;
    found =
        first_writable(std::filesystem::canonical(program, ignored).string());
  }
  return found;
}

}  // namespace ngx_acme

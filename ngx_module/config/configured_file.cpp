// SPDX-License-Identifier: BSD-2-Clause
// Files that the configuration names.
#include "ngx_module/config/configured_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <system_error>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/listed.h"
#include "ngx_module/config/directive_values.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

constexpr std::size_t kFileLimit = 1024 * 1024;

std::string in_configuration_folder(ngx_conf_t* cf, std::string_view name) {
  ngx_str_t path = borrow(name);
  if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
    throw std::bad_alloc();
  }
  return std::string(view(path));
}

// "" without credentials.
std::string in_credentials_folder(std::string_view name) {
  // One thread reads the configuration. NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0' || name.starts_with('/')) {
    return {};
  }
  return std::string(folder) + "/" + std::string(name);
}

acme::Descriptor open_file(const std::string& path) {
  return acme::Descriptor(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
}

}  // namespace

ConfiguredFile find_configured_file(ngx_conf_t* cf, std::string_view name,
                                    std::string_view what) {
  ConfiguredFile found{in_configuration_folder(cf, name), {}, {}};
  const auto fail_to_load = [&](const std::string& why) {
    fail("cannot load " + std::string(what) + " \"" + found.path +
         "\": " + why);
  };
  acme::Descriptor file = open_file(found.path);
  if (!file && errno == ENOENT) {
    const std::string credential = in_credentials_folder(name);
    if (!credential.empty()) {
      file = open_file(credential);
      if (file || errno != ENOENT) {
        found.path = credential;
      }
    }
  }
  if (!file || fstat(file.get(), &found.status) != 0) {
    fail_to_load(std::generic_category().message(errno));
  }
  found.contents.resize(kFileLimit + 1);
  std::size_t size = 0;
  while (size < found.contents.size()) {
    const ssize_t count = ::read(file.get(), found.contents.data() + size,
                                 found.contents.size() - size);
    if (count < 0 && errno != EINTR) {
      fail_to_load(std::generic_category().message(errno));
    }
    if (count == 0) {
      break;
    }
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  if (size > kFileLimit) {
    fail_to_load("it is larger than " + std::to_string(kFileLimit / 1024) +
                 "k");
  }
  found.contents.resize(size);
  return found;
}

acme::SecretBytes read_secret_file(ngx_conf_t* cf, std::string_view name,
                                   std::string_view what) {
  ConfiguredFile file = find_configured_file(cf, name, what);
  const std::string called =
      std::string(what) + " " + acme::in_quotes(file.path);
  if ((file.status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    fail(called + " is everybody's to read: chmod o-rw " +
         acme::in_quotes(file.path));
  }
  while (!file.contents.empty() &&
         (file.contents.back() == '\n' || file.contents.back() == '\r')) {
    file.contents.pop_back();
  }
  if (file.contents.empty()) {
    fail(called + " is empty");
  }
  return std::move(file.contents);
}

}  // namespace ngx_acme

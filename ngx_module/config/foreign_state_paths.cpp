// SPDX-License-Identifier: BSD-2-Clause
// State paths that are something else already.
#include "ngx_module/config/foreign_state_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "ngx_module/config/issuers.h"
#include "ngx_module/config/main_conf.h"
#include "ngx_module/config/worker_access.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {
namespace {

using std::filesystem::path;

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// NAME-HASH.crt and its like, which an import may have written first.
bool is_of_a_certificate(const path& file) {
  constexpr std::size_t kHashLength = 16;
  const std::string stem = file.stem();
  return stem.size() > kHashLength + 1 &&
         stem[stem.size() - kHashLength - 1] == '-' &&
         is_hexadecimal(
             std::string_view(stem).substr(stem.size() - kHashLength));
}

bool is_state_file(const path& file) {
  constexpr std::array<std::string_view, 6> kNames{
      "account.key", "account.url", "account.json",
      "lock",        "orders",      "dry-run"};
  const std::string name = file.filename();
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         is_of_a_certificate(file);
}

// What a new file system or a repository has in a folder that is empty
// otherwise.
bool is_nothing(const path& file) {
  const std::string name = file.filename();
  return name.starts_with('.') || name == "lost+found";
}

// One of the things in the folder, when all of them are strangers to us; "" of
// a state directory, an empty folder, or one that cannot be looked into.
std::string stranger_in(const path& folder) {
  std::string stranger;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (is_state_file(entry.path())) {
      return {};
    }
    if (!is_nothing(entry.path())) {
      stranger = std::max(stranger, entry.path().filename().string());
    }
  }
  return error ? std::string() : stranger;
}

// nginx makes its paths one after the other: one may be in another.
bool is_made_by_nginx(const ngx_conf_t* cf, const MainConf& main,
                      const path& folder) {
  const auto [first, last] = elements<ngx_path_t*>(cf->cycle->paths);
  return std::any_of(first, last,
                     [&](const ngx_path_t* made) {
                       return path(view(made->name)) == folder;
                     }) ||
         std::any_of(main.issuers.begin(), main.issuers.end(),
                     [&](const auto& issuer) {
                       return path(issuer->spec.state_path) == folder;
                     });
}

// Why the path cannot be a state directory, and what to do; "" when it can.
std::string objection(const ngx_conf_t* cf, const MainConf& main,
                      const IssuerConf& issuer) {
  const path wanted = path(issuer.spec.state_path).lexically_normal();
  struct stat found {};
  if (stat(wanted.c_str(), &found) != 0) {
    const path parent = wanted.parent_path();
    const bool is_known = errno != ENOENT ||
                          stat(parent.c_str(), &found) == 0 ||
                          is_made_by_nginx(cf, main, parent);
    return is_known ? std::string()
                    : "is in a folder that does not exist: make \"" +
                          parent.string() + "\", or use another path";
  }
  if (!S_ISDIR(found.st_mode)) {
    return "is no directory: use another path";
  }
  const WorkerAccess access(configured_worker_user(cf));
  if (geteuid() != 0 || access.user().user == found.st_uid) {
    return {};
  }
  const std::string stranger = stranger_in(wanted);
  return stranger.empty()
             ? std::string()
             : "has other things in it, such as \"" + stranger +
                   "\", and nginx would give it to the worker user: use a "
                   "folder of its own, such as \"" +
                   (wanted / ("acme_" + issuer.spec.name)).string() + "\"";
}

}  // namespace

bool keeps_off_foreign_paths(ngx_conf_t* cf, const MainConf& main) {
  return std::all_of(
      main.issuers.begin(), main.issuers.end(), [&](const auto& issuer) {
        if (issuer->state_path == nullptr || issuer->staging_of != nullptr) {
          return true;
        }
        const std::string why = objection(cf, main, *issuer);
        if (!why.empty()) {
          refuse(cf, place_of(main, *issuer),
                 "the state path \"" + issuer->spec.state_path +
                     "\" of issuer \"" + issuer->spec.name + "\" " + why);
        }
        return why.empty();
      });
}

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// A log file of the engine's own.
#include "ngx_module/config/acme_log.h"

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "ngx_module/config/directive_values.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

constexpr std::array<std::pair<std::string_view, ngx_uint_t>, 5> kLevels{
    {{"error", NGX_LOG_ERR},
     {"warn", NGX_LOG_WARN},
     {"notice", NGX_LOG_NOTICE},
     {"info", NGX_LOG_INFO},
     {"debug", NGX_LOG_DEBUG}}};

}  // namespace

AcmeLogFile parse_acme_log(ngx_conf_t* cf) {
  const auto [name, last] = elements<ngx_str_t>(*cf->args);
  const ngx_str_t* const first = name + 1;
  AcmeLogFile file;
  if (view(*first) == "off" && last - first == 1) {
    return file;
  }
  // A file called "on" is what nobody means.
  if (view(*first).empty() || view(*first) == "on") {
    fail("\"acme_log\" needs the name of a file");
  }
  if (last - first == 2) {
    const std::string_view level = view(first[1]);
    const auto* known =
        std::find_if(kLevels.begin(), kLevels.end(),
                     [&](const auto& entry) { return entry.first == level; });
    if (known == kLevels.end()) {
      fail("invalid log level \"" + std::string(level) +
           "\": \"acme_log\" takes error, warn, notice, info or debug");
    }
    file.level = known->second;
  }
  file.path = *first;
  if (ngx_conf_full_name(cf->cycle, &file.path, 0) != NGX_OK) {
    throw std::bad_alloc();
  }
  return file;
}

// An entry of its own, also where an error_log has the same file: workers close
// it.
AcmeLog::AcmeLog(ngx_conf_t* cf, const AcmeLogFile& file)
    : file_(static_cast<ngx_open_file_t*>(
          ngx_list_push(&cf->cycle->open_files))) {
  if (file_ == nullptr) {
    throw std::bad_alloc();
  }
  *file_ = {};
  file_->fd = NGX_INVALID_FILE;
  file_->name = file.path;
  lines_.file = file_;
  lines_.log_level = file.level;
}

void AcmeLog::leave() noexcept {
  if (file_->fd != NGX_INVALID_FILE) {
    ngx_close_file(file_->fd);
    file_->fd = NGX_INVALID_FILE;
  }
  file_->name.len = 0;  // nginx passes over such entries when it opens again
  lines_.log_level = 0;
}

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// A secret that stands in nginx.conf itself.
#include "ngx_module/config/secret_argument.h"

#include <algorithm>
#include <cstddef>

#include "acme_core/secret.h"

namespace ngx_acme {
namespace {

void wipe(u_char* first, u_char* last) noexcept {
  acme::wipe(first, static_cast<std::size_t>(last - first));
}

// What nginx has read of the file and is done with, and what is left behind its
// end of a fuller buffer.
void wipe_read(const ngx_conf_file_t& file) noexcept {
  if (file.file.fd != NGX_INVALID_FILE && file.buffer != nullptr) {
    wipe(file.buffer->start, file.buffer->pos);
    wipe(file.buffer->last, file.buffer->end);
  }
}

void wipe_in(const ngx_buf_t& dump, const ngx_str_t& secret) noexcept {
  for (u_char* from = dump.pos; secret.len != 0;) {
    u_char* found =
        std::search(from, dump.last, secret.data, secret.data + secret.len);
    if (found == dump.last) {
      return;
    }
    from = found + secret.len;
    wipe(found, from);
  }
}

}  // namespace

SecretArgument::~SecretArgument() {
  if (cf_->conf_file != nullptr) {
    wipe_read(*cf_->conf_file);
    // `nginx -T` shows the file as it is.
    if (cf_->conf_file->dump != nullptr && ngx_dump_config == 0) {
      wipe_in(*cf_->conf_file->dump, argument_);
    }
  }
  wipe(argument_.data, argument_.data + argument_.len);
}

}  // namespace ngx_acme

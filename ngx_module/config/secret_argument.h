// SPDX-License-Identifier: BSD-2-Clause
// A secret that stands in nginx.conf itself.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// While it lives, the argument may be read; then nginx's own copies of it are
/// overwritten, also when the directive is refused: in its pool, in the buffer
/// of the file, and in the dump that a debugging nginx makes of each file.
class SecretArgument {
 public:
  SecretArgument(ngx_conf_t* cf, ngx_str_t argument) noexcept
      : cf_(cf), argument_(argument) {}
  ~SecretArgument();
  SecretArgument(const SecretArgument&) = delete;
  SecretArgument& operator=(const SecretArgument&) = delete;

 private:
  ngx_conf_t* cf_;
  ngx_str_t argument_;
};

}  // namespace ngx_acme

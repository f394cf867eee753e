// SPDX-License-Identifier: BSD-2-Clause
// A status answer on its way to a client, piece by piece.
#pragma once

#include <string>

#include "acme_core/status/answer.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Makes the next piece when the one before it has left, so that a slow client
/// holds one piece. Lives as long as the request.
class AnswerStream {
 public:
  enum class Progress {
    kBlocked,  ///< call go_on() when nginx can write
    kYield,    ///< call go_on() when others have had their turn
    kEnd,      ///< finalize the request with result()
  };

  /// Sends the header, and what can be sent of the body. Throws
  /// std::bad_alloc, as go_on() does.
  [[nodiscard]] Progress begin(ngx_http_request_t* request,
                               acme::StatusAnswer answer);
  [[nodiscard]] Progress go_on();

  [[nodiscard]] ngx_int_t result() const noexcept { return result_; }
  /// All that refers to a snapshot has been made.
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }
  [[nodiscard]] bool has_begun() const noexcept { return request_ != nullptr; }

 private:
  void make_piece();
  [[nodiscard]] ngx_int_t send_header();
  [[nodiscard]] Progress send_piece();
  [[nodiscard]] bool is_pending() const noexcept;
  [[nodiscard]] Progress progress() const noexcept;
  [[nodiscard]] Progress end_with(ngx_int_t result) noexcept;

  ngx_http_request_t* request_ = nullptr;
  acme::StatusAnswer answer_;
  std::string piece_;
  bool is_complete_ = false;
  ngx_buf_t* buffer_ = nullptr;  ///< around the piece
  ngx_int_t result_ = NGX_OK;
};

}  // namespace ngx_acme

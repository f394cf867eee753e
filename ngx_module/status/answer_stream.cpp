// SPDX-License-Identifier: BSD-2-Clause
// A status answer on its way to a client, piece by piece.
#include "ngx_module/status/answer_stream.h"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {
namespace {

ngx_str_t copied(ngx_pool_t* pool, std::string_view text) {
  ngx_str_t borrowed = borrow(text);
  ngx_str_t copy{borrowed.len, ngx_pstrdup(pool, &borrowed)};
  if (copy.data == nullptr) {
    throw std::bad_alloc();
  }
  return copy;
}

bool is_called(std::string_view name, std::string_view wanted) noexcept {
  return name.size() == wanted.size() &&
         ngx_strncasecmp(borrow(name).data, borrow(wanted).data,
                         wanted.size()) == 0;
}

// Filters of nginx look for some of them in places of their own.
void add_field(ngx_http_request_t* request, const std::string& name,
               const std::string& value) {
  auto* field = static_cast<ngx_table_elt_t*>(
      ngx_list_push(&request->headers_out.headers));
  if (field == nullptr) {
    throw std::bad_alloc();
  }
  field->hash = 0;
  set_header(*field, copied(request->pool, name), copied(request->pool, value));
  if (is_called(name, "ETag")) {
    request->headers_out.etag = field;
  } else if (is_called(name, "Location")) {
    request->headers_out.location = field;
  }
}

// nginx's filters want the type without its parameters.
void set_content_type(ngx_http_request_t* request, const std::string& type) {
  auto& headers = request->headers_out;
  headers.content_type = copied(request->pool, type);
  headers.content_type_len = std::min(type.find(';'), type.size());
  headers.content_type_lowcase = nullptr;
}

}  // namespace

AnswerStream::Progress AnswerStream::begin(ngx_http_request_t* request,
                                           acme::StatusAnswer answer) {
  request_ = request;
  answer_ = std::move(answer);
  buffer_ = static_cast<ngx_buf_t*>(ngx_calloc_buf(request->pool));
  if (buffer_ == nullptr) {
    throw std::bad_alloc();
  }
  make_piece();
  const ngx_int_t sent = send_header();
  if (sent == NGX_ERROR || sent > NGX_OK || request->header_only) {
    return end_with(sent);
  }
  return send_piece();
}

// Not empty, unless it is the last.
void AnswerStream::make_piece() {
  piece_.clear();
  while (!is_complete_ && piece_.empty()) {
    is_complete_ = !answer_.next || !answer_.next(piece_);
  }
  if (is_complete_) {
    answer_.next = nullptr;
  }
}

ngx_int_t AnswerStream::send_header() {
  auto& headers = request_->headers_out;
  headers.status = static_cast<ngx_uint_t>(answer_.status);
  if (!answer_.content_type.empty()) {
    set_content_type(request_, answer_.content_type);
  }
  for (const auto& [name, value] : answer_.headers) {
    add_field(request_, name, value);
  }
  if (is_complete_ && answer_.status != NGX_HTTP_NOT_MODIFIED) {
    headers.content_length_n = static_cast<off_t>(piece_.size());
  }
  return ngx_http_send_header(request_);
}

AnswerStream::Progress AnswerStream::send_piece() {
  *buffer_ = {};
  buffer_->pos = buffer_->start = borrow(piece_).data;
  buffer_->last = buffer_->end = buffer_->pos + piece_.size();
  buffer_->memory = piece_.empty() ? 0 : 1;
  buffer_->sync = piece_.empty() ? 1 : 0;
  // nginx would keep back what is less than a packet.
  buffer_->flush = is_complete_ ? 0 : 1;
  buffer_->last_buf = is_complete_ && request_ == request_->main ? 1 : 0;
  buffer_->last_in_chain = is_complete_ ? 1 : 0;
  ngx_chain_t chain{buffer_, nullptr};
  result_ = ngx_http_output_filter(request_, &chain);
  return progress();
}

AnswerStream::Progress AnswerStream::go_on() {
  ngx_connection_t* connection = request_->connection;
  ngx_event_t* event = connection->write;
  if (event->timedout) {
    connection->timedout = 1;
    return end_with(NGX_HTTP_REQUEST_TIME_OUT);
  }
  if (event->delayed || request_->aio) {
    return Progress::kBlocked;  // by limit_rate, or a filter's disk
  }
  if (is_pending()) {
    result_ = ngx_http_output_filter(request_, nullptr);
    if (const Progress now = progress(); now != Progress::kYield) {
      return now;
    }
  }
  make_piece();
  return send_piece();
}

// Filters may keep data of their own; what counts is whether ours has left.
bool AnswerStream::is_pending() const noexcept {
  return ngx_buf_size(buffer_) != 0 ||
         (request_->connection->buffered & NGX_HTTP_WRITE_BUFFERED) != 0;
}

AnswerStream::Progress AnswerStream::progress() const noexcept {
  if (result_ == NGX_ERROR || is_complete_) {
    return Progress::kEnd;
  }
  return is_pending() ? Progress::kBlocked : Progress::kYield;
}

AnswerStream::Progress AnswerStream::end_with(ngx_int_t result) noexcept {
  result_ = result;
  answer_.next = nullptr;
  is_complete_ = true;
  return Progress::kEnd;
}

}  // namespace ngx_acme

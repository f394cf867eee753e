// SPDX-License-Identifier: BSD-2-Clause
// One HTTP exchange as a libcurl easy handle.
#pragma once

#include <curl/curl.h>

#include <cstring>
#include <memory>
#include <string>

#include "acme_core/error.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/net/http_client.h"
#include "acme_core/secret.h"

namespace acme {

/// Whether libcurl follows them or we do.
inline constexpr long kMostRedirects = 5;

struct FreeCurlEasy {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeCurlMulti {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
/// Header fields may be secrets.
struct WipeCurlList {
  void operator()(curl_slist* list) const noexcept {
    for (curl_slist* item = list; item != nullptr; item = item->next) {
      wipe(item->data, std::strlen(item->data));
    }
    curl_slist_free_all(list);
  }
};
using CurlEasyPtr = std::unique_ptr<CURL, FreeCurlEasy>;
using CurlMultiPtr = std::unique_ptr<CURLM, FreeCurlMulti>;
using CurlListPtr = std::unique_ptr<curl_slist, WipeCurlList>;

/// Owns the handle and collects the response. Stays where it is: libcurl holds
/// its address. `request` and `options` outlive it.
class CurlTransfer {
 public:
  /// `addresses`: what libcurl need not look up, "host:port:address,…"; "":
  /// nothing.
  CurlTransfer(const HttpRequest& request, const CurlHttpClientOptions& options,
               const std::string& addresses);
  ~CurlTransfer() = default;
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  [[nodiscard]] CURL* get() const noexcept { return handle_.get(); }

  /// True when `result` only says that the server had closed a connection kept
  /// from before: it has not seen the request, which is worth another try.
  [[nodiscard]] bool met_a_dead_connection(CURLcode result) const noexcept;
  void use_fresh_connection();

  /// The response after libcurl finished with `result`; throws
  /// Error(kUnavailable) when there is none.
  [[nodiscard]] HttpResponse finish(CURLcode result);

  /// Ends as soon as the peer's certificate was looked at.
  void connect_only();

  /// After connect_only(): what is wrong with that certificate; "" when it is
  /// good, or was never seen.
  [[nodiscard]] std::string why_untrusted(CURLcode result) const;

  /// Where a redirect that was not followed leads to; "" when it was none.
  [[nodiscard]] std::string redirect_url() const;

 private:
  void set_request();
  void set_address(const std::string& addresses);
  void set_security();
  void set_certificates();
  void set_limits();
  [[nodiscard]] bool is_about_dates(CURLcode result) const noexcept;
  [[nodiscard]] bool is_about_trust(CURLcode result) const noexcept;
  [[nodiscard]] bool is_about_the_name(CURLcode result) const noexcept;
  [[nodiscard]] std::string words_for(CURLcode result) const;
  [[nodiscard]] Error failure(CURLcode result) const;

  static std::size_t take_body(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;
  static std::size_t take_header(char* data, std::size_t size,
                                 std::size_t count, void* self) noexcept;
  [[nodiscard]] bool add_body(std::string_view data);
  [[nodiscard]] bool add_header(std::string_view line);

  const HttpRequest& request_;
  const CurlHttpClientOptions& options_;
  CurlEasyPtr handle_;
  CurlListPtr fields_;
  CurlListPtr connect_to_;
  CurlListPtr resolved_;
  HttpResponse response_;
  std::size_t header_size_ = 0;
  bool header_complete_ = false;
  bool too_large_ = false;
  bool heard_enough_ = false;
  char error_text_[CURL_ERROR_SIZE] = "";
};

}  // namespace acme

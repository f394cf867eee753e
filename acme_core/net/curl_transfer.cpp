// SPDX-License-Identifier: BSD-2-Clause
// One HTTP exchange as a libcurl easy handle.
#include "acme_core/net/curl_transfer.h"

#include <algorithm>
#include <new>
#include <string_view>

#include "acme_core/ascii.h"
#include "acme_core/env/clock.h"
#include "acme_core/time_point.h"

namespace acme {
namespace {

constexpr std::size_t kHeaderLimit = 64 * std::size_t{1024};
// A connection whose other end is gone is noticed after ten of them, as long as
// the system's number of probes is nine.
constexpr long kKeepAliveSeconds = 10;

template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK) {
    throw Error(ErrorKind::kConfiguration,
                "libcurl does not support what is needed of it (option " +
                    std::to_string(static_cast<int>(option)) + ")");
  }
}

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  };
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

void append(CurlListPtr& list, const char* text) {
  curl_slist* longer = curl_slist_append(list.get(), text);
  if (longer == nullptr) {
    throw std::bad_alloc();
  }
  [[maybe_unused]] curl_slist* same_list = list.release();
  list.reset(longer);
}

void append(CurlListPtr& list, const std::string& text) {
  append(list, text.c_str());
}

void append(CurlListPtr& list, const HttpField& field) {
  SecretBytes line(field.name.begin(), field.name.end());
  line.insert(line.end(), {':', ' '});
  line.insert(line.end(), field.value.begin(), field.value.end());
  line.push_back('\0');
  append(list, reinterpret_cast<const char*>(line.data()));
}

// Options outlive transfers: nothing is copied, keys least of all.
template <typename Bytes>
curl_blob blob_of(const Bytes& bytes) {
  return {const_cast<typename Bytes::value_type*>(bytes.data()), bytes.size(),
          CURL_BLOB_NOCOPY};
}

// scheme://host[:port] of a URL, for messages.
std::string origin(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) {
    return url;
  }
  return url.substr(0, url.find('/', start + 3));
}

}  // namespace

CurlTransfer::CurlTransfer(const HttpRequest& request,
                           const CurlHttpClientOptions& options,
                           const std::string& addresses)
    : request_(request), options_(options), handle_(curl_easy_init()) {
  if (!handle_) {
    throw std::bad_alloc();
  }
  set(get(), CURLOPT_ERRORBUFFER, error_text_);
  // Time-outs without SIGALRM, and no signal handlers in nginx's process.
  set(get(), CURLOPT_NOSIGNAL, 1L);
  set_request();
  set_address(addresses);
  set_security();
  set_limits();
}

void CurlTransfer::set_request() {
  set(get(), CURLOPT_URL, request_.url.c_str());
  set(get(), CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(get(), CURLOPT_WRITEFUNCTION, &CurlTransfer::take_body);
  set(get(), CURLOPT_WRITEDATA, this);
  set(get(), CURLOPT_HEADERFUNCTION, &CurlTransfer::take_header);
  set(get(), CURLOPT_HEADERDATA, this);
  set(get(), CURLOPT_HTTP_VERSION,
      static_cast<long>(options_.http1_only ? CURL_HTTP_VERSION_1_1
                                            : CURL_HTTP_VERSION_2TLS));
  const auto add_field = [this](const std::string& field) {
    append(fields_, field);
  };
  // Without a value libcurl leaves the field out, instead of sending its own.
  add_field("Accept:" +
            (request_.accept.empty() ? std::string() : " " + request_.accept));
  for (const HttpField& field : request_.fields) {
    append(fields_, field);
  }
  switch (request_.method) {
    case HttpRequest::Method::kGet:
      break;
    case HttpRequest::Method::kHead:
      set(get(), CURLOPT_NOBODY, 1L);
      break;
    case HttpRequest::Method::kPost:
      set(get(), CURLOPT_POSTFIELDSIZE_LARGE,
          static_cast<curl_off_t>(request_.body.size()));
      set(get(), CURLOPT_POSTFIELDS, request_.body.c_str());
      add_field("Content-Type: " + request_.content_type);
      add_field("Expect:");
      break;
  }
  set(get(), CURLOPT_HTTPHEADER, fields_.get());
  if (request_.once) {
    use_fresh_connection();
  }
}

void CurlTransfer::set_address(const std::string& addresses) {
  if (!addresses.empty()) {
    append(resolved_, addresses);
    set(get(), CURLOPT_RESOLVE, resolved_.get());
  }
  if (!request_.connect_to.empty()) {
    append(connect_to_, "::" + request_.connect_to);
    set(get(), CURLOPT_CONNECT_TO, connect_to_.get());
  }
  if (!request_.unix_socket.empty()) {
    set(get(), CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  }
  if (request_.proxy_protocol) {
    set(get(), CURLOPT_HAPROXYPROTOCOL, 1L);
  }
  if (options_.plain_http) {
    set(get(), CURLOPT_NOPROXY, "*");
  }
}

// RFC 8555 section 6.1: https only. A signed request is not sent elsewhere
// because of a redirect: its signature covers the URL.
void CurlTransfer::set_security() {
  if (options_.plain_http) {
    set(get(), CURLOPT_PROTOCOLS_STR, "http");
    return;
  }
  const char* schemes = options_.any_scheme ? "http,https" : "https";
  set(get(), CURLOPT_PROTOCOLS_STR, schemes);
  set(get(), CURLOPT_REDIR_PROTOCOLS_STR, schemes);
  if (request_.method != HttpRequest::Method::kPost && !options_.resolver) {
    set(get(), CURLOPT_FOLLOWLOCATION, 1L);
    set(get(), CURLOPT_MAXREDIRS, kMostRedirects);
  }
  set(get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(get(), CURLOPT_SSL_VERIFYPEER, options_.verify_peer ? 1L : 0L);
  set(get(), CURLOPT_SSL_VERIFYHOST, options_.verify_peer ? 2L : 0L);
  set_certificates();
}

void CurlTransfer::set_certificates() {
  if (!options_.trusted_certificates.empty()) {
    const curl_blob roots = blob_of(options_.trusted_certificates);
    set(get(), CURLOPT_CAPATH, static_cast<char*>(nullptr));
    set(get(), CURLOPT_CAINFO, static_cast<char*>(nullptr));
    set(get(), CURLOPT_CAINFO_BLOB, &roots);
  }
  if (!options_.client_certificate.empty()) {
    const curl_blob certificate = blob_of(options_.client_certificate);
    const curl_blob key = blob_of(options_.client_key);
    set(get(), CURLOPT_SSLCERT_BLOB, &certificate);
    set(get(), CURLOPT_SSLKEY_BLOB, &key);
  }
}

void CurlTransfer::set_limits() {
  set(get(), CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(options_.connect_timeout.count()));
  if (!request_.on_body) {
    set(get(), CURLOPT_TIMEOUT_MS,
        static_cast<long>(options_.total_timeout.count()));
    return;
  }
  set(get(), CURLOPT_TCP_KEEPALIVE, 1L);
  set(get(), CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  set(get(), CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
}

bool CurlTransfer::met_a_dead_connection(CURLcode result) const noexcept {
  if (result != CURLE_RECV_ERROR && result != CURLE_SEND_ERROR &&
      result != CURLE_GOT_NOTHING) {
    return false;
  }
  long new_connections = 1;
  return header_size_ == 0 &&
         curl_easy_getinfo(get(), CURLINFO_NUM_CONNECTS, &new_connections) ==
             CURLE_OK &&
         new_connections == 0;
}

void CurlTransfer::use_fresh_connection() {
  set(get(), CURLOPT_FRESH_CONNECT, 1L);
}

void CurlTransfer::connect_only() { set(get(), CURLOPT_CONNECT_ONLY, 1L); }

std::string CurlTransfer::why_untrusted(CURLcode result) const {
  if (!is_about_dates(result) && !is_about_trust(result)) {
    return {};
  }
  return "the certificate of " + origin(request_.url) +
         " would not verify: " + words_for(result) +
         (is_about_the_name(result) || is_about_dates(result)
              ? "; \"ssl_verify off\" takes it all the same"
              : "; \"ssl_verify off\" takes it all the same: better name its "
                "root by \"ssl_trusted_certificate\"");
}

HttpResponse CurlTransfer::finish(CURLcode result) {
  if (result != CURLE_OK && !heard_enough_) {
    throw failure(result);
  }
  // libcurl takes the end of the connection for the end of the header.
  if (!header_complete_) {
    throw failure(CURLE_PARTIAL_FILE);
  }
  long status = 0;
  curl_easy_getinfo(get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

std::string CurlTransfer::redirect_url() const {
  const char* url = nullptr;
  curl_easy_getinfo(get(), CURLINFO_REDIRECT_URL, &url);
  return url == nullptr ? std::string() : url;
}

// Of the peer's chain, or of one of its certificates.
bool CurlTransfer::is_about_dates(CURLcode result) const noexcept {
  // As OpenSSL counts its verdicts (openssl-verify(1)).
  constexpr long kNotYetValid = 9;
  constexpr long kExpired = 10;
  long verdict = 0;
  return result == CURLE_PEER_FAILED_VERIFICATION &&
         curl_easy_getinfo(get(), CURLINFO_SSL_VERIFYRESULT, &verdict) ==
             CURLE_OK &&
         (verdict == kExpired || verdict == kNotYetValid);
}

// A root of a trusted name but with another key fails as a connect error, as a
// connection does that breaks in the handshake.
bool CurlTransfer::is_about_trust(CURLcode result) const noexcept {
  long system_error = 0;
  return result == CURLE_PEER_FAILED_VERIFICATION ||
         (result == CURLE_SSL_CONNECT_ERROR && options_.verify_peer &&
          curl_easy_getinfo(get(), CURLINFO_OS_ERRNO, &system_error) ==
              CURLE_OK &&
          system_error == 0);
}

// The chain was found good before the name was compared, or nobody looked: then
// libcurl leaves its first value, 1.
bool CurlTransfer::is_about_the_name(CURLcode result) const noexcept {
  long verdict = 0;
  return result == CURLE_PEER_FAILED_VERIFICATION &&
         curl_easy_getinfo(get(), CURLINFO_SSL_VERIFYRESULT, &verdict) ==
             CURLE_OK &&
         verdict <= 1;
}

std::string CurlTransfer::words_for(CURLcode result) const {
  return error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(result);
}

Error CurlTransfer::failure(CURLcode result) const {
  std::string message =
      "no answer from " + origin(request_.url) + ": " + words_for(result);
  if (too_large_) {
    message = "the answer from " + origin(request_.url) + " is larger than " +
              std::to_string(options_.response_limit / 1024) + "k";
  }
  if (is_about_dates(result)) {
    message += "; by this machine's clock, which says " +
               rfc3339(SystemClock().now()) + "; check the clock";
    return {ErrorKind::kUnavailable, message};
  }
  if (is_about_the_name(result)) {
    message += "; its certificate is for other host names, check the URL";
    return {ErrorKind::kUnavailable, message};
  }
  if (is_about_trust(result)) {
    message +=
        "; if this CA has a root of its own, name it by "
        "\"ssl_trusted_certificate\"";
  }
  return {ErrorKind::kUnavailable, message};
}

std::size_t CurlTransfer::take_body(char* data, std::size_t size,
                                    std::size_t count, void* self) noexcept {
  try {
    return static_cast<CurlTransfer*>(self)->add_body({data, size * count})
               ? size * count
               : 0;
  } catch (...) {
    return 0;
  }
}

std::size_t CurlTransfer::take_header(char* data, std::size_t size,
                                      std::size_t count, void* self) noexcept {
  try {
    return static_cast<CurlTransfer*>(self)->add_header({data, size * count})
               ? size * count
               : 0;
  } catch (...) {
    return 0;
  }
}

bool CurlTransfer::add_body(std::string_view data) {
  if (request_.on_body) {
    heard_enough_ = !request_.on_body(data);
    return !heard_enough_;
  }
  if (data.size() > options_.response_limit - response_.body.size()) {
    too_large_ = true;
    return false;
  }
  response_.body += data;
  return true;
}

bool CurlTransfer::add_header(std::string_view line) {
  header_size_ += line.size();
  if (header_size_ > kHeaderLimit) {
    too_large_ = true;
    return false;
  }
  if (line.starts_with("HTTP/")) {
    // A new response: what came before was a redirect or an interim answer.
    response_.headers.clear();
    response_.body.clear();
    header_complete_ = false;
    return true;
  }
  if (line == "\r\n" || line == "\n") {
    header_complete_ = true;
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    response_.headers.emplace(lowered(trim(line.substr(0, colon))),
                              trim(line.substr(colon + 1)));
  }
  return true;
}

}  // namespace acme

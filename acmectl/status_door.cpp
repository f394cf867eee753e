// SPDX-License-Identifier: BSD-2-Clause
// nginx's endpoint over HTTP.
#include "acmectl/status_door.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/env/background_thread.h"
#include "acme_core/env/signal_block.h"
#include "acme_core/error.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/secret.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

using acme::HttpRequest;
using acme::SecretBytes;

// A page of 1,000 certificates with all they can have.
constexpr std::size_t kLargestAnswer = std::size_t{32} << 20;
constexpr std::size_t kLongestPassword = 1024;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

SecretBytes read_first_line(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(
      std::fopen(path.c_str(), "re"));
  SecretBytes line(kLongestPassword);
  if (!file) {
    throw Refusal(kUsage, "cannot read the file of --auth-file: " + path);
  }
  // No buffer of the library's keeps what was read.
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  line.resize(std::fread(line.data(), 1, line.size(), file.get()));
  const auto end = std::find_if(line.begin(), line.end(), [](std::uint8_t c) {
    return c == '\n' || c == '\r';
  });
  line.erase(end, line.end());
  if (std::find(line.begin(), line.end(), ':') == line.end()) {
    throw Refusal(kUsage,
                  "the first line of " + path + " is not \"user:password\"");
  }
  return line;
}

// RFC 7617 section 2; the alphabet with "+" and "/", padded.
SecretBytes basic_credentials(const SecretBytes& line) {
  constexpr std::string_view kScheme = "Basic ";
  std::string text = acme::base64url_encode(line);
  SecretBytes field(kScheme.begin(), kScheme.end());
  for (const char c : text) {
    field.push_back(static_cast<std::uint8_t>(c == '-'   ? '+'
                                              : c == '_' ? '/'
                                                         : c));
  }
  field.insert(field.end(), (4 - text.size() % 4) % 4, '=');
  acme::wipe(text.data(), text.size());
  return field;
}

std::string read_roots(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string roots{std::istreambuf_iterator<char>(file), {}};
  if (!file || roots.empty()) {
    throw Refusal(kUsage, "cannot read the file of --ca-file: " + path);
  }
  return roots;
}

bool is_own_host(const Endpoint& endpoint) {
  const std::string& url = endpoint.base_url;
  return !endpoint.unix_socket.empty() || !endpoint.connect_to.empty() ||
         url.starts_with("http://127.") || url.starts_with("http://[::1]") ||
         url.starts_with("http://localhost:") ||
         url.starts_with("http://localhost/");
}

std::string_view origin(std::string_view url) {
  const std::size_t scheme = url.find("://");
  return scheme == std::string_view::npos
             ? std::string_view()
             : url.substr(0, url.find_first_of("/?#", scheme + 3));
}

// The client speaks to who configures a CA.
std::string for_our_reader(std::string words) {
  const std::size_t cure = words.find("; if this CA has a root of its own");
  if (cure != std::string::npos) {
    words.replace(cure, std::string::npos, "; name its root by --ca-file");
  }
  return words;
}

class HttpDoor final : public StatusDoor {
 public:
  HttpDoor(Endpoint endpoint, const EndpointOptions& options)
      : endpoint_(std::move(endpoint)),
        client_(client_options(endpoint_, options)) {
    if (!options.auth_file.empty()) {
      const bool is_open = endpoint_.base_url.starts_with("http://");
      if (is_open && !is_own_host(endpoint_)) {
        throw Refusal(kUsage,
                      "the password would cross the network in the open: use "
                      "an https endpoint");
      }
      credentials_ = basic_credentials(read_first_line(options.auth_file));
    }
  }

  [[nodiscard]] std::string place() const override {
    return endpoint_.describe();
  }
  [[nodiscard]] bool is_live() const noexcept override { return true; }

  [[nodiscard]] Reply get(const std::string& path,
                          std::stop_token stop) override {
    return send(HttpRequest::Method::kGet, path, std::move(stop));
  }
  [[nodiscard]] Reply post(const std::string& path,
                           std::stop_token stop) override {
    return send(HttpRequest::Method::kPost, path, std::move(stop));
  }

 private:
  static acme::CurlHttpClientOptions client_options(
      const Endpoint& endpoint, const EndpointOptions& options) {
    acme::CurlHttpClientOptions wish;
    wish.user_agent = "acmectl";
    wish.connect_timeout = std::chrono::seconds(
        std::min(options.timeout_seconds, kLongestConnect));
    wish.total_timeout = std::chrono::seconds(options.timeout_seconds);
    wish.response_limit = kLargestAnswer;
    wish.plain_http = endpoint.base_url.starts_with("http://");
    // Somebody waits for the answer: it does not step back for others.
    wish.start_thread = [](acme::ThreadBody body) {
      const acme::SignalBlock blocked;
      return std::jthread(std::move(body));
    };
    if (!options.ca_file.empty()) {
      wish.trusted_certificates = read_roots(options.ca_file);
    }
    return wish;
  }

  Reply send(HttpRequest::Method method, const std::string& path,
             std::stop_token stop) {
    HttpRequest request;
    request.method = method;
    request.url = origin(path).empty() ? endpoint_.base_url + path : path;
    request.accept = "application/json, application/problem+json";
    request.unix_socket = endpoint_.unix_socket;
    request.connect_to = endpoint_.connect_to;
    request.proxy_protocol = endpoint_.proxy_protocol;
    if (!credentials_.empty()) {
      request.fields.push_back({"Authorization", credentials_});
    }
    if (method == HttpRequest::Method::kPost) {
      request.content_type = "application/x-www-form-urlencoded";
      request.fields.push_back({"Acme-Write", {'1'}});
    }
    try {
      acme::HttpResponse response = client_.send(request, std::move(stop));
      return {.status = response.status,
              .body = std::move(response.body),
              .url = request.url,
              .location = std::string(
                  response.header("location").value_or(std::string_view()))};
    } catch (const acme::Error& error) {
      throw acme::Error(error.kind(),
                        place() + ": " + for_our_reader(error.what()));
    }
  }

  static constexpr unsigned kLongestConnect = 5;

  const Endpoint endpoint_;
  acme::CurlHttpClient client_;
  SecretBytes credentials_;
};

}  // namespace

std::string follow_reference(std::string_view reference, std::string_view url) {
  const std::string_view server = origin(url);
  reference = reference.substr(0, reference.find('#'));
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  std::string target;
  if (reference.find("://") != std::string_view::npos) {
    target = reference;
  } else if (reference.starts_with("//")) {
    target = std::string(url.substr(0, url.find("//"))).append(reference);
  } else if (reference.starts_with('/')) {
    target = std::string(server).append(reference);
  } else if (reference.starts_with('?')) {
    target = std::string(path).append(reference);
  } else {
    target = std::string(path.substr(0, path.rfind('/') + 1)).append(reference);
  }
  const bool is_clean = std::all_of(target.begin(), target.end(), [](char c) {
    return c > ' ' && c < '\x7F';
  });
  if (reference.empty() || !is_clean || origin(target) != server) {
    throw Refusal(kUnreachable, "the answer from " + std::string(url) +
                                    " leads elsewhere; not followed");
  }
  return target;
}

std::unique_ptr<StatusDoor> open_endpoint(const Endpoint& endpoint,
                                          const EndpointOptions& options) {
  return std::make_unique<HttpDoor>(endpoint, options);
}

}  // namespace acmectl

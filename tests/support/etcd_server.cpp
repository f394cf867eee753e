// SPDX-License-Identifier: BSD-2-Clause
// A real etcd of a test's own.
#include "tests/support/etcd_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace acme {
namespace {

void require_etcd(bool success, const char* what) {
  if (!success) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

std::filesystem::path etcd_program() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path program =
        std::filesystem::path(folder) / "etcd";
    if (access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return {};
}

// For disks of busy machines.
constexpr std::chrono::seconds kPatience{60};

template <typename Bytes>
void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream(path).write(reinterpret_cast<const char*>(bytes.data()),
                            static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

bool EtcdServer::is_installed() { return !etcd_program().empty(); }

EtcdServer::EtcdServer(EtcdServerSettings settings)
    : settings_(std::move(settings)) {
  hold_port();
  if (!settings_.certificate.empty()) {
    write_file(directory_.path() / "cert.pem", settings_.certificate);
    write_file(directory_.path() / "key.pem", settings_.key);
    write_file(directory_.path() / "clients.pem", settings_.client_roots);
  }
  CurlHttpClientOptions http;
  http.any_scheme = true;
  http.trusted_certificates = settings_.certificate;
  http.client_certificate = settings_.certificate;
  http.client_key = settings_.key;
  http_ = std::make_unique<CurlHttpClient>(std::move(http));
  start();
}

EtcdServer::~EtcdServer() { kill(); }

// For as long as the test runs, also while etcd does not: another program's
// etcd must not come by it meanwhile. etcd may have it all the same, since both
// set SO_REUSEADDR and this one does not listen.
void EtcdServer::hold_port() {
  port_holder_ = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  require_etcd(
      bind(port_holder_.get(), reinterpret_cast<sockaddr*>(&address), size) ==
              0 &&
          getsockname(port_holder_.get(), reinterpret_cast<sockaddr*>(&address),
                      &size) == 0,
      "no port for etcd");
  // Only now: with it, the system could give a port that somebody else holds.
  const int on = 1;
  require_etcd(setsockopt(port_holder_.get(), SOL_SOCKET, SO_REUSEADDR, &on,
                          sizeof(on)) == 0,
               "SO_REUSEADDR");
  port_ = ntohs(address.sin_port);
}

std::string EtcdServer::url() const {
  return (settings_.certificate.empty() ? "http://127.0.0.1:"
                                        : "https://127.0.0.1:") +
         std::to_string(port_);
}

EtcdOptions EtcdServer::options(const std::string& prefix) const {
  EtcdOptions options;
  options.urls = {url()};
  options.prefix = prefix;
  options.trusted_certificates = settings_.certificate;
  options.timeout = kPatience;
  return options;
}

std::string EtcdServer::call(const std::string& path, const std::string& json,
                             const std::string& token) {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = url() + path;
  request.body = json;
  request.content_type = "application/json";
  if (!token.empty()) {
    request.fields.push_back({"Authorization", {token.begin(), token.end()}});
  }
  HttpResponse response = http_->send(request, {});
  if (response.status != 200) {
    throw std::runtime_error(path + ": " + response.body);
  }
  return std::move(response.body);
}

void EtcdServer::kill() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  log_reader_ = {};  // the log has ended with it
}

void EtcdServer::start() {
  is_ready_ = false;
  has_ended_ = false;
  run(arguments());
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_ready_ || has_ended_; });
  if (has_ended_) {
    throw std::runtime_error("etcd has ended:\n" + log_);
  }
}

void EtcdServer::pause() {
  ::kill(process_, SIGSTOP);
  waitpid(process_, nullptr, WUNTRACED);
}

void EtcdServer::resume() { ::kill(process_, SIGCONT); }

// Nobody is its peer: that port may be any.
std::vector<std::string> EtcdServer::arguments() const {
  const std::string peer = "http://127.0.0.1:0";
  const std::filesystem::path& folder = directory_.path();
  std::vector<std::string> arguments{etcd_program(),
                                     "--data-dir=" + (folder / "data").string(),
                                     "--listen-client-urls=" + url(),
                                     "--advertise-client-urls=" + url(),
                                     "--listen-peer-urls=" + peer,
                                     "--initial-advertise-peer-urls=" + peer,
                                     "--initial-cluster=default=" + peer};
  if (!settings_.certificate.empty()) {
    arguments.insert(
        arguments.end(),
        {"--cert-file=" + (folder / "cert.pem").string(),
         "--key-file=" + (folder / "key.pem").string(), "--client-cert-auth",
         "--trusted-ca-file=" + (folder / "clients.pem").string()});
  }
  arguments.insert(arguments.end(), settings_.arguments.begin(),
                   settings_.arguments.end());
  return arguments;
}

void EtcdServer::run(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  require_etcd(pipe2(ends.data(), O_CLOEXEC) == 0, "pipe2");
  Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  std::vector<char*> words;
  for (const std::string& argument : arguments) {
    words.push_back(const_cast<char*>(argument.c_str()));
  }
  words.push_back(nullptr);
  process_ = fork();
  require_etcd(process_ >= 0, "fork");
  if (process_ == 0) {
    // No memory is to be had here, and no lock. It does not outlive the test,
    // however that ends.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(words[0], words.data());
    _exit(127);
  }
  log_reader_ = std::jthread(
      [this, log = std::move(reading)]() mutable { read_log(log); });
}

void EtcdServer::read_log(const Descriptor& log) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(log.get(), buffer.data(), buffer.size());
    const std::lock_guard lock(mutex_);
    if (count <= 0) {
      has_ended_ = true;
      changed_.notify_all();
      return;
    }
    log_.append(buffer.data(), static_cast<std::size_t>(count));
    if (!is_ready_ &&
        log_.find("ready to serve client requests") != std::string::npos) {
      is_ready_ = true;
      log_.clear();
      changed_.notify_all();
    }
  }
}

}  // namespace acme

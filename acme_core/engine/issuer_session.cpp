// SPDX-License-Identifier: BSD-2-Clause
// The session of one issuer.
#include "acme_core/engine/issuer_session.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "acme_core/engine/order_flow.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// Enough to overlap the CA's answers, few enough for any CA's rate limit.
constexpr std::size_t kOrdersAtOnce = 8;
// How often a busy state directory is tried again: quickly at first, since a
// reload's old process leaves within milliseconds.
constexpr milliseconds kFirstLockPause{10};
constexpr milliseconds kLongestLockPause{1'000};
// No entry in the schedule sleeps longer than this without a look at the clock.
constexpr milliseconds kLongestSleep = std::chrono::hours(24);

// Threads started within its scope receive no signals.
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t previous_{};
};

bool same_chain(const StoredCertificate& a, const StoredCertificate& b) {
  return a.chain.der() == b.chain.der();
}

}  // namespace

IssuerSession::IssuerSession(const Plan& plan, std::size_t issuer,
                             EngineEnvironment environment)
    : spec_(plan.issuers[issuer]),
      environment_(std::move(environment)),
      log_(environment_.logger, spec_.name),
      files_(environment_.open_state(spec_)),
      store_(*files_),
      http_(environment_.connect(spec_)) {
  for (std::size_t i = 0; i < plan.certificates.size(); ++i) {
    if (plan.certificates[i].issuer() == issuer) {
      certificates_[i].spec = &plan.certificates[i];
    }
  }
}

IssuerSession::~IssuerSession() { request_stop(); }

void IssuerSession::start() {
  const std::lock_guard lock(mutex_);
  if (!certificates_.empty()) {
    start_thread(&IssuerSession::lead);
  }
}

void IssuerSession::request_stop() noexcept {
  const std::lock_guard lock(mutex_);
  stop_requested_ = true;
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
}

bool IssuerSession::wait_until_ended(
    std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, until,
                             [this] { return running_threads_ == 0; });
}

// The first thread prepares, starts the others, and becomes one of them.
void IssuerSession::lead(const std::stop_token& stop) {
  acquire_state(stop);
  load_certificates();
  start_workers();
  work(stop);
}

void IssuerSession::start_thread(
    void (IssuerSession::*body)(const std::stop_token&)) {
  const SignalBlock no_signals;
  ++running_threads_;
  threads_.emplace_back([this, body](const std::stop_token& stop) {
    try {
      (this->*body)(stop);
    } catch (const std::exception& error) {
      if (!stop.stop_requested()) {
        log_.error(error.what());
      }
    }
    const std::lock_guard lock(mutex_);
    --running_threads_;
    changed_.notify_all();
  });
}

void IssuerSession::acquire_state(const std::stop_token& stop) {
  milliseconds pause = kFirstLockPause;
  for (bool told = false;; pause = std::min(pause * 2, kLongestLockPause)) {
    try {
      state_lock_ = store_.try_lock();
    } catch (const Error& error) {
      if (!std::exchange(told, true)) {
        log_.error(error.what());
      }
    }
    if (state_lock_) {
      return;
    }
    if (pause == kLongestLockPause && !std::exchange(told, true)) {
      log_.notice("another process works for state directory \"" +
                  files_->root() + "\"; waiting for it");
    }
    if (!environment_.clock.sleep_for(pause, stop)) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }
}

void IssuerSession::load_certificates() {
  const TimePoint now = environment_.clock.now();
  for (auto& [index, certificate] : certificates_) {
    const std::optional<StoredCertificate> loaded = load_certificate(index);
    const std::lock_guard lock(mutex_);
    if (!loaded) {
      schedule_.put(index, now, TimePoint::min());
      continue;
    }
    certificate.expires = loaded->chain.not_after();
    schedule_.put(index,
                  renewal_time(loaded->chain.not_before(),
                               loaded->chain.not_after(), environment_.random),
                  certificate.expires);
  }
}

// What is on disk and what is served are brought together: after a crash, a
// full disk or a lost directory either may be missing or older.
std::optional<StoredCertificate> IssuerSession::load_certificate(
    std::size_t index) {
  const CertificateSpec& spec = *certificates_.at(index).spec;
  const EventLog log = log_.for_certificate(spec.name());
  const TimePoint now = environment_.clock.now();
  try {
    Loaded<StoredCertificate> stored =
        store_.load_certificate(spec.storage_name());
    if (!stored.problem.empty()) {
      log.warn(stored.problem);
    }
    std::optional<StoredCertificate> served =
        environment_.publisher.certificate(index);
    if (stored.value) {
      const std::string unfit = why_unfit(*stored.value, spec, now);
      if (!unfit.empty()) {
        log.warn("the stored certificate " + unfit + "; ordering a new one");
        return std::nullopt;
      }
    }
    if (served && (!stored.value || served->chain.not_after() >
                                        stored.value->chain.not_after())) {
      if (!why_unfit(*served, spec, now).empty()) {
        return std::nullopt;
      }
      CertificateRecord record = store_.load_record(spec.storage_name());
      record.issuer = spec_.name;
      store_.save_certificate(spec.storage_name(), record, *served);
      return served;
    }
    if (stored.value && (!served || !same_chain(*served, *stored.value))) {
      environment_.publisher.put_certificate(index, *stored.value);
    }
    return std::move(stored.value);
  } catch (const Error& error) {
    log.error(error.what());
    return std::nullopt;
  }
}

void IssuerSession::start_workers() {
  const std::lock_guard lock(mutex_);
  const std::size_t wanted = std::min(kOrdersAtOnce, certificates_.size());
  while (!stop_requested_ && threads_.size() < wanted) {
    start_thread(&IssuerSession::work);
  }
}

void IssuerSession::work(const std::stop_token& stop) {
  while (const auto index = next_certificate(stop)) {
    renew(*index, stop);
  }
}

std::optional<std::size_t> IssuerSession::next_certificate(
    const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const TimePoint now = environment_.clock.now();
    if (now >= paused_until_) {
      if (const auto index = schedule_.take(now)) {
        return index;
      }
    }
    const TimePoint due = schedule_.next_due().value_or(TimePoint::max());
    environment_.clock.wait_until(
        lock, changed_,
        std::min(std::max(due, paused_until_), now + kLongestSleep), stop);
  }
  return std::nullopt;
}

void IssuerSession::renew(std::size_t index, const std::stop_token& stop) {
  try {
    succeeded(index, obtain_as_member(index, stop));
  } catch (const Error& error) {
    failed(index, error);
  } catch (const std::exception& error) {
    failed(index, Error(ErrorKind::kTransient, error.what()));
  }
}

// A CA may lose an account (RFC 8555 section 7.3): the same key registers
// again, once.
StoredCertificate IssuerSession::obtain_as_member(std::size_t index,
                                                  const std::stop_token& stop) {
  ensure_account(stop);
  const std::string account = client_->account_url();
  try {
    return obtain(index, stop);
  } catch (const Error& error) {
    if (error.problem_type() != "accountDoesNotExist") {
      throw;
    }
    log_.warn(error.what());
  }
  forget_account(account);
  ensure_account(stop);
  return obtain(index, stop);
}

void IssuerSession::forget_account(const std::string& url) {
  const std::lock_guard setup(account_mutex_);
  // Another order may have registered again meanwhile.
  if (client_->account_url() == url) {
    client_->use_account("");
  }
}

void IssuerSession::ensure_account(const std::stop_token& stop) {
  const std::lock_guard setup(account_mutex_);
  {
    // Another thread may just have learnt that the CA does not answer.
    const std::lock_guard lock(mutex_);
    if (environment_.clock.now() < paused_until_) {
      throw Error(ErrorKind::kStopped, "the session is paused");
    }
  }
  try {
    if (!client_) {
      auto client = std::make_unique<Client>(
          *http_, environment_.clock, spec_.directory_url, account_key());
      // A configured key may have been exchanged: the CA knows its account.
      if (spec_.account_key.empty()) {
        client->use_account(store_.load_account_url().value_or(""));
      }
      client_ = std::move(client);
    }
    if (client_->account_url().empty()) {
      register_account(stop);
    }
  } catch (Error& error) {
    // Without an account nothing works: this is the whole session's trouble.
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    error.with_context("cannot set up the account");
    pause_session(error);
    throw Error(ErrorKind::kStopped, "the session is paused");
  }
}

PrivateKey IssuerSession::account_key() {
  if (!spec_.account_key.empty()) {
    auto key = PrivateKey::from_pem(spec_.account_key);
    if (!key) {
      throw Error(ErrorKind::kConfiguration,
                  "the configured account key cannot be used");
    }
    return std::move(*key);
  }
  Loaded<PrivateKey> stored = store_.load_account_key();
  if (!stored.problem.empty()) {
    log_.warn(stored.problem);
  }
  if (stored.value) {
    return std::move(*stored.value);
  }
  PrivateKey key = PrivateKey::generate(spec_.account_key_type);
  store_.save_account_key(key);
  return key;
}

void IssuerSession::register_account(const std::stop_token& stop) {
  const Directory directory = client_->directory(stop);
  const std::string& terms = directory.terms_of_service;
  if (!terms.empty() && !spec_.terms_of_service_agreed) {
    throw Error(ErrorKind::kConfiguration,
                "the CA asks to agree to its terms of service, " +
                    printable(terms) +
                    "; read them and add \"accept_terms_of_service;\" to the "
                    "acme_issuer block");
  }
  const Account account = client_->new_account(
      {spec_.contacts, spec_.terms_of_service_agreed}, stop);
  if (account.status != Account::Status::kValid) {
    client_->use_account("");
    throw Error(ErrorKind::kPermanent,
                "the CA has closed the account " + printable(account.url) +
                    "; remove account.key from \"" + files_->root() +
                    "\" to register another one");
  }
  store_.save_account_url(account.url);
  log_.notice(
      "using account " + printable(account.url) +
      (terms.empty() ? std::string() : ", agreed to " + printable(terms)));
}

StoredCertificate IssuerSession::obtain(std::size_t index,
                                        const std::stop_token& stop) {
  const CertificateSpec& spec = *certificates_.at(index).spec;
  const EventLog log = log_.for_certificate(spec.name());
  const OrderFlowContext context{
      .client = *client_,
      .store = store_,
      .responder = environment_.publisher,
      .clock = environment_.clock,
      .spec = spec,
      .log = log,
  };
  StoredCertificate certificate = obtain_certificate(context, stop);
  // Served first: a full disk must not keep a certificate from its users. The
  // order is forgotten only once the certificate is safe.
  environment_.publisher.put_certificate(index, certificate);
  CertificateRecord record = store_.load_record(spec.storage_name());
  record.issuer = spec_.name;
  store_.save_certificate(spec.storage_name(), record, certificate);
  store_.remove_order(spec.storage_name());
  return certificate;
}

void IssuerSession::succeeded(std::size_t index,
                              const StoredCertificate& certificate) {
  const TimePoint expires = certificate.chain.not_after();
  const TimePoint renewal = renewal_time(certificate.chain.not_before(),
                                         expires, environment_.random);
  log_.for_certificate(certificates_.at(index).spec->name())
      .notice("issued by \"" + printable(certificate.chain.issuer_name()) +
              "\", serial " + certificate.chain.serial() + ", expires " +
              rfc3339(expires) + ", to be renewed " + rfc3339(renewal));
  const std::lock_guard lock(mutex_);
  outages_ = 0;
  Certificate& state = certificates_.at(index);
  state.failures = 0;
  state.expires = expires;
  schedule_.put(index, renewal, expires);
  changed_.notify_all();
}

void IssuerSession::failed(std::size_t index, const Error& error) {
  const TimePoint now = environment_.clock.now();
  if (error.kind() == ErrorKind::kStopped) {
    schedule(index, now);
    return;
  }
  if (error.kind() == ErrorKind::kUnavailable) {
    pause_session(error);
    schedule(index, now);
    return;
  }
  TimePoint due = now;
  TimePoint expires;
  {
    const std::lock_guard lock(mutex_);
    Certificate& state = certificates_.at(index);
    due += retry_delay(++state.failures, environment_.random);
    due = std::max(due, error.retry_at().value_or(due));
    expires = state.expires;
    schedule_.put(index, due, expires);
    changed_.notify_all();
  }
  const bool needs_a_person = error.kind() == ErrorKind::kPermanent ||
                              error.kind() == ErrorKind::kConfiguration ||
                              expires <= now;
  log_.for_certificate(certificates_.at(index).spec->name())
      .write(needs_a_person ? LogLevel::kError : LogLevel::kWarn,
             std::string(error.what()) + "; next try " + rfc3339(due) +
                 (expires > now ? ", the current certificate is valid until " +
                                      rfc3339(expires)
                                : std::string()));
}

void IssuerSession::pause_session(const Error& error) {
  const TimePoint now = environment_.clock.now();
  TimePoint until;
  {
    const std::lock_guard lock(mutex_);
    if (now < paused_until_) {
      return;  // several orders met the same outage: one line, one step
    }
    until = now + outage_delay(++outages_, environment_.random);
    until = std::max(until, error.retry_at().value_or(until));
    paused_until_ = until;
  }
  log_.error(std::string(error.what()) + "; next try " + rfc3339(until));
}

void IssuerSession::schedule(std::size_t index, TimePoint due) {
  const std::lock_guard lock(mutex_);
  schedule_.put(index, due, certificates_.at(index).expires);
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// Log lines. The library says what happened; the program says where it goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace acme {

enum class LogLevel {
  kDebug,
  kInfo,
  kNotice,  ///< a step an operator wants to see: issued, renewed
  kWarn,    ///< handled without a person, but worth a look
  kError,   ///< a person must act
};

/// Takes finished lines. Thread-safe: any thread may call write().
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
  /// False: nobody reads lines of that level, none has to be made.
  [[nodiscard]] virtual bool wants(LogLevel) const { return true; }
};

/// A logger with the issuer and certificate every line must name.
/// Lines read: acme: issuer "letsencrypt", certificate "www.example.com": text
class EventLog {
 public:
  EventLog(Logger& logger, const std::string& issuer);

  /// The same issuer, about one certificate. `which` tells those apart that
  /// have the same name; empty: there is but one.
  [[nodiscard]] EventLog for_certificate(const std::string& name,
                                         const std::string& which = {}) const;

  void debug(std::string_view text) const { write(LogLevel::kDebug, text); }
  void info(std::string_view text) const { write(LogLevel::kInfo, text); }
  void notice(std::string_view text) const { write(LogLevel::kNotice, text); }
  void warn(std::string_view text) const { write(LogLevel::kWarn, text); }
  void error(std::string_view text) const { write(LogLevel::kError, text); }
  /// Made printable here, whoever said it: the CA, DNS, a program, the disk.
  void write(LogLevel level, std::string_view text) const;
  [[nodiscard]] bool wants(LogLevel level) const {
    return logger_->wants(level);
  }

 private:
  EventLog(Logger* logger, std::string subject)
      : logger_(logger), subject_(std::move(subject)) {}

  Logger* logger_;
  std::string subject_;
};

/// `text` with control characters and invalid UTF-8 replaced by '?', cut to
/// `limit` bytes: text from a CA must not forge or flood log lines.
[[nodiscard]] std::string printable(std::string_view text,
                                    std::size_t limit = 1024);

}  // namespace acme

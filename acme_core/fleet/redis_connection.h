// SPDX-License-Identifier: BSD-2-Clause
// One connection to a server of Redis' kind: commands go out, replies come in,
// one after the other.
//
// hiredis writes and reads its protocol (RESP 2); sockets and TLS are our own,
// since its waits begin anew with every byte and no stop request ends them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/net/byte_stream.h"

struct redisReader;

namespace acme {

/// What the server says instead of an answer, such as "NOAUTH …".
struct RedisRefusal {
  std::string text;
};

struct RedisReply {
  using List = std::vector<RedisReply>;
  /// std::monostate: nil.
  std::variant<std::monostate, std::int64_t, std::string, RedisRefusal, List>
      value;

  [[nodiscard]] bool is_nil() const noexcept {
    return std::holds_alternative<std::monostate>(value);
  }
  [[nodiscard]] const RedisRefusal* refusal() const noexcept {
    return std::get_if<RedisRefusal>(&value);
  }

  /// These throw Error(kUnavailable) when it is something else.
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] const List& list(std::size_t at_least = 0) const;
  /// Of a text.
  [[nodiscard]] std::int64_t number() const;
};

/// Says what the operator can do about it: kUnavailable when it may pass by
/// itself, else kPermanent.
[[nodiscard]] Error error_of(const RedisRefusal& refusal);
/// "READONLY", also where Redis 6 has it in what a script failed with.
[[nodiscard]] std::string_view code_of(const RedisRefusal& refusal) noexcept;

/// Empty is what is not asked for.
struct RedisLogin {
  std::string_view user = {};
  std::span<const std::uint8_t> password = {};
  std::string_view database = {};
};

/// After an exception nothing more can be asked: replies would be mixed up.
/// Errors do not say which server it was: whoever knows peer() does.
class RedisConnection {
 public:
  using Arguments = std::span<const std::string_view>;

  static constexpr std::size_t kLargestReply = std::size_t{64} << 20U;
  static constexpr std::size_t kMostElements = 1'000'000;
  static constexpr int kDeepestList = 6;

  /// `peer`: what it is, for messages.
  RedisConnection(ByteStream stream, std::string peer);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// Any bytes as arguments. Throws Error(kUnavailable) when there is no
  /// sensible reply in time, and kStopped; refusals are replies.
  [[nodiscard]] RedisReply call(Arguments arguments, const IoWait& wait);
  /// Throws refusals as error_of() has them.
  RedisReply require(std::initializer_list<std::string_view> arguments,
                     const IoWait& wait);

  void log_in(const RedisLogin& login, const IoWait& wait);

  /// It can be used, as far as can be seen without asking.
  [[nodiscard]] bool is_good() const noexcept { return stream_.is_quiet(); }
  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const noexcept;
  };

  [[nodiscard]] RedisReply read_reply(const IoWait& wait);

  ByteStream stream_;
  const std::string peer_;
  std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace acme

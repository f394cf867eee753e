// SPDX-License-Identifier: BSD-2-Clause
// hiredis' reader and writer of RESP, over a ByteStream.
#include "acme_core/fleet/redis_connection.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <utility>

#include "acme_core/env/log.h"
#include "acme_core/secret.h"

namespace acme {
namespace {

constexpr std::size_t kRedisPiece = std::size_t{64} * 1024;
constexpr std::size_t kLongestRefusal = 300;

Error senseless(const std::string& what) {
  return {ErrorKind::kUnavailable, "it does not speak as Redis does: " + what};
}

struct RefusalMeaning {
  std::string_view code;
  ErrorKind kind;
  std::string_view advice;
};

// https://redis.io/docs/latest/develop/reference/protocol-spec/ has no list of
// them: these are what redis-server and Sentinel 6 to 7 have in server.c,
// acl.c, cluster.c and networking.c.
constexpr std::array kRefusals{
    RefusalMeaning{"NOAUTH", ErrorKind::kPermanent,
                   "give the password, and the user if it is not the default"},
    RefusalMeaning{"WRONGPASS", ErrorKind::kPermanent,
                   "check the user and the password"},
    RefusalMeaning{"NOPERM", ErrorKind::kPermanent,
                   "its ACL must allow this user the keys of the prefix and "
                   "the commands of the documentation"},
    RefusalMeaning{"DENIED", ErrorKind::kPermanent,
                   "it is in protected mode: set a password there"},
    RefusalMeaning{"MOVED", ErrorKind::kPermanent,
                   "it is of a Redis Cluster: use a server of its own, or "
                   "Sentinel"},
    RefusalMeaning{"CROSSSLOT", ErrorKind::kPermanent,
                   "it is of a Redis Cluster: use a server of its own, or "
                   "Sentinel"},
    RefusalMeaning{"WRONGTYPE", ErrorKind::kPermanent,
                   "another program has keys of this prefix: choose another"},
    RefusalMeaning{"OOM", ErrorKind::kUnavailable,
                   "its memory is full: raise \"maxmemory\" there"},
    RefusalMeaning{"MISCONF", ErrorKind::kUnavailable,
                   "it cannot save to its disk, and so takes no writes"},
    RefusalMeaning{"LOADING", ErrorKind::kUnavailable,
                   "it has just been started"},
    RefusalMeaning{"READONLY", ErrorKind::kUnavailable,
                   "it is a replica: a failover may be under way"},
    RefusalMeaning{"MASTERDOWN", ErrorKind::kUnavailable,
                   "it is a replica, and its master is away"},
    RefusalMeaning{"NOREPLICAS", ErrorKind::kUnavailable,
                   "replicas are away that \"min-replicas-to-write\" wants"},
    RefusalMeaning{"UNBLOCKED", ErrorKind::kUnavailable,
                   "it has become a replica"},
    RefusalMeaning{"BUSY", ErrorKind::kUnavailable,
                   "a script of somebody's is running there for long"},
    RefusalMeaning{"TRYAGAIN", ErrorKind::kUnavailable, "it will pass"},
    RefusalMeaning{"CLUSTERDOWN", ErrorKind::kUnavailable, "it may pass"},
};

bool is_code(std::string_view word) noexcept {
  return word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) {
           return c >= 'A' && c <= 'Z';
         });
}

std::string_view first_word(std::string_view text) noexcept {
  return text.substr(0, text.find(' '));
}

struct FreeReply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

// Values and passwords are in it.
struct WipeCommand {
  std::size_t size = 0;
  void operator()(char* command) const noexcept {
    wipe(command, size);
    redisFreeCommand(command);
  }
};
using CommandPtr = std::unique_ptr<char, WipeCommand>;

CommandPtr command_of(RedisConnection::Arguments arguments) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view argument : arguments) {
    texts.push_back(argument.empty() ? "" : argument.data());
    sizes.push_back(argument.size());
  }
  char* command = nullptr;
  const auto size = redisFormatCommandArgv(
      &command, static_cast<int>(arguments.size()), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  return {command, WipeCommand{static_cast<std::size_t>(size)}};
}

// hiredis makes room for as many elements as the server announces, up to four
// thousand million, and since 1.0 for lists in lists without end, which it
// frees by recursion. The number's type differs between versions.
struct ReplyFunctions {
  redisReplyObjectFunctions original;
  redisReplyObjectFunctions limited;
};

template <typename ReaderPtr>
const ReplyFunctions& reply_functions() {
  static const ReplyFunctions functions = [] {
    const ReaderPtr reader(redisReaderCreate());
    if (!reader) {
      throw std::bad_alloc();
    }
    ReplyFunctions made{*reader->fn, *reader->fn};
    made.limited.createArray = [](const redisReadTask* task,
                                  auto size) -> void* {
      int depth = 0;
      for (auto* above = task->parent; above != nullptr;
           above = above->parent) {
        ++depth;
      }
      if (static_cast<std::size_t>(size) > RedisConnection::kMostElements ||
          depth > RedisConnection::kDeepestList) {
        return nullptr;
      }
      return reply_functions<ReaderPtr>().original.createArray(task, size);
    };
    return made;
  }();
  return functions;
}

RedisReply reply_of(const redisReply& from) {
  switch (from.type) {
    case REDIS_REPLY_NIL:
      return {};
    case REDIS_REPLY_INTEGER:
      return {std::int64_t{from.integer}};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {std::string(from.str, from.len)};
    case REDIS_REPLY_ERROR:
      return {RedisRefusal{std::string(from.str, from.len)}};
    case REDIS_REPLY_ARRAY: {
      RedisReply::List list;
      list.reserve(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) {
        list.push_back(reply_of(*from.element[i]));
      }
      return {std::move(list)};
    }
    default:
      throw senseless("a reply of another protocol");
  }
}

}  // namespace

std::int64_t RedisReply::integer() const {
  if (const auto* found = std::get_if<std::int64_t>(&value)) {
    return *found;
  }
  throw senseless("no number where there has to be one");
}

const std::string& RedisReply::text() const {
  if (const auto* found = std::get_if<std::string>(&value)) {
    return *found;
  }
  throw senseless("no text where there has to be one");
}

const RedisReply::List& RedisReply::list(std::size_t at_least) const {
  const auto* found = std::get_if<List>(&value);
  if (found != nullptr && found->size() >= at_least) {
    return *found;
  }
  throw senseless("no list where there has to be one");
}

std::int64_t RedisReply::number() const {
  const std::string& digits = text();
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw senseless("no number where there has to be one");
  }
  return number;
}

std::string_view code_of(const RedisRefusal& refusal) noexcept {
  const std::string_view text = refusal.text;
  // "ERR Error running script (call to f_…): @user_script:9: -READONLY You …"
  if (text.starts_with("ERR Error running script")) {
    for (std::size_t at = text.find(" -"); at != std::string_view::npos;
         at = text.find(" -", at + 1)) {
      if (const auto word = first_word(text.substr(at + 2)); is_code(word)) {
        return word;
      }
    }
  }
  return first_word(text);
}

Error error_of(const RedisRefusal& refusal) {
  const std::string_view code = code_of(refusal);
  const std::string words =
      "it says \"" + printable(refusal.text, kLongestRefusal) + "\"";
  // Not yet a connection, and so without a code of its own.
  if (refusal.text.find("max number of clients") != std::string::npos) {
    return {ErrorKind::kUnavailable, words + ": raise \"maxclients\" there"};
  }
  for (const RefusalMeaning& known : kRefusals) {
    if (known.code == code) {
      return {known.kind, words + ": " + std::string(known.advice)};
    }
  }
  return {ErrorKind::kPermanent, words};
}

void RedisConnection::FreeReader::operator()(
    redisReader* reader) const noexcept {
  redisReaderFree(reader);
}

RedisConnection::RedisConnection(ByteStream stream, std::string peer)
    : stream_(std::move(stream)), peer_(std::move(peer)) {
  using ReaderPtr = decltype(reader_);
  reader_.reset(
      redisReaderCreateWithFunctions(const_cast<redisReplyObjectFunctions*>(
          &reply_functions<ReaderPtr>().limited)));
  if (!reader_) {
    throw std::bad_alloc();
  }
}

RedisConnection::~RedisConnection() = default;

RedisReply RedisConnection::require(
    std::initializer_list<std::string_view> arguments, const IoWait& wait) {
  RedisReply reply = call(Arguments(arguments.begin(), arguments.size()), wait);
  if (const RedisRefusal* refusal = reply.refusal()) {
    throw error_of(*refusal);
  }
  return reply;
}

void RedisConnection::log_in(const RedisLogin& login, const IoWait& wait) {
  const std::string_view password(
      reinterpret_cast<const char*>(login.password.data()),
      login.password.size());
  if (!login.user.empty()) {
    require({"AUTH", login.user, password}, wait);
  } else if (!password.empty()) {
    require({"AUTH", password}, wait);
  }
  if (!login.database.empty()) {
    require({"SELECT", login.database}, wait);
  }
}

RedisReply RedisConnection::call(Arguments arguments, const IoWait& wait) {
  if (reader_->pos != reader_->len) {
    throw senseless("a reply to no command");
  }
  {
    const CommandPtr command = command_of(arguments);
    stream_.write({command.get(), command.get_deleter().size}, wait);
  }
  return read_reply(wait);
}

RedisReply RedisConnection::read_reply(const IoWait& wait) {
  std::vector<char> buffer(kRedisPiece);
  std::size_t size = 0;
  for (;;) {
    const std::size_t count = stream_.read(buffer, wait);
    size += count;
    if (size > kLargestReply) {
      throw senseless("a reply of more than " +
                      std::to_string(kLargestReply >> 20U) + " MiB");
    }
    void* found = nullptr;
    if (redisReaderFeed(reader_.get(), buffer.data(), count) != REDIS_OK ||
        redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
      throw senseless(printable(reader_->errstr, kLongestRefusal));
    }
    if (found != nullptr) {
      const std::unique_ptr<redisReply, FreeReply> owner(
          static_cast<redisReply*>(found));
      return reply_of(*owner);
    }
  }
}

}  // namespace acme

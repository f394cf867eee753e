// SPDX-License-Identifier: BSD-2-Clause
// Just enough of RFC 1035 for questions about one name.
#include "tests/support/dns_test_server.h"

#include <arpa/inet.h>

#include <array>

#include "acme_core/ascii.h"

namespace acme {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;

enum Rcode : std::uint8_t { kNoError = 0, kServFail = 2, kNxDomain = 3 };

void put16(std::string& bytes, unsigned value) {
  bytes.push_back(static_cast<char>(value >> 8));
  bytes.push_back(static_cast<char>(value & 0xff));
}

unsigned get16(const std::string& bytes, std::size_t at) {
  return static_cast<unsigned>(static_cast<unsigned char>(bytes.at(at))) << 8 |
         static_cast<unsigned char>(bytes.at(at + 1));
}

// The name of the first question, and where it ends.
std::pair<std::string, std::size_t> read_name(const std::string& query) {
  std::string name;
  std::size_t at = kHeader;
  while (const std::size_t size = static_cast<unsigned char>(query.at(at))) {
    name.append(name.empty() ? "" : ".").append(query.substr(at + 1, size));
    at += size + 1;
  }
  return {lowered(name), at + 1};
}

std::string record(std::uint16_t type, std::uint32_t ttl,
                   const std::string& address) {
  std::array<char, 16> number{};
  const bool is_v6 = type == kTypeAaaa;
  if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address.c_str(), number.data()) !=
      1) {
    return {};
  }
  const std::size_t size = is_v6 ? 16 : 4;
  std::string bytes;
  put16(bytes, 0xc000 | kHeader);  // the name of the question
  put16(bytes, type);
  put16(bytes, 1);
  put16(bytes, ttl >> 16);
  put16(bytes, ttl & 0xffff);
  put16(bytes, static_cast<unsigned>(size));
  return bytes.append(number.data(), size);
}

}  // namespace

DnsTestServer::DnsTestServer()
    : sockets_([this](const std::string& query, bool is_stream) {
        return answer(query, is_stream);
      }) {}

void DnsTestServer::set(const std::string& host,
                        std::vector<std::string> addresses, std::uint32_t ttl) {
  const std::lock_guard lock(mutex_);
  hosts_[host] = {std::move(addresses), ttl};
}

std::string DnsTestServer::answer(const std::string& query, bool is_stream) {
  ++questions_;
  questions_.notify_all();
  const Mood mood = mood_;
  if (query.size() < kHeader || mood == Mood::kSilent) {
    return {};
  }
  if (mood == Mood::kBabbles) {
    return "this is no DNS message at all";
  }
  const auto [name, end] = read_name(query);
  const auto type = static_cast<std::uint16_t>(get16(query, end));
  const bool truncates = mood == Mood::kTruncates && !is_stream;
  std::uint8_t rcode = mood == Mood::kFailing ? kServFail : kNoError;
  std::string records;
  unsigned count = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto host = hosts_.find(name);
    if (host == hosts_.end() && rcode == kNoError) {
      rcode = kNxDomain;
    } else if (rcode == kNoError && !truncates) {
      for (const std::string& address : host->second.addresses) {
        const bool is_v6 = address.find(':') != std::string::npos;
        if (type == (is_v6 ? kTypeAaaa : kTypeA)) {
          records += record(type, host->second.ttl, address);
          ++count;
        }
      }
    }
  }
  std::string reply = query.substr(0, 2);
  reply.push_back(static_cast<char>(0x84 | (truncates ? 0x02 : 0)));
  reply.push_back(static_cast<char>(0x80 | rcode));
  put16(reply, 1);
  put16(reply, count);
  put16(reply, 0);
  put16(reply, 0);
  reply += query.substr(kHeader, end + 4 - kHeader);
  return reply + records;
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// DNS messages (RFC 1035 section 4) as plain data; ldns knows their bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

enum class DnsType : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kTxt = 16,
  kAaaa = 28,
};

/// What the server says of the request as a whole (RFC 6895 section 2.3).
/// Others exist.
enum class DnsRcode : std::uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kNotAuth = 9,
  kNotZone = 10,
  kBadSig = 16,  ///< 16 to 18 stand in a signature (RFC 8945 section 3)
  kBadKey = 17,
  kBadTime = 18,
};

/// "NXDOMAIN", "code 77".
[[nodiscard]] std::string to_string(DnsRcode rcode);

struct DnsQuestion {
  std::string name;
  DnsType type = DnsType::kTxt;
  bool recursion_desired = false;
  /// The answer is to say whether DNSSEC holds (RFC 6840 section 5.7).
  bool authentic_data = false;
  /// It is wanted although DNSSEC fails (RFC 4035 section 3.2.2).
  bool checking_disabled = false;
};

/// Names are as canonical_name() writes them.
struct DnsAnswer {
  std::string owner;
  DnsType type = DnsType::kTxt;
  /// An address, a name, a text whose parts are joined; empty for SOA.
  std::string value;
};

struct DnsReply {
  DnsRcode rcode = DnsRcode::kNoError;
  bool authoritative = false;
  bool truncated = false;
  /// Records of the types above; others are left out.
  std::vector<DnsAnswer> answers;
  std::vector<DnsAnswer> authority;
};

/// Lower case, with a trailing dot; nullopt when it cannot be a name.
[[nodiscard]] std::optional<std::string> canonical_name(std::string_view name);

/// Whether a name is `ancestor` or below it. Both are canonical.
[[nodiscard]] bool is_at_or_below(std::string_view name,
                                  std::string_view ancestor) noexcept;

/// The name without its first label: "b.c." of "a.b.c."; "" of ".".
[[nodiscard]] std::string_view parent_name(std::string_view name) noexcept;

/// Throws Error(kConfiguration) for what is no name.
[[nodiscard]] std::vector<std::uint8_t> write_question(
    const DnsQuestion& question, std::uint16_t id);

/// nullopt for malformed bytes.
[[nodiscard]] std::optional<DnsReply> read_reply(
    std::span<const std::uint8_t> message);

/// Whether `reply` belongs to `request`: the same id, opcode and question.
/// A refusal and the answer to an update may leave the question out (RFC 2136
/// section 3.8).
[[nodiscard]] bool is_reply_to(std::span<const std::uint8_t> request,
                               std::span<const std::uint8_t> reply);

}  // namespace acme

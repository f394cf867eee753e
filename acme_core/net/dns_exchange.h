// SPDX-License-Identifier: BSD-2-Clause
// One DNS message there, one back: over UDP, and over TCP where the answer was
// cut short (RFC 1035 section 4.2, RFC 7766).
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace acme {

/// Sends `request` to a server ("192.0.2.53:53", "[2001:db8::53]:53", the port
/// may be absent) and returns the answer that belongs to it; everything else
/// that arrives is passed over. Each exchange has a port of its own, which the
/// kernel chooses at random. Throws Error: kUnavailable, with what happened and
/// no name in front of it, kConfiguration for what is no address, kStopped
/// within a tenth of a second.
[[nodiscard]] std::vector<std::uint8_t> exchange_dns(
    const std::string& server, std::span<const std::uint8_t> request,
    std::chrono::milliseconds timeout, std::stop_token stop);

}  // namespace acme

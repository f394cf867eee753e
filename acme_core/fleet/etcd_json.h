// SPDX-License-Identifier: BSD-2-Clause
// How etcd's gateway writes protobuf in JSON: bytes are base64, 64-bit numbers
// are text, and what has its type's first value is left out. Included by .cpp
// files only, so that JSON stays out of our headers.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "acme_core/fleet/etcd_refusal.h"

namespace acme {

/// With padding, in the alphabet of RFC 4648 section 4.
[[nodiscard]] std::string etcd_base64(std::string_view bytes);

/// Throws Error(kUnavailable): whoever answered is no etcd.
[[noreturn]] void throw_not_etcd();

// Members, which throw it when they are of another type.

[[nodiscard]] std::int64_t int64_in(const nlohmann::json& object,
                                    const char* name);
[[nodiscard]] std::string bytes_in(const nlohmann::json& object,
                                   const char* name);
[[nodiscard]] bool bool_in(const nlohmann::json& object, const char* name);
[[nodiscard]] nlohmann::json list_in(const nlohmann::json& object,
                                     const char* name);

/// What a reply, an object or null, says of it; nullopt: nothing.
[[nodiscard]] std::optional<EtcdRefusal> etcd_refusal_in(
    int http_status, const nlohmann::json& answer);

}  // namespace acme

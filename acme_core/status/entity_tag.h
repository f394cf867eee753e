// SPDX-License-Identifier: BSD-2-Clause
// Entity tags (RFC 9110 section 8.8.3), from what an answer says.
#pragma once

#include <string>
#include <string_view>

#include "acme_core/status/answer.h"
#include "acme_core/time_point.h"

namespace acme {

/// The answer gets this body and a strong tag by it.
void set_body(StatusAnswer& answer, std::string body);

/// The same for a body that also says, first of all, when it was made: as long
/// as it says the same otherwise it is the same to its reader, and its tag is
/// a weak one.
void set_body_of_moment(StatusAnswer& answer, std::string body,
                        TimePoint taken_at);

/// Whether "If-None-Match" lists the tag; "*" lists every one. Compared as
/// section 13.1.2 has it: weak or strong is the same.
[[nodiscard]] bool lists(std::string_view if_none_match, std::string_view tag);

/// To a 304 without body when the client has it already.
void answer_conditionally(StatusAnswer& answer, std::string_view if_none_match);

}  // namespace acme

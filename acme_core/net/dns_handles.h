// SPDX-License-Identifier: BSD-2-Clause
// Ownership of ldns's objects.
#pragma once

// ldns makes macros of bool, true and false unless this was there before.
// clang-format off
#include <stdbool.h>
#include <ldns/ldns.h>
// clang-format on

#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "acme_core/error.h"

namespace acme {

template <auto FreeFunction>
struct LdnsDeleter {
  template <typename T>
  void operator()(T* object) const noexcept {
    FreeFunction(object);
  }
};

/// For texts and messages that ldns hands out.
inline void free_ldns_memory(void* memory) noexcept { std::free(memory); }

using LdnsPacketPtr = std::unique_ptr<ldns_pkt, LdnsDeleter<ldns_pkt_free>>;
using LdnsRecordPtr = std::unique_ptr<ldns_rr, LdnsDeleter<ldns_rr_free>>;
using LdnsRecordListPtr =
    std::unique_ptr<ldns_rr_list, LdnsDeleter<ldns_rr_list_deep_free>>;
/// A name, an address, a text: one field of a record.
using LdnsFieldPtr = std::unique_ptr<ldns_rdf, LdnsDeleter<ldns_rdf_deep_free>>;
using LdnsBufferPtr =
    std::unique_ptr<ldns_buffer, LdnsDeleter<ldns_buffer_free>>;
using LdnsTextPtr = std::unique_ptr<char, LdnsDeleter<free_ldns_memory>>;
using LdnsBytesPtr =
    std::unique_ptr<std::uint8_t, LdnsDeleter<free_ldns_memory>>;

/// What ldns returns nullptr for when memory runs out.
template <typename T>
[[nodiscard]] T* require_ldns(T* made) {
  if (made == nullptr) {
    throw std::bad_alloc();
  }
  return made;
}

/// Throws Error for what is no name.
[[nodiscard]] inline LdnsFieldPtr dns_name_field(const std::string& name) {
  LdnsFieldPtr field(ldns_dname_new_frm_str(name.c_str()));
  if (!field) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + name + "\" is not a DNS name");
  }
  return field;
}

}  // namespace acme

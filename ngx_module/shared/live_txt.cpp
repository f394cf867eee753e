// SPDX-License-Identifier: BSD-2-Clause
// TXT values in shared memory.
#include "ngx_module/shared/live_txt.h"

#include <string>

#include "acme_core/error.h"

namespace ngx_acme {
namespace {

// The name above: "" of the last label.
std::string_view above(std::string_view name) noexcept {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view()
                                       : name.substr(dot + 1);
}

}  // namespace

void LiveTxt::put_locked(ngx_slab_pool_t* pool, std::string_view name,
                         std::string_view value) {
  if (value.empty()) {
    throw acme::Error(acme::ErrorKind::kPermanent,
                      "a TXT value of \"" + std::string(name) + "\" is empty");
  }
  answers_.add_locked(pool, name, value);
  std::string_view ancestor = above(name);
  try {
    for (; !ancestor.empty(); ancestor = above(ancestor)) {
      answers_.add_locked(pool, ancestor, {});
    }
  } catch (...) {
    answers_.remove_locked(name, value);
    for (std::string_view added = above(name); added != ancestor;
         added = above(added)) {
      answers_.remove_locked(added, {});
    }
    throw;
  }
}

void LiveTxt::remove_locked(std::string_view name,
                            std::string_view value) noexcept {
  answers_.remove_locked(name, value);
  for (std::string_view ancestor = above(name); !ancestor.empty();
       ancestor = above(ancestor)) {
    answers_.remove_locked(ancestor, {});
  }
}

acme::DnsZones::Node LiveTxt::find_locked(std::string_view name,
                                          std::int64_t now) const {
  acme::DnsZones::Node node;
  for (const std::string_view value : answers_.find_all_locked(name, now)) {
    node.exists = true;
    if (!value.empty() && node.txt.size() < kMostValues) {
      node.txt.emplace_back(value);
    }
  }
  return node;
}

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// Bridges between nginx's types and C++'s.
#pragma once

#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Borrows: valid as long as nginx's string.
[[nodiscard]] inline std::string_view view(const ngx_str_t& text) noexcept {
  return {reinterpret_cast<const char*>(text.data), text.len};
}

/// Borrows: nginx must not write through it.
[[nodiscard]] inline ngx_str_t borrow(std::string_view text) noexcept {
  return {text.size(),
          reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

/// Elements of an nginx array as a range.
template <typename T>
[[nodiscard]] std::pair<T*, T*> elements(const ngx_array_t& array) noexcept {
  T* first = static_cast<T*>(array.elts);
  return {first, first + array.nelts};
}

/// Makes a T that lives as long as the pool. Throws std::bad_alloc.
template <typename T, typename... Args>
T& make_in_pool(ngx_pool_t* pool, Args&&... args) {
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
  if (cleanup == nullptr) {
    throw std::bad_alloc();
  }
  T* object = std::construct_at(static_cast<T*>(cleanup->data),
                                std::forward<Args>(args)...);
  cleanup->handler = [](void* data) { std::destroy_at(static_cast<T*>(data)); };
  return *object;
}

}  // namespace ngx_acme

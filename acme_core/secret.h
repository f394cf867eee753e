// SPDX-License-Identifier: BSD-2-Clause
// Memory for private keys: wiped before it is given back.
#pragma once

#include <openssl/crypto.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace acme {

/// Overwrites memory in a way no compiler leaves out.
inline void wipe(void* memory, std::size_t size) noexcept {
  OPENSSL_cleanse(memory, size);
}

/// Allocator that overwrites memory before freeing it, also when a vector
/// grows and leaves its old buffer behind.
template <typename T>
struct ZeroingAllocator {
  using value_type = T;

  ZeroingAllocator() noexcept = default;
  template <typename U>
  // NOLINTNEXTLINE(google-explicit-constructor): containers convert it.
  ZeroingAllocator(const ZeroingAllocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    return std::allocator<T>{}.allocate(count);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    wipe(memory, count * sizeof(T));
    std::allocator<T>{}.deallocate(memory, count);
  }

  template <typename U>
  bool operator==(const ZeroingAllocator<U>&) const noexcept {
    return true;
  }
};

/// Bytes that must not outlive their use. A vector, unlike a string, never
/// keeps short contents inside the object itself, so all of it is wiped.
using SecretBytes = std::vector<std::uint8_t, ZeroingAllocator<std::uint8_t>>;

}  // namespace acme

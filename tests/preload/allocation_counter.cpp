// SPDX-License-Identifier: BSD-2-Clause
// For LD_PRELOAD: counts a process's allocations where its test can read it, as
// eight bytes in the file $ALLOCATION_COUNTS/PID.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// glibc's own, under the names that it keeps for this purpose.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}

namespace {

using Counter = std::atomic<std::uint64_t>;

Counter* open_counter() noexcept {
  const char* folder = std::getenv("ALLOCATION_COUNTS");
  std::array<char, 512> path{};
  if (folder == nullptr ||
      std::snprintf(path.data(), path.size(), "%s/%d", folder, getpid()) < 0) {
    return nullptr;
  }
  const int file = open(path.data(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || ftruncate(file, sizeof(Counter)) != 0) {
    return nullptr;
  }
  void* memory = mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE,
                      MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Counter*>(memory);
}

// A fork continues in a file of its own.
void count() noexcept {
  static pid_t owner = 0;
  static Counter* counter = nullptr;
  if (owner != getpid()) {
    owner = getpid();
    counter = open_counter();
  }
  if (counter != nullptr) {
    counter->fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}

__attribute__((visibility("default"))) void* calloc(std::size_t number,
                                                    std::size_t size) {
  count();
  return __libc_calloc(number, size);
}

__attribute__((visibility("default"))) void* realloc(void* memory,
                                                     std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}

}  // extern "C"

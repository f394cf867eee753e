// SPDX-License-Identifier: BSD-2-Clause
// Notes in shared memory: the newest document about each certificate, each
// issuer and the helper, by a key that reloads do not change.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct StatusNote {
  /// Moves with every note; 0: there is none.
  std::atomic<std::uint64_t> revision;
  // The rest is guarded by the mutex.
  char* key;   ///< null: the place is free
  char* text;  ///< may be null
  std::uint32_t key_size;
  std::uint32_t text_size;
  std::uint32_t unused;  ///< how many configurations have not mentioned it

  [[nodiscard]] std::string_view key_text() const noexcept {
    return key == nullptr ? std::string_view()
                          : std::string_view(key, key_size);
  }
  [[nodiscard]] std::string_view note_text() const noexcept {
    return text == nullptr ? std::string_view()
                           : std::string_view(text, text_size);
  }
};

/// Lives in the zone, made of zeros with size_for() bytes. Whoever calls a
/// function "_locked" holds the lock of `pool`, the zone's.
class StatusNotes {
 public:
  [[nodiscard]] static std::size_t size_for(std::size_t places) noexcept {
    return sizeof(StatusNotes) + places * sizeof(StatusNote);
  }

  /// `places` as for size_for(). Call once.
  void open(std::size_t places) noexcept {
    places_ = static_cast<std::uint32_t>(places);
  }

  /// A place for each key: that which it has, or a free one. Those of keys that
  /// no configuration has mentioned twice are freed, and others where there
  /// would be no place. `keys` are not more than places. Throws acme::Error
  /// when the slab has no room for them.
  [[nodiscard]] std::vector<std::size_t> places_for_locked(
      ngx_slab_pool_t* pool, const std::vector<std::string>& keys);

  [[nodiscard]] std::uint64_t revision(std::size_t place) const noexcept {
    return notes_[place].revision.load(std::memory_order_acquire);
  }

  /// Empty while there is none. Throws std::bad_alloc.
  [[nodiscard]] std::string text_locked(std::size_t place) const;

  /// True when it was another text, which is there now with `revision`. False
  /// when it was the same, and, with the old one in place, when there was no
  /// room or the place is another key's by now: then `lost` is incremented.
  bool put_locked(ngx_slab_pool_t* pool, std::size_t place,
                  std::string_view key, std::string_view text,
                  std::uint64_t revision, std::uint64_t& lost) noexcept;

  /// Calls `take` with key and text of each note.
  template <typename Take>
  void for_each_locked(Take take) const {
    for (std::size_t i = 0; i < places_; ++i) {
      if (notes_[i].text != nullptr) {
        take(notes_[i].key_text(), notes_[i].note_text());
      }
    }
  }

 private:
  void free_locked(ngx_slab_pool_t* pool, StatusNote& note) noexcept;

  std::uint32_t places_;
  StatusNote notes_[1];
};

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// Notes in shared memory.
#include "ngx_module/shared/status_notes.h"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

#include "ngx_module/nginx/slab.h"

namespace ngx_acme {
namespace {

// Long enough that an operator who takes a server out and puts it back finds
// its history.
constexpr std::uint32_t kKeptUnused = 2;

}  // namespace

std::vector<std::size_t> StatusNotes::places_for_locked(
    ngx_slab_pool_t* pool, const std::vector<std::string>& keys) {
  const std::span<StatusNote> all(notes_, places_);
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].key != nullptr) {
      ++all[i].unused;
      known.emplace(all[i].key_text(), i);
    }
  }
  std::size_t wanted = 0;
  for (const std::string& key : keys) {
    if (const auto found = known.find(key); found != known.end()) {
      all[found->second].unused = 0;
    } else {
      ++wanted;
    }
  }
  auto free = static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(),
      [](const StatusNote& note) { return note.key == nullptr; }));
  const auto drop_if = [&](auto is_to_go) {
    for (StatusNote& note : all) {
      if (note.key != nullptr && is_to_go(note)) {
        known.erase(note.key_text());
        free_locked(pool, note);
        ++free;
      }
    }
  };
  drop_if([](const StatusNote& note) { return note.unused > kKeptUnused; });
  drop_if([&](const StatusNote& note) {
    return free < wanted && note.unused != 0;
  });
  std::vector<std::size_t> places;
  std::size_t next = 0;
  for (const std::string& key : keys) {
    auto found = known.find(key);
    if (found == known.end()) {
      next = static_cast<std::size_t>(
          std::find_if(
              all.begin() + static_cast<std::ptrdiff_t>(next), all.end(),
              [](const StatusNote& note) { return note.key == nullptr; }) -
          all.begin());
      auto* memory = static_cast<char*>(
          allocate_locked(pool, key.size(), "a note", "none is shown"));
      key.copy(memory, key.size());
      all[next].key_size = static_cast<std::uint32_t>(key.size());
      all[next].unused = 0;
      all[next].key = memory;
      found = known.emplace(all[next].key_text(), next).first;
    }
    places.push_back(found->second);
  }
  return places;
}

std::string StatusNotes::text_locked(std::size_t place) const {
  return std::string(notes_[place].note_text());
}

bool StatusNotes::put_locked(ngx_slab_pool_t* pool, std::size_t place,
                             std::string_view key, std::string_view text,
                             std::uint64_t revision,
                             std::uint64_t& lost) noexcept {
  StatusNote& note = notes_[place];
  if (note.key_text() != key) {
    ++lost;
    return false;
  }
  if (note.note_text() == text) {
    return false;
  }
  auto* memory = static_cast<char*>(
      ngx_slab_alloc_locked(pool, std::max<std::size_t>(text.size(), 1)));
  if (memory == nullptr) {
    ++lost;
    return false;
  }
  text.copy(memory, text.size());
  char* replaced = std::exchange(note.text, nullptr);
  note.text_size = static_cast<std::uint32_t>(text.size());
  note.text = memory;
  note.revision.store(revision, std::memory_order_release);
  if (replaced != nullptr) {
    ngx_slab_free_locked(pool, replaced);
  }
  return true;
}

void StatusNotes::free_locked(ngx_slab_pool_t* pool,
                              StatusNote& note) noexcept {
  char* key = std::exchange(note.key, nullptr);
  char* text = std::exchange(note.text, nullptr);
  note.revision.store(0, std::memory_order_release);
  note.unused = 0;
  ngx_slab_free_locked(pool, key);
  if (text != nullptr) {
    ngx_slab_free_locked(pool, text);
  }
}

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// Answers to challenges in shared memory.
#include "ngx_module/shared/live_answers.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "acme_core/secret.h"
#include "ngx_module/nginx/slab.h"
#include "ngx_module/nginx/steady_seconds.h"

namespace ngx_acme {
namespace {

constexpr std::int64_t kLongestLife = 3600;  // no validation takes that long
constexpr std::int64_t kGrace = 60;

std::size_t size_of(const LiveAnswer& entry) noexcept {
  return sizeof(entry) + entry.name_size + entry.answer_size;
}

std::string_view name_of(const LiveAnswer& entry) noexcept {
  return {reinterpret_cast<const char*>(&entry + 1), entry.name_size};
}

std::string_view answer_of(const LiveAnswer& entry) noexcept {
  return {reinterpret_cast<const char*>(&entry + 1) + entry.name_size,
          entry.answer_size};
}

std::size_t bucket_of(std::string_view name, std::size_t buckets) noexcept {
  return std::hash<std::string_view>{}(name) % buckets;
}

LiveAnswer& make(ngx_slab_pool_t* pool, std::string_view name,
                 std::string_view answer) {
  constexpr std::size_t kLongest = std::numeric_limits<std::uint16_t>::max();
  if (name.size() > kLongest || answer.size() > kLongest) {
    throw acme::Error(acme::ErrorKind::kPermanent,
                      "a challenge is too large to be answered");
  }
  auto& entry = *static_cast<LiveAnswer*>(
      allocate_locked(pool, sizeof(LiveAnswer) + name.size() + answer.size(),
                      "a challenge", "tried again later"));
  entry = {nullptr, 0, static_cast<std::uint16_t>(name.size()),
           static_cast<std::uint16_t>(answer.size()), 0};
  auto* text = reinterpret_cast<char*>(&entry + 1);
  name.copy(text, name.size());
  answer.copy(text + name.size(), answer.size());
  return entry;
}

// One order less wants it answered.
void release(LiveAnswer* entry) noexcept {
  if (entry == nullptr) {
    return;
  }
  entry->references -= std::min<std::uint32_t>(entry->references, 1);
  if (entry->references == 0) {
    entry->expires = steady_seconds() + kGrace;
  }
}

// An answer may hold a private key.
void free_wiped(ngx_slab_pool_t* pool, LiveAnswer* entry) noexcept {
  acme::wipe(entry, size_of(*entry));
  ngx_slab_free_locked(pool, entry);
}

}  // namespace

// The link that points to the entry, or the null link at the end of its bucket.
template <typename Matches>
LiveAnswer** LiveAnswers::link_to(std::string_view name,
                                  Matches matches) noexcept {
  LiveAnswer** link = &buckets_[bucket_of(name, kBuckets)];
  while (*link != nullptr && !matches(**link)) {
    link = &(*link)->next;
  }
  return link;
}

LiveAnswer** LiveAnswers::link_to(std::string_view name) noexcept {
  return link_to(
      name, [&](const LiveAnswer& entry) { return name_of(entry) == name; });
}

LiveAnswer** LiveAnswers::link_to(std::string_view name,
                                  std::string_view answer) noexcept {
  return link_to(name, [&](const LiveAnswer& entry) {
    return name_of(entry) == name && answer_of(entry) == answer;
  });
}

template <typename IsOver>
void LiveAnswers::remove_if(ngx_slab_pool_t* pool, IsOver is_over) noexcept {
  for (LiveAnswer*& bucket : buckets_) {
    LiveAnswer** link = &bucket;
    while (LiveAnswer* entry = *link) {
      if (!is_over(*entry)) {
        link = &entry->next;
        continue;
      }
      *link = entry->next;
      free_wiped(pool, entry);
      count_.fetch_sub(1, std::memory_order_release);
    }
  }
}

// Once a second: with thousands of names it is work.
void LiveAnswers::remove_expired(ngx_slab_pool_t* pool,
                                 std::int64_t now) noexcept {
  if (std::exchange(swept_at_, now) != now) {
    remove_if(pool,
              [&](const LiveAnswer& entry) { return entry.expires <= now; });
  }
}

std::optional<std::int64_t> LiveAnswers::oldest_idle_locked() const noexcept {
  std::optional<std::int64_t> oldest;
  for (const LiveAnswer* entry : buckets_) {
    for (; entry != nullptr; entry = entry->next) {
      if (entry->references == 0) {
        oldest = std::min(oldest.value_or(entry->expires), entry->expires);
      }
    }
  }
  return oldest;
}

void LiveAnswers::free_idle_locked(ngx_slab_pool_t* pool,
                                   std::int64_t since) noexcept {
  remove_if(pool, [&](const LiveAnswer& entry) {
    return entry.references == 0 && entry.expires <= since;
  });
}

void LiveAnswers::take_over_locked(ngx_slab_pool_t* pool,
                                   const LiveAnswers& previous) {
  const std::int64_t now = steady_seconds();
  for (std::size_t i = 0; i < kBuckets; ++i) {
    for (const LiveAnswer* old = previous.buckets_[i]; old != nullptr;
         old = old->next) {
      if (old->expires > now) {
        LiveAnswer& entry = make(pool, name_of(*old), answer_of(*old));
        entry.expires = std::min(old->expires, now + kGrace);
        entry.next = std::exchange(buckets_[i], &entry);
        count_.fetch_add(1, std::memory_order_release);
      }
    }
  }
}

void LiveAnswers::put_locked(ngx_slab_pool_t* pool, std::string_view name,
                             std::string_view answer) {
  const std::int64_t now = steady_seconds();
  remove_expired(pool, now);
  LiveAnswer** link = link_to(name);
  if (*link == nullptr) {
    *link = &make(pool, name, answer);
    count_.fetch_add(1, std::memory_order_release);
  } else if (answer_of(**link) != answer) {
    LiveAnswer& newer = make(pool, name, answer);
    newer.next = (*link)->next;
    newer.references = (*link)->references;
    free_wiped(pool, std::exchange(*link, &newer));
  }
  ++(*link)->references;
  (*link)->expires = now + kLongestLife;
}

void LiveAnswers::add_locked(ngx_slab_pool_t* pool, std::string_view name,
                             std::string_view answer) {
  const std::int64_t now = steady_seconds();
  remove_expired(pool, now);
  LiveAnswer** link = link_to(name, answer);
  if (*link == nullptr) {
    *link = &make(pool, name, answer);
    count_.fetch_add(1, std::memory_order_release);
  }
  ++(*link)->references;
  (*link)->expires = now + kLongestLife;
}

void LiveAnswers::remove_locked(std::string_view name) noexcept {
  release(*link_to(name));
}

void LiveAnswers::remove_locked(std::string_view name,
                                std::string_view answer) noexcept {
  release(*link_to(name, answer));
}

std::string_view LiveAnswers::find_locked(std::string_view name,
                                          std::int64_t now) const noexcept {
  const LiveAnswer* entry = buckets_[bucket_of(name, kBuckets)];
  while (entry != nullptr && name_of(*entry) != name) {
    entry = entry->next;
  }
  return entry != nullptr && entry->expires > now ? answer_of(*entry)
                                                  : std::string_view();
}

std::vector<std::string_view> LiveAnswers::find_all_locked(
    std::string_view name, std::int64_t now) const {
  std::vector<std::string_view> answers;
  for (const LiveAnswer* entry = buckets_[bucket_of(name, kBuckets)];
       entry != nullptr; entry = entry->next) {
    if (entry->expires > now && name_of(*entry) == name) {
      answers.push_back(answer_of(*entry));
    }
  }
  return answers;
}

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// The nonce pool.
#include "acme_core/protocol/nonce_pool.h"

#include <algorithm>
#include <utility>

#include "acme_core/ascii.h"

namespace acme {
namespace {

constexpr std::size_t kMostNonces = 64;
constexpr std::size_t kLongestNonce = 256;

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_';
  });
}

}  // namespace

void NoncePool::put(std::string_view nonce) {
  if (nonce.empty() || nonce.size() > kLongestNonce || !is_base64url(nonce)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (nonces_.size() == kMostNonces) {
    nonces_.erase(nonces_.begin());
  }
  nonces_.emplace_back(nonce);
}

std::optional<std::string> NoncePool::take() {
  const std::lock_guard lock(mutex_);
  if (nonces_.empty()) {
    return std::nullopt;
  }
  std::string nonce = std::move(nonces_.back());
  nonces_.pop_back();
  return nonce;
}

void NoncePool::clear() {
  const std::lock_guard lock(mutex_);
  nonces_.clear();
}

}  // namespace acme

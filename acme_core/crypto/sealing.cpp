// SPDX-License-Identifier: BSD-2-Clause
// Small secrets on disk, encrypted so that they are bound to their place.
#include "acme_core/crypto/sealing.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/crypto/openssl.h"
#include "acme_core/hexadecimal.h"

namespace acme {
namespace {

constexpr std::string_view kMark = "ngx-acme-sealed ";
constexpr std::string_view kVersion = "1";
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kIdSize = 8;

std::string_view text_of(std::span<const std::uint8_t> data) noexcept {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

bool is_space(std::uint8_t c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int digit_value(std::uint8_t c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

bool is_hexadecimal(std::span<const std::uint8_t> text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](std::uint8_t c) { return digit_value(c) >= 0; });
}

SecretBytes trimmed(const SecretBytes& contents) {
  const auto first =
      std::find_if_not(contents.begin(), contents.end(), is_space);
  auto last = contents.end();
  while (last != first && is_space(*(last - 1))) {
    --last;
  }
  return {first, last};
}

std::optional<SecretBytes> from_hexadecimal(const SecretBytes& text) {
  if (text.size() != 2 * kSealingKeySize || !is_hexadecimal(text)) {
    return std::nullopt;
  }
  SecretBytes key(kSealingKeySize);
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::uint8_t>(digit_value(text[2 * i]) * 16 +
                                       digit_value(text[2 * i + 1]));
  }
  return key;
}

std::optional<SecretBytes> from_base64(SecretBytes text) {
  if (!text.empty() && text.back() == '=') {
    text.pop_back();
  }
  std::replace(text.begin(), text.end(), std::uint8_t{'+'}, std::uint8_t{'-'});
  std::replace(text.begin(), text.end(), std::uint8_t{'/'}, std::uint8_t{'_'});
  auto bytes = base64url_decode(text_of(text));
  if (!bytes) {
    return std::nullopt;
  }
  SecretBytes key(bytes->begin(), bytes->end());
  wipe(bytes->data(), bytes->size());
  return key.size() == kSealingKeySize ? std::optional(std::move(key))
                                       : std::nullopt;
}

// The words in front of the secret: they are in the open, and authentic.
std::string head_of(const std::string& key_id, const SealSubject& subject) {
  return std::string(kMark)
      .append(kVersion)
      .append(" ")
      .append(key_id)
      .append(" ")
      .append(subject.serial.empty() ? "-" : subject.serial)
      .append(" ");
}

std::string associated_data(std::string_view head, std::string_view name) {
  return std::string(head).append(name);
}

using CipherCtxPtr =
    std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter<EVP_CIPHER_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Ciphertext and tag.
std::vector<std::uint8_t> encrypt(const SecretBytes& key,
                                  std::span<const std::uint8_t> nonce,
                                  std::span<const std::uint8_t> secret,
                                  std::string_view associated) {
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  std::vector<std::uint8_t> out(secret.size() + kTagSize);
  int size = 0;
  int rest = 0;
  if (!context ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                         nonce.data()) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(associated),
                        static_cast<int>(associated.size())) != 1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &size, secret.data(),
                        static_cast<int>(secret.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), out.data() + size, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagSize,
                          out.data() + secret.size()) != 1) {
    throw openssl_error("cannot seal a private key");
  }
  return out;
}

std::optional<SecretBytes> decrypt(const SecretBytes& key,
                                   std::span<const std::uint8_t> sealed,
                                   std::string_view associated) {
  const OpensslErrorScope errors;
  const auto nonce = sealed.first(kNonceSize);
  const auto text =
      sealed.subspan(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::array<std::uint8_t, kTagSize> tag{};
  std::copy_n(sealed.end() - kTagSize, kTagSize, tag.begin());
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  SecretBytes out(text.size() + 1);
  int size = 0;
  int rest = 0;
  if (!context ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                         nonce.data()) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(associated),
                        static_cast<int>(associated.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), out.data(), &size, text.data(),
                        static_cast<int>(text.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagSize,
                          tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), out.data() + size, &rest) != 1) {
    return std::nullopt;
  }
  out.resize(text.size());
  return out;
}

// Splits off the next word; what is left begins behind the space.
std::string_view next_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

UnsealResult damaged() {
  return {std::nullopt, "is damaged, or was sealed for another name", false};
}

std::string listed_ids(const SealingKeys& keys) {
  std::string ids;
  for (const SecretBytes& key : keys.keys) {
    ids.append(ids.empty() ? "" : ", ").append(sealing_key_id(key));
  }
  return ids;
}

UnsealResult lacks_key(const SealingKeys& keys, std::string_view id) {
  std::string fault = "is sealed with the key " + std::string(id);
  fault += keys.keys.empty()
               ? ": name its file in \"acme_state_key\""
               : ", and \"acme_state_key\" names " + listed_ids(keys) +
                     ": name the file of that key, too";
  return {std::nullopt, std::move(fault), true};
}

}  // namespace

std::optional<SecretBytes> parse_sealing_key(const SecretBytes& contents) {
  // Not 128 bits in hexadecimal, which somebody took for 256.
  if (contents.size() == kSealingKeySize && !is_hexadecimal(contents)) {
    return contents;
  }
  const SecretBytes text = trimmed(contents);
  if (auto key = from_hexadecimal(text)) {
    return key;
  }
  return from_base64(text);
}

std::string sealing_key_id(const SecretBytes& key) {
  SecretBytes text;
  constexpr std::string_view kUse = "ngx-acme sealing key ";
  text.reserve(kUse.size() + key.size());
  text.assign(kUse.begin(), kUse.end());
  text.insert(text.end(), key.begin(), key.end());
  const auto digest = sha256(text_of(text));
  return to_hex(std::span(digest).first(kIdSize));
}

bool is_sealed(std::span<const std::uint8_t> data) noexcept {
  return text_of(data).starts_with(kMark);
}

SecretBytes seal(const SecretBytes& key, std::span<const std::uint8_t> secret,
                 const SealSubject& subject) {
  std::vector<std::uint8_t> sealed(kNonceSize);
  if (RAND_bytes(sealed.data(), kNonceSize) != 1) {
    throw openssl_error("cannot seal a private key");
  }
  const std::string head = head_of(sealing_key_id(key), subject);
  const std::vector<std::uint8_t> text =
      encrypt(key, sealed, secret, associated_data(head, subject.name));
  sealed.insert(sealed.end(), text.begin(), text.end());
  const std::string line = head + base64url_encode(sealed) + "\n";
  return {line.begin(), line.end()};
}

UnsealResult unseal(const SealingKeys& keys, std::span<const std::uint8_t> data,
                    std::string_view name) {
  const std::string_view line = text_of(data);
  std::string_view rest = line;
  rest.remove_prefix(std::min(rest.size(), kMark.size()));
  if (rest.ends_with('\n')) {
    rest.remove_suffix(1);
  }
  if (next_word(rest) != kVersion) {
    // Not damage: the file is left for a version that knows its form.
    return {std::nullopt, "is sealed in a form that this version does not know",
            true};
  }
  const std::string_view id = next_word(rest);
  const std::string_view serial = next_word(rest);
  const std::string_view head =
      line.substr(0, static_cast<std::size_t>(rest.data() - line.data()));
  const auto sealed = base64url_decode(rest);
  if (id.size() != 2 * kIdSize || serial.empty() || !sealed ||
      sealed->size() < kNonceSize + kTagSize) {
    return damaged();
  }
  for (std::size_t i = 0; i < keys.keys.size(); ++i) {
    if (sealing_key_id(keys.keys[i]) != id) {
      continue;
    }
    auto secret = decrypt(keys.keys[i], *sealed, associated_data(head, name));
    if (!secret) {
      return damaged();
    }
    return {
        Unsealed{std::move(*secret),
                 serial == "-" ? std::string() : std::string(serial), i == 0},
        {},
        false};
  }
  return lacks_key(keys, id);
}

}  // namespace acme

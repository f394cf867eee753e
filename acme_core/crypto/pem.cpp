// SPDX-License-Identifier: BSD-2-Clause
// What is inside of PEM files, by OpenSSL.
#include "acme_core/crypto/pem.h"

#include <openssl/err.h>

#include <cstddef>
#include <limits>

#include "acme_core/crypto/openssl.h"

namespace acme {
namespace {

constexpr std::size_t kMostBlocks = 16;

// Of a block; the contents may be a key's.
class OpensslBlock {
 public:
  OpensslBlock() = default;
  ~OpensslBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  OpensslBlock(const OpensslBlock&) = delete;
  OpensslBlock& operator=(const OpensslBlock&) = delete;

  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

}  // namespace

std::optional<std::vector<PemBlock>> pem_blocks(
    std::span<const std::uint8_t> pem) {
  const OpensslErrorScope errors;
  if (pem.size() > std::size_t{std::numeric_limits<int>::max()}) {
    return std::nullopt;
  }
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) {
    return std::nullopt;
  }
  std::vector<PemBlock> blocks;
  for (;;) {
    OpensslBlock block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data,
                     &block.size) != 1) {
      const bool at_end =
          ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      return at_end ? std::optional(std::move(blocks)) : std::nullopt;
    }
    // A header says how to decrypt.
    if (block.header[0] != '\0' || blocks.size() == kMostBlocks) {
      return std::nullopt;
    }
    blocks.push_back(
        {block.name, SecretBytes(block.data, block.data + block.size)});
  }
}

}  // namespace acme

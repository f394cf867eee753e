// SPDX-License-Identifier: BSD-2-Clause
// A pair that was found good once and has not changed since.
#include "acme_core/storage/verified_pair.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/crypto/pem.h"
#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

struct Files {
  ReadResult chain;
  ReadResult key;

  [[nodiscard]] bool are_there() const {
    return chain.status == ReadResult::Status::kOk &&
           key.status == ReadResult::Status::kOk;
  }
};

Files read_files(const FileSystem& files, const std::string& name) {
  return {files.read(name + ".crt", kLargestFile),
          files.read(name + ".key", kLargestFile)};
}

std::string digest_of(const SecretBytes& data) {
  return base64url_encode(
      sha256({reinterpret_cast<const char*>(data.data()), data.size()}));
}

// Ends with a check of itself: when a disk has damaged the digest, nothing can
// be said about the files.
std::string digest_of(const SecretBytes& chain, const SecretBytes& key) {
  constexpr std::size_t kCheckLength = 8;
  const std::string digest = digest_of(chain) + "." + digest_of(key);
  return digest + "." +
         base64url_encode(sha256(digest)).substr(0, kCheckLength);
}

std::string digest_of(const Files& files) {
  return digest_of(files.chain.data, files.key.data);
}

bool is_whole(const std::string& digest) {
  const std::string_view text(digest);
  const std::string_view parts = text.substr(0, text.rfind('.'));
  const std::string check = base64url_encode(sha256(parts));
  return parts.find('.') != std::string_view::npos &&
         check.starts_with(text.substr(parts.size() + 1)) &&
         text.size() > parts.size() + 1;
}

}  // namespace

std::string digest_of_files(const FileSystem& files, const std::string& name) {
  const Files read = read_files(files, name);
  return read.are_there() ? digest_of(read) : std::string();
}

bool is_altered(const FileSystem& files, const std::string& name,
                const CertificateChain& chain) {
  const ReadResult document = files.read(name + ".json", kLargestFile);
  const Files read = read_files(files, name);
  if (document.status != ReadResult::Status::kOk || !read.are_there()) {
    return false;
  }
  const CertificateFacts facts =
      read_certificate_document(to_text(document.data)).facts;
  const std::string& verified = facts.verified_files;
  const std::string pem = chain.to_pem();
  const SecretBytes canonical(pem.begin(), pem.end());
  return facts.serial == chain.serial() && is_whole(verified) &&
         verified.find("." + digest_of(read.key.data) + ".") !=
             std::string::npos &&
         !verified.starts_with(digest_of(read.chain.data) + ".") &&
         !verified.starts_with(digest_of(canonical) + ".");
}

bool is_in_order(const FileSystem& files, const std::string& name,
                 const CertificateChain& chain) {
  const auto blocks = pem_blocks(files.read(name + ".crt", kLargestFile).data);
  return blocks &&
         std::equal(
             blocks->begin(), blocks->end(), chain.der().begin(),
             chain.der().end(),
             [](const PemBlock& block, const std::vector<std::uint8_t>& der) {
               return std::equal(block.der.begin(), block.der.end(),
                                 der.begin(), der.end());
             });
}

std::optional<VerifiedPair> find_verified_pair(const FileSystem& files,
                                               const std::string& name) {
  const ReadResult document = files.read(name + ".json", kLargestFile);
  if (document.status != ReadResult::Status::kOk) {
    return std::nullopt;
  }
  auto [facts, record] = read_certificate_document(to_text(document.data));
  const Files read = read_files(files, name);
  const bool is_for_another =
      !read.key.serial.empty() && read.key.serial != facts.serial;
  if (facts.verified_files.empty() || !read.are_there() || is_for_another ||
      digest_of(read) != facts.verified_files) {
    return std::nullopt;
  }
  const auto chain = pem_blocks(read.chain.data);
  auto key = pem_blocks(read.key.data);
  if (!chain || chain->empty() || !key || key->size() != 1) {
    return std::nullopt;
  }
  VerifiedPair pair{.chain = {},
                    .key = std::move(key->front().der),
                    .facts = std::move(facts),
                    .record = std::move(record)};
  for (const PemBlock& block : *chain) {
    pair.chain.push_back(block.der);
  }
  return pair;
}

}  // namespace acme

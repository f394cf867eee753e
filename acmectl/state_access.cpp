// SPDX-License-Identifier: BSD-2-Clause
// A state directory that a command was named.
#include "acmectl/state_access.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "acme_core/error.h"
#include "acme_core/storage/sealed_file_system.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

// More than any spelling of 32 bytes.
constexpr std::size_t kLargestKeyFile = 4096;

acme::SecretBytes secret_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  acme::SecretBytes contents(kLargestKeyFile);
  file.rdbuf()->pubsetbuf(nullptr, 0);  // no copy that is not wiped
  file.read(reinterpret_cast<char*>(contents.data()),
            static_cast<std::streamsize>(contents.size()));
  contents.resize(static_cast<std::size_t>(file.gcount()));
  return contents;
}

}  // namespace

acme::SealingKeys read_state_keys(const std::vector<std::string>& paths) {
  acme::SealingKeys keys;
  for (const std::string& path : paths) {
    auto key = acme::parse_sealing_key(secret_of(path));
    if (!key) {
      throw acme::Error(
          acme::ErrorKind::kConfiguration,
          "\"" + path +
              "\" cannot be read, or is no state key: 32 bytes, or one line "
              "with them in hexadecimal or base64");
    }
    keys.keys.push_back(std::move(*key));
  }
  return keys;
}

std::unique_ptr<acme::FileStore> open_state(const std::string& path,
                                            const acme::SealingKeys& keys) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    throw Refusal(kNotFound,
                  "\"" + path + "\": " + std::system_category().message(errno) +
                      "; nginx makes it at its first start with the issuer "
                      "configured, or at \"nginx -t\" as root");
  }
  if (!S_ISDIR(status.st_mode)) {
    throw Refusal(kNotFound, "\"" + path + "\" is not a directory");
  }
  return std::make_unique<acme::FileStore>(
      acme::open_state_directory(path, keys));
}

}  // namespace acmectl

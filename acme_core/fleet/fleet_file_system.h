// SPDX-License-Identifier: BSD-2-Clause
// A state directory as the engine sees it on a node of a fleet: it reads the
// directory, and writes through to the tree.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/file_system.h"
#include "acme_core/fleet/replica.h"

namespace acme {

class FleetNode;

/// The lock on the state is the fleet's; other locks are the directory's.
class FleetFileSystem final : public FileSystem {
 public:
  FleetFileSystem(std::shared_ptr<FleetNode> node,
                  std::shared_ptr<Replica> replica);
  ~FleetFileSystem() override;

  [[nodiscard]] const std::string& root() const noexcept override;
  [[nodiscard]] ReadResult read(std::string_view path,
                                std::size_t limit) const override;
  void write(std::string_view path,
             std::span<const std::uint8_t> data) override;
  void write_key(std::string_view path, std::span<const std::uint8_t> data,
                 const std::string& serial) override;
  void rename(std::string_view from, std::string_view to) override;
  void remove(std::string_view path) override;
  [[nodiscard]] std::vector<std::string> list(
      std::string_view folder) const override;
  [[nodiscard]] std::optional<FileStamp> stamp(
      std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(
      std::string_view path) override;
  void remove_leftovers(std::string_view folder) override;
  [[nodiscard]] std::unique_ptr<FolderWatch> watch(
      const std::vector<std::string>& folders) const override;
  [[nodiscard]] SealReport renew_seals() override;

 private:
  const std::shared_ptr<FleetNode> node_;
  const std::shared_ptr<Replica> replica_;
};

}  // namespace acme

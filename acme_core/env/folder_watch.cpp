// SPDX-License-Identifier: BSD-2-Clause
// inotify(7).
#include "acme_core/env/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "acme_core/env/descriptor.h"

namespace acme {
namespace {

// Our files are renamed into place.
constexpr std::uint32_t kChanges = IN_CREATE | IN_MOVED_TO | IN_DELETE;

class Inotify final : public FolderWatch {
 public:
  Inotify(Descriptor events, Descriptor wake, std::vector<std::string> folders)
      : events_(std::move(events)),
        wake_(std::move(wake)),
        folders_(std::move(folders)) {}

  bool wait(std::chrono::milliseconds longest, std::stop_token stop) override {
    const std::stop_callback on_stop(
        stop, [this]() noexcept { eventfd_write(wake_.get(), 1); });
    for (const std::string& folder : folders_) {
      // The same watch when it is the same folder.
      inotify_add_watch(events_.get(), folder.c_str(),
                        kChanges | IN_ONLYDIR | IN_DONT_FOLLOW);
    }
    std::array<pollfd, 2> awaited{
        {{events_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    constexpr std::chrono::milliseconds kLongest{60'000};
    poll(awaited.data(), awaited.size(),
         static_cast<int>(std::min(longest, kLongest).count()));
    alignas(inotify_event) std::array<char, 4096> events;
    bool has_changed = false;
    while (read(events_.get(), events.data(), events.size()) > 0) {
      has_changed = true;
    }
    return has_changed;
  }

 private:
  Descriptor events_;
  Descriptor wake_;
  std::vector<std::string> folders_;
};

}  // namespace

std::unique_ptr<FolderWatch> watch_folders(std::vector<std::string> folders) {
  const int events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (events < 0) {
    return nullptr;
  }
  Descriptor owned(events);
  const int wake = eventfd(0, EFD_CLOEXEC);
  if (wake < 0) {
    return nullptr;
  }
  return std::make_unique<Inotify>(std::move(owned), Descriptor(wake),
                                   std::move(folders));
}

}  // namespace acme

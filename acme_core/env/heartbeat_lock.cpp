// SPDX-License-Identifier: BSD-2-Clause
// A lock between processes for file systems without flock().
#include "acme_core/env/heartbeat_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/random.h"
#include "acme_core/env/trusted_path.h"
#include "acme_core/error.h"

namespace acme {
namespace {

constexpr mode_t kLockMode = 0600;
constexpr std::size_t kLongestHeld = 1024;
constexpr int kCreate = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

std::string first_word_of(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word.empty() ? "-" : word;
}

// Of this machine since it was booted, and of its processes as we count them.
std::string machine() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') {
    host[0] = '-';
  }
  std::array<char, 64> space{};
  if (readlink("/proc/self/ns/pid", space.data(), space.size() - 1) <= 0) {
    space[0] = '-';
  }
  return std::string(host.data()) + " " +
         first_word_of("/proc/sys/kernel/random/boot_id") + " " + space.data();
}

std::string random_word() {
  std::array<char, 17> hex{};
  static_cast<void>(std::snprintf(hex.data(), hex.size(), "%016" PRIx64,
                                  SystemRandom().below(UINT64_MAX)));
  return hex.data();
}

// Those of this process: a file with its number and another word is left from
// an earlier process that had the number.
class OwnWords {
 public:
  void add(const std::string& word) {
    const std::lock_guard lock(mutex_);
    words_.insert(word);
  }
  void remove(const std::string& word) {
    const std::lock_guard lock(mutex_);
    words_.erase(word);
  }
  bool has(const std::string& word) {
    const std::lock_guard lock(mutex_);
    return words_.contains(word);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> words_;
};

// Not within a function: it has to outlive the locks of threads at exit.
OwnWords own_words;

// Known before the file is there: another thread of ours may look at once.
class NewWord {
 public:
  NewWord() : word_(random_word()) { own_words.add(word_); }
  ~NewWord() {
    if (!kept_) {
      own_words.remove(word_);
    }
  }
  NewWord(const NewWord&) = delete;
  NewWord& operator=(const NewWord&) = delete;

  [[nodiscard]] const std::string& text() const noexcept { return word_; }
  /// The lock has it from now on.
  void keep() noexcept { kept_ = true; }

 private:
  std::string word_;
  bool kept_ = false;
};

// Always as long: a beat overwrites the one before.
std::string text_of(const std::string& word, std::uint64_t beat) {
  std::array<char, 64> numbers{};
  static_cast<void>(std::snprintf(
      numbers.data(), numbers.size(), " %10ld %s %020" PRIu64 "\n",
      static_cast<long>(getpid()), word.c_str(), beat));
  return machine() + numbers.data();
}

// Its holder was a process of this machine that has ended.
bool is_of_the_dead(const std::string& content) {
  const std::string here = machine() + " ";
  if (!content.starts_with(here)) {
    return false;
  }
  long pid = 0;
  std::array<char, 17> word{};
  if (std::sscanf(content.c_str() + here.size(), "%ld %16s", &pid,
                  word.data()) != 2 ||
      pid <= 0) {
    return false;
  }
  if (pid == static_cast<long>(getpid())) {
    return !own_words.has(word.data());
  }
  return kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

[[noreturn]] void fail(const std::string& root, const std::string& name) {
  throw Error(ErrorKind::kTransient, "cannot lock " + root + "/" + name + ": " +
                                         std::system_category().message(errno));
}

// nullopt when there is no such file.
std::optional<std::string> content_of(const Descriptor& folder,
                                      const std::string& name) {
  const Descriptor file(openat(folder.get(), name.c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    return std::nullopt;
  }
  std::string content(kLongestHeld, '\0');
  const ssize_t size = pread(file.get(), content.data(), content.size(), 0);
  content.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return content;
}

bool write_beat(const Descriptor& file, const std::string& text) {
  return pwrite(file.get(), text.data(), text.size(), 0) ==
             static_cast<ssize_t>(text.size()) &&
         fsync(file.get()) == 0;
}

// Removes its file again when it goes.
class Takeover {
 public:
  Takeover(const Descriptor& folder, std::string name)
      : folder_(folder),
        name_(std::move(name)),
        file_(openat(folder.get(), name_.c_str(), kCreate, kLockMode)) {}
  ~Takeover() {
    if (file_) {
      unlinkat(folder_.get(), name_.c_str(), 0);
    }
  }
  Takeover(const Takeover&) = delete;
  Takeover& operator=(const Takeover&) = delete;

  [[nodiscard]] bool is_ours(const std::string& word) const {
    return file_ && write_beat(file_, text_of(word, 0));
  }

 private:
  const Descriptor& folder_;
  std::string name_;
  Descriptor file_;
};

class HeartbeatLock final : public FileLock {
 public:
  HeartbeatLock(const std::string& root, std::string name, std::string word,
                Descriptor file, std::chrono::milliseconds beat,
                const ThreadStarter& start_thread, std::string remark)
      : root_(root),
        name_(std::move(name)),
        word_(std::move(word)),
        file_(std::move(file)),
        remark_(std::move(remark)) {
    try {
      thread_ = start_thread(
          [this, beat](const std::stop_token& stop) { run(stop, beat); });
    } catch (const std::system_error& error) {
      release();
      throw Error(ErrorKind::kOurs, "cannot lock " + root_ + "/" + name_ +
                                        ": " + why_no_thread(error));
    }
  }

  ~HeartbeatLock() override {
    thread_.request_stop();
    if (thread_.joinable()) {
      thread_.join();
    }
    release();
  }
  HeartbeatLock(const HeartbeatLock&) = delete;
  HeartbeatLock& operator=(const HeartbeatLock&) = delete;

  [[nodiscard]] std::string remark() const override { return remark_; }
  [[nodiscard]] bool is_held() const override { return held_; }

 private:
  void run(const std::stop_token& stop, std::chrono::milliseconds beat) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any changed;
    for (std::uint64_t count = 1;; ++count) {
      if (changed.wait_for(lock, stop, beat,
                           [&] { return stop.stop_requested(); })) {
        return;
      }
      if (!is_in_place()) {
        held_ = false;
        return;
      }
      // A disk that fails for a while costs nothing but the lock.
      static_cast<void>(write_beat(file_, text_of(word_, count)));
    }
  }

  // Its file is still the one that has the name.
  [[nodiscard]] bool is_in_place() const {
    const Descriptor folder = open_trusted(root_);
    struct stat own {};
    struct stat named {};
    return folder && fstat(file_.get(), &own) == 0 &&
           fstatat(folder.get(), name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) ==
               0 &&
           own.st_ino == named.st_ino && own.st_dev == named.st_dev;
  }

  void release() {
    own_words.remove(word_);
    const Descriptor folder = open_trusted(root_);
    if (folder && is_in_place()) {
      unlinkat(folder.get(), name_.c_str(), 0);
    }
  }

  const std::string root_;
  const std::string name_;
  const std::string word_;
  const Descriptor file_;
  const std::string remark_;
  std::atomic<bool> held_{true};
  std::jthread thread_;
};

}  // namespace

bool HeartbeatLocks::is_out_of_date(const std::string& file,
                                    const std::string& content) {
  if (is_of_the_dead(content)) {
    return true;
  }
  const auto now = std::chrono::steady_clock::now();
  Seen& seen = seen_[file];
  if (seen.content != content || seen.since == decltype(seen.since)()) {
    seen = {content, now};
  }
  return now - seen.since >= timing_.beat * timing_.missed;
}

std::unique_ptr<FileLock> HeartbeatLocks::try_lock(const std::string& name,
                                                   const std::string& why) {
  const std::lock_guard lock(mutex_);
  const std::string held = name + ".held";
  const std::string takeover = name + ".takeover";
  const Descriptor folder = open_trusted(root_);
  if (!folder) {
    fail(root_, held);
  }
  NewWord own;
  const std::string& word = own.text();
  Descriptor file(openat(folder.get(), held.c_str(), kCreate, kLockMode));
  if (!file && errno != EEXIST) {
    fail(root_, held);
  }
  if (!file) {
    const auto content = content_of(folder, held);
    if (!content || !is_out_of_date(held, *content)) {
      return nullptr;
    }
    const Takeover alone(folder, takeover);
    if (!alone.is_ours(word)) {
      // A crash within the few instructions below.
      const auto other = content_of(folder, takeover);
      if (other && is_out_of_date(takeover, *other)) {
        unlinkat(folder.get(), takeover.c_str(), 0);
      }
      return nullptr;
    }
    if (content_of(folder, held) != content) {
      return nullptr;  // somebody was faster
    }
    const std::string temporary = ".tmp." + word;
    file =
        Descriptor(openat(folder.get(), temporary.c_str(), kCreate, kLockMode));
    if (!file || !write_beat(file, text_of(word, 0)) ||
        renameat(folder.get(), temporary.c_str(), folder.get(), held.c_str()) !=
            0) {
      const int error = errno;
      unlinkat(folder.get(), temporary.c_str(), 0);
      errno = error;
      fail(root_, held);
    }
  } else if (!write_beat(file, text_of(word, 0))) {
    const int error = errno;
    unlinkat(folder.get(), held.c_str(), 0);
    errno = error;
    fail(root_, held);
  }
  own.keep();
  std::string remark;
  if (!std::exchange(told_, true)) {
    remark = "the file system of \"" + root_ + "\" has no locks (" + why +
             "): the file \"" + held +
             "\", which is kept fresh, stands in for one; a file system with "
             "flock() or one nginx for each state directory does without";
  }
  return std::make_unique<HeartbeatLock>(root_, held, word, std::move(file),
                                         timing_.beat, start_thread_,
                                         std::move(remark));
}

}  // namespace acme

// SPDX-License-Identifier: BSD-2-Clause
// A password from a file or a person.
#include "acmectl/password.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "acme_core/env/descriptor.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

constexpr std::size_t kLongest = 1024;

// One byte at a time: nothing behind the line is taken, or kept in a buffer.
acme::SecretBytes read_line(int descriptor) {
  acme::SecretBytes line;
  std::uint8_t byte = 0;
  while (line.size() < kLongest) {
    const ssize_t count = read(descriptor, &byte, 1);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0 || byte == '\n') {
      break;
    }
    if (byte != '\r') {
      line.push_back(byte);
    }
  }
  return line;
}

// What is typed is not shown.
class Silence {
 public:
  Silence() {
    if (tcgetattr(STDIN_FILENO, &before_) == 0) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      is_set_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
  }
  ~Silence() {
    if (is_set_) {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  [[nodiscard]] bool is_set() const noexcept { return is_set_; }

 private:
  termios before_{};
  bool is_set_ = false;
};

acme::SecretBytes ask_unseen(const Context& context,
                             const std::string& question) {
  context.screen.err << question << ": " << std::flush;
  acme::SecretBytes answer = read_line(STDIN_FILENO);
  context.screen.err << '\n';
  return answer;
}

}  // namespace

acme::SecretBytes password_from_file(const std::string& path) {
  const acme::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  acme::SecretBytes password =
      file ? read_line(file.get()) : acme::SecretBytes();
  if (password.empty()) {
    throw Refusal(kFailed, "\"" + path +
                               "\" cannot be read, or has no password in its "
                               "first line");
  }
  return password;
}

acme::SecretBytes ask_password(const Context& context) {
  if (!context.can_ask) {
    throw Refusal(kUsage,
                  "nobody can be asked for the password here; name a file "
                  "with --password-file");
  }
  const Silence silence;
  if (!silence.is_set()) {
    throw Refusal(kFailed, "the terminal would show the password");
  }
  acme::SecretBytes password = ask_unseen(context, "Password of the file");
  if (password.empty() || ask_unseen(context, "Once more") != password) {
    throw Refusal(kFailed, password.empty() ? "no password, no file"
                                            : "the two are not the same");
  }
  return password;
}

}  // namespace acmectl

// SPDX-License-Identifier: BSD-2-Clause
// Names of servers as identifiers of certificates.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/identifier.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

using WildcardTest = std::function<bool(const acme::Identifier& wildcard)>;

/// The names of one certificate, by the rules of nginx's official ACME module.
class NameList {
 public:
  /// A name and why it is left out.
  using Remark = std::pair<std::string, std::string>;

  /// Adds a name or an IP address; `.example.com` stands for www.example.com
  /// and example.com. A name that is well-formed but that no certificate can
  /// have is remarked on. False when it is not well-formed.
  [[nodiscard]] bool add(std::string_view text);

  /// Leaves out names that a wildcard of the list covers, if it can be proved:
  /// CAs refuse an order that has both.
  void drop_covered(const WildcardTest& is_provable);

  /// Leaves out the names for which there is a reason, unless nothing else is
  /// left.
  using Reason = std::function<std::optional<std::string>(
      const acme::Identifier& identifier)>;
  void leave_out(const Reason& why);

  /// Leaves a name out.
  void remark(std::string name, std::string why) {
    remarks_.emplace_back(std::move(name), std::move(why));
  }

  /// That name was not written: a name that begins with a dot stands for it.
  void imply(const acme::Identifier& name);
  /// Those of unique() that nobody wrote.
  [[nodiscard]] const std::vector<acme::Identifier>& implied() const noexcept {
    return implied_;
  }

  /// Without those that are there twice.
  [[nodiscard]] const std::vector<acme::Identifier>& unique() const noexcept {
    return unique_;
  }
  /// All that was added, when some are there twice; otherwise empty.
  [[nodiscard]] std::vector<acme::Identifier> with_repetitions() const {
    return all_.size() == unique_.size() ? std::vector<acme::Identifier>()
                                         : all_;
  }
  [[nodiscard]] const std::vector<Remark>& remarks() const noexcept {
    return remarks_;
  }

 private:
  std::vector<acme::Identifier> all_;
  std::vector<acme::Identifier> unique_;
  std::vector<acme::Identifier> implied_;
  std::vector<Remark> remarks_;
};

struct ServerNames {
  NameList names;
  std::vector<std::string> malformed;
  /// Names that nginx ignores here, and why.
  std::vector<NameList::Remark> ignored;
  /// `.example.com`, where it stands for two names only.
  std::vector<std::string> partly_covered;
};

/// Why nginx serves a name of server_name by another server, or "".
using IgnoredTest = std::function<std::string(std::string_view name)>;

/// Reads `server_name`. Empty names are left out without a word, regular
/// expressions with a remark. `.example.com` stands for example.com and
/// *.example.com, where that can be proved.
[[nodiscard]] ServerNames names_of(const ngx_http_core_srv_conf_t& server,
                                   const WildcardTest& is_provable,
                                   const IgnoredTest& why_ignored = {});

/// Why no public CA signs the name, and what to do about it.
[[nodiscard]] std::optional<std::string> why_no_public_ca(
    const acme::Identifier& identifier);

/// How a name that server_name has, but that is not managed unless an operator
/// writes it into acme_certificate, is reported.
enum class SkipReason {
  kNone,      ///< it is managed
  kNatural,   ///< nobody expects a certificate for it
  kUnserved,  ///< somebody may
};

/// Why a name found in server_name gets no certificate, and which kind of
/// reason that is. `public_ca`: names that no public CA signs are left out.
[[nodiscard]] std::pair<SkipReason, std::string> why_skip(
    const acme::Identifier& identifier, bool public_ca,
    const WildcardTest& is_provable);

}  // namespace ngx_acme

// SPDX-License-Identifier: BSD-2-Clause
// Whether what another client has is of the CA that we ask.
#include "acmectl/import/same_ca.h"

#include <algorithm>
#include <cctype>

namespace acmectl {
namespace {

// CertMagic writes the path behind the host, with "-" for each slash.
bool is_spelling_of(const std::string& host, const std::string& url) {
  const std::string authority = authority_of(url);
  const auto with = [&](char colon) {
    std::string spelled = authority;
    std::replace(spelled.begin(), spelled.end(), ':', colon);
    return spelled;
  };
  const std::size_t scheme = url.find("://");
  std::string whole = scheme == std::string::npos ? "" : url.substr(scheme + 3);
  std::replace(whole.begin(), whole.end(), '/', '-');
  std::string whole_without_colon = whole;
  std::replace(whole_without_colon.begin(), whole_without_colon.end(), ':',
               '-');
  return host == authority || host == with('_') || host == with('-') ||
         host == authority.substr(0, authority.find(':')) || host == whole ||
         host == whole_without_colon;
}

}  // namespace

std::string authority_of(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) {
    return {};
  }
  std::string authority = url.substr(begin + 3);
  authority.resize(std::min(authority.size(), authority.find('/')));
  std::transform(authority.begin(), authority.end(), authority.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return authority;
}

SameCa is_same_ca(const std::string& directory_url, const std::string& ca_host,
                  const std::string& target_url) {
  if (target_url.empty() || (directory_url.empty() && ca_host.empty())) {
    return SameCa::kUnknown;
  }
  const bool is_same = directory_url.empty()
                           ? is_spelling_of(ca_host, target_url)
                           : directory_url == target_url;
  return is_same ? SameCa::kYes : SameCa::kNo;
}

}  // namespace acmectl

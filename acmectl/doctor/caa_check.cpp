// SPDX-License-Identifier: BSD-2-Clause
// Whether CAA records let the CA issue for a name.
#include "acmectl/doctor/caa_check.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/error.h"
#include "acme_core/listed.h"

namespace acmectl {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(trimmed(part));
  }
  return parts;
}

// The record set that counts: of the name, or of the nearest name above it that
// has one (RFC 8659 section 3).
struct Relevant {
  std::string owner;
  std::vector<acme::CaaProperty> properties;
  acme::DnsRcode refusal = acme::DnsRcode::kNoError;
};

Relevant find_relevant(acme::DnsProbe& dns, const std::string& name,
                       const std::stop_token& stop) {
  for (std::string owner = name; !owner.empty();) {
    acme::ProbeReply reply = dns.ask({.name = owner + ".",
                                      .type = acme::ProbeType::kCaa,
                                      .checking_disabled = false},
                                     stop);
    if (reply.rcode != acme::DnsRcode::kNoError &&
        reply.rcode != acme::DnsRcode::kNxDomain) {
      return {.owner = owner, .properties = {}, .refusal = reply.rcode};
    }
    if (!reply.caa.empty()) {
      return {.owner = owner, .properties = std::move(reply.caa)};
    }
    const std::size_t dot = owner.find('.');
    owner = dot == std::string::npos ? "" : owner.substr(dot + 1);
  }
  return {};
}

bool is_known(const std::string& tag) {
  constexpr std::array<std::string_view, 5> kTags{
      "issue", "issuewild", "iodef", "contactemail", "contactphone"};
  return std::find(kTags.begin(), kTags.end(), tag) != kTags.end();
}

std::vector<CaaIssue> issues_for(const std::vector<acme::CaaProperty>& all,
                                 bool is_wildcard) {
  const auto of_tag = [&](const char* tag) {
    std::vector<CaaIssue> issues;
    for (const acme::CaaProperty& property : all) {
      if (property.tag == tag) {
        issues.push_back(parse_caa_issue(property.value));
      }
    }
    return issues;
  };
  std::vector<CaaIssue> wild = of_tag("issuewild");
  return is_wildcard && !wild.empty() ? wild : of_tag("issue");
}

// What stands in the way of one property that names the CA; "" when nothing.
std::string obstacle_of(const CaaIssue& issue, const CaaAsker& asker) {
  if (!issue.account_url.empty() && !asker.account_url.empty() &&
      issue.account_url != asker.account_url) {
    return "only account " + issue.account_url + " may, and ours is " +
           asker.account_url;
  }
  const bool has_method =
      issue.methods.empty() || asker.methods.empty() ||
      std::any_of(issue.methods.begin(), issue.methods.end(),
                  [&](const std::string& method) {
                    return std::find(asker.methods.begin(), asker.methods.end(),
                                     method) != asker.methods.end();
                  });
  return has_method ? ""
                    : "only by " + acme::listed(issue.methods) + ", not by " +
                          acme::listed(asker.methods);
}

class CaaCheck {
 public:
  CaaCheck(const acme::Identifier& name, const CaaAsker& asker)
      : name_(name), asker_(asker) {}

  [[nodiscard]] Finding judge(const Relevant& relevant) const {
    if (relevant.refusal != acme::DnsRcode::kNoError) {
      return finding(Health::kFail,
                     "the name servers of \"" + relevant.owner + "\" answer " +
                         to_string(relevant.refusal) +
                         ", and no CA issues without an answer",
                     "mend these name servers; they may answer that there is "
                     "no CAA record");
    }
    for (const acme::CaaProperty& property : relevant.properties) {
      if (property.is_critical && !is_known(property.tag)) {
        return finding(Health::kFail,
                       "\"" + relevant.owner + "\" has a critical property \"" +
                           property.tag + "\" that CAs do not know",
                       "remove it, or its flag 128");
      }
    }
    const auto issues = issues_for(relevant.properties, name_.is_wildcard());
    if (issues.empty()) {
      return finding(Health::kOk, "no record restricts who may issue", "");
    }
    if (asker_.identities.empty()) {
      return finding(
          Health::kWarn,
          "\"" + relevant.owner +
              "\" restricts who may issue, and what the CA calls "
              "itself is not known",
          "name it with --caa-identity, as the CA's documentation has it");
    }
    return judge_issues(relevant.owner, issues);
  }

  [[nodiscard]] Finding finding(Health health, const std::string& text,
                                const std::string& cure) const {
    return {.health = health,
            .about = name_.value,
            .check = "caa",
            .text = text,
            .cure = cure};
  }

 private:
  [[nodiscard]] Finding judge_issues(
      const std::string& owner, const std::vector<CaaIssue>& issues) const {
    std::string obstacle;
    for (const CaaIssue& issue : issues) {
      if (std::find(asker_.identities.begin(), asker_.identities.end(),
                    issue.domain) == asker_.identities.end()) {
        continue;
      }
      const std::string why = obstacle_of(issue, asker_);
      if (!why.empty()) {
        obstacle = why;
        continue;
      }
      if (!issue.account_url.empty() && asker_.account_url.empty()) {
        return finding(Health::kWarn,
                       "\"" + owner + "\" lets only account " +
                           issue.account_url +
                           " have certificates, and ours is not known",
                       "compare with account.url in the state directory");
      }
      return finding(
          Health::kOk,
          "\"" + owner + "\" lets \"" + issue.domain + "\" issue" +
              (issue.methods.empty() ? ""
                                     : ", by " + acme::listed(issue.methods)),
          "");
    }
    const std::string tag = name_.is_wildcard() ? "issuewild" : "issue";
    if (!obstacle.empty()) {
      return finding(Health::kFail, "\"" + owner + "\": " + obstacle,
                     "change the parameters of that record, or the challenge "
                     "and the account here");
    }
    return finding(Health::kFail,
                   "\"" + owner + "\" does not let \"" +
                       asker_.identities.front() + "\" issue",
                   "add " + owner + " CAA 0 " + tag + " \"" +
                       asker_.identities.front() + "\"");
  }

  const acme::Identifier& name_;
  const CaaAsker& asker_;
};

}  // namespace

CaaIssue parse_caa_issue(const std::string& value) {
  CaaIssue issue;
  std::vector<std::string> parts = split(value, ';');
  if (parts.empty()) {
    return issue;
  }
  issue.domain = acme::lowered(parts.front());
  for (const std::string& part : parts) {
    const std::size_t sign = part.find('=');
    if (sign == std::string::npos) {
      continue;
    }
    const std::string name = acme::lowered(trimmed(part.substr(0, sign)));
    const std::string parameter = trimmed(part.substr(sign + 1));
    if (name == "accounturi") {
      issue.account_url = parameter;
    } else if (name == "validationmethods") {
      issue.methods = split(parameter, ',');
    }
  }
  return issue;
}

Finding check_caa(acme::DnsProbe& dns, const acme::Identifier& name,
                  const CaaAsker& asker, std::stop_token stop) {
  const CaaCheck check(name, asker);
  const std::string bare =
      name.is_wildcard() ? name.value.substr(2) : name.value;
  try {
    return check.judge(find_relevant(dns, bare, stop));
  } catch (const acme::Error& error) {
    if (error.kind() == acme::ErrorKind::kStopped) {
      throw;
    }
    return check.finding(Health::kFail, error.what(),
                         "see /etc/resolv.conf, or name a resolver with "
                         "--resolver");
  }
}

}  // namespace acmectl

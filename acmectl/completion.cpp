// SPDX-License-Identifier: BSD-2-Clause
// "acmectl completion": the script that lets a shell complete command lines.
#include "acmectl/completion.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "acmectl/commands.h"
#include "acmectl/exit_codes.h"

namespace acmectl {
namespace {

// What follows an option or a subcommand, for the shell.
constexpr std::string_view kScriptHead =
    R"bash(# bash completion for acmectl; made by "acmectl completion bash".
# Names of certificates. compgen would carry out what is in another's "$( )".
_acmectl_names() {
    acmectl --timeout 2 list --names 2>/dev/null | grep -E '^[A-Za-z0-9*._:-]+$'
}

_acmectl() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
)bash";

constexpr std::string_view kScriptValues = R"bash(
        esac
        [[ -z $command ]] || break
    done
    COMPREPLY=()
    case $previous in
        --reason)
            mapfile -t COMPREPLY < <(compgen -W 'keyCompromise superseded cessationOfOperation affiliationChanged unspecified' -- "$word")
            return ;;
        --state)
            mapfile -t COMPREPLY < <(compgen -W 'valid renewing waiting failing expiring expired fallback static orphan' -- "$word")
            return ;;
        --state-path | --dir)
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            return ;;
        --auth-file | --ca-file | --nginx | --nginx-conf | --pkcs12)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
    esac
    local words=''
    case $command in
)bash";

constexpr std::string_view kScriptTail = R"bash(    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _acmectl acmectl
)bash";

void add_option_names(std::string& words, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words.append(words.empty() ? "" : " ").append("--" + name);
    }
  }
}

bool takes_a_certificate(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() && option->get_name(true) == "NAME") {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string common;
  add_option_names(common, app);
  std::string commands;
  std::string cases;
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string& name = command->get_name();
    commands.append(commands.empty() ? "" : " ").append(name);
    std::string words;
    add_option_names(words, *command);
    cases.append("        ").append(name).append(") words=\"").append(words);
    cases.append(" ").append(common);
    // Names are asked for when a name is due, not an option.
    cases.append(takes_a_certificate(*command)
                     ? "\"; [[ $word == -* ]] || words=$(_acmectl_names) ;;\n"
                     : "\" ;;\n");
  }
  std::string pattern = commands;
  for (std::size_t at = 0; (at = pattern.find(' ', at)) != std::string::npos;
       at += 3) {
    pattern.replace(at, 1, " | ");
  }
  std::string script(kScriptHead);
  script.append("            ").append(pattern);
  script.append(") command=${COMP_WORDS[i]} ;;").append(kScriptValues);
  script.append(cases);
  script.append("        *) words=\"").append(commands).append(" ");
  script.append(common).append("\" ;;\n").append(kScriptTail);
  return script;
}

void add_completion(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "completion", "Prints the script that completes command lines");
  command->group(kFiles);
  command->footer(
      "Example: acmectl completion bash "
      ">/etc/bash_completion.d/acmectl");
  // There is but one, so that nothing has to be remembered of it.
  command
      ->add_option_function<std::string>(
          "SHELL", [](const std::string&) {}, "bash")
      ->required()
      ->check(CLI::IsMember({"bash"}));
  command->callback([&app, &context] {
    context.action = [&app, &context] {
      context.screen.out << bash_completion(app);
      return kOk;
    };
  });
}

}  // namespace acmectl

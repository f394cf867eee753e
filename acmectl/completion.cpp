// SPDX-License-Identifier: BSD-2-Clause
// "acmectl completion": the scripts that let bash and zsh complete command
// lines.
#include "acmectl/completion.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/status/model.h"
#include "acmectl/commands.h"
#include "acmectl/exit_codes.h"
#include "acmectl/revocation_reasons.h"

namespace acmectl {
namespace {

constexpr std::string_view kBashHead =
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

constexpr std::string_view kBashValues = R"bash(
        esac
        [[ -z $command ]] || break
    done
    COMPREPLY=()
    case $previous in
        --reason)
            mapfile -t COMPREPLY < <(compgen -W ')bash";

constexpr std::string_view kBashStates = R"bash(' -- "$word")
            return ;;
        --state)
            mapfile -t COMPREPLY < <(compgen -W ')bash";

constexpr std::string_view kBashFiles = R"bash(' -- "$word")
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

constexpr std::string_view kBashTail = R"bash(    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _acmectl acmectl
)bash";

constexpr std::string_view kZshHead =
    R"zsh(#compdef acmectl
# zsh completion for acmectl; made by "acmectl completion zsh".
_acmectl_names() {
    local -a names
    names=(${(f)"$(acmectl --timeout 2 list --names 2>/dev/null | grep -E '^[A-Za-z0-9*._:-]+$')"})
    compadd -a names
}

_acmectl() {
    local word command=''
    for word in ${words[2,CURRENT-1]}; do
        case $word in
)zsh";

constexpr std::string_view kZshValues = R"zsh(
        esac
        [[ -z $command ]] || break
    done
    case ${words[CURRENT-1]} in
        --state-path | --dir)
            _files -/
            return ;;
        --auth-file | --ca-file | --nginx | --nginx-conf | --pkcs12)
            _files
            return ;;
)zsh";

constexpr std::string_view kZshTail = R"zsh(    esac
}
_acmectl "$@"
)zsh";

// What can follow a subcommand.
struct Subcommand {
  std::string name;
  std::string options;
  bool takes_a_certificate;
};

std::string option_names(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words.append(words.empty() ? "" : " ").append("--" + name);
    }
  }
  return words;
}

bool takes_a_certificate(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() && option->get_name(true) == "NAME") {
      return true;
    }
  }
  return false;
}

std::vector<Subcommand> subcommands(const CLI::App& app) {
  std::vector<Subcommand> all;
  for (const CLI::App* command : app.get_subcommands({})) {
    all.push_back({command->get_name(),
                   option_names(*command) + " " + option_names(app),
                   takes_a_certificate(*command)});
  }
  return all;
}

std::string joined(std::span<const std::string_view> words,
                   std::string_view separator = " ") {
  std::string text;
  for (const std::string_view word : words) {
    text.append(text.empty() ? "" : separator).append(word);
  }
  return text;
}

std::string joined_names(const std::vector<Subcommand>& commands,
                         std::string_view separator) {
  std::vector<std::string_view> names;
  for (const Subcommand& command : commands) {
    names.push_back(command.name);
  }
  return joined(names, separator);
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::vector<Subcommand> commands = subcommands(app);
  std::string script(kBashHead);
  script.append("            ").append(joined_names(commands, " | "));
  script.append(") command=${COMP_WORDS[i]} ;;").append(kBashValues);
  script.append(joined(kRevocationReasons)).append(kBashStates);
  script.append(joined(acme::certificate_state_words())).append(kBashFiles);
  for (const Subcommand& command : commands) {
    script.append("        ").append(command.name);
    script.append(") words=\"").append(command.options);
    // Names are asked for when a name is due, not an option.
    script.append(command.takes_a_certificate
                      ? "\"; [[ $word == -* ]] || words=$(_acmectl_names) ;;\n"
                      : "\" ;;\n");
  }
  script.append("        *) words=\"").append(joined_names(commands, " "));
  script.append(" ").append(option_names(app)).append("\" ;;\n");
  return script.append(kBashTail);
}

std::string zsh_completion(const CLI::App& app) {
  const std::vector<Subcommand> commands = subcommands(app);
  const auto values_of = [](std::string_view option, std::string_view values) {
    return "        " + std::string(option) + ")\n            compadd -- " +
           std::string(values) + "\n            return ;;\n";
  };
  std::string script(kZshHead);
  script.append("            ").append(joined_names(commands, " | "));
  script.append(") command=$word ;;").append(kZshValues);
  script.append(values_of("--reason", joined(kRevocationReasons)));
  script.append(values_of("--state", joined(acme::certificate_state_words())));
  script.append("    esac\n    case $command in\n");
  for (const Subcommand& command : commands) {
    script.append("        ").append(command.name).append(") ");
    if (command.takes_a_certificate) {
      script.append("[[ $PREFIX == -* ]] || { _acmectl_names; return }; ");
    }
    script.append("compadd -- ").append(command.options).append(" ;;\n");
  }
  script.append("        *) compadd -- ").append(joined_names(commands, " "));
  script.append(" ").append(option_names(app)).append(" ;;\n");
  return script.append(kZshTail);
}

void add_completion(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "completion", "Prints the script by which a shell completes commands");
  command->group(kFiles);
  command->footer(
      "Example: acmectl completion bash "
      ">/etc/bash_completion.d/acmectl");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&app, &context, shell] {
    context.action = [&app, &context, shell] {
      context.screen.out << (*shell == "zsh" ? zsh_completion(app)
                                             : bash_completion(app));
      return kOk;
    };
  });
}

}  // namespace acmectl

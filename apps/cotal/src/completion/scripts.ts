export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** What a shell runs when somebody asks it to complete a line: it asks the command itself. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `_cotal() {
  local IFS=$'\\n'
  COMPREPLY=($(cotal complete --plain --quiet -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _cotal cotal`,
  zsh: `#compdef cotal
_cotal() {
  local -a found
  found=("\${(@f)$(cotal complete --plain --quiet -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  (( \${#found} )) && compadd -- "\${found[@]}" || _files
}
compdef _cotal cotal`,
  fish: `function __cotal_complete
  set -l typed (commandline -opc) (commandline -ct)
  cotal complete --plain --quiet -- $typed[2..-1] 2>/dev/null
end
complete -c cotal -a '(__cotal_complete)'`,
};

/** Where the shell looks for it, for one line of the help. */
export const places: Readonly<Record<Shell, string>> = {
  bash: "source <(cotal completion bash)",
  zsh: "source <(cotal completion zsh)",
  fish: "cotal completion fish | source",
};

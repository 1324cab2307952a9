# zsh_offers.zsh SCRIPT LINE: what zsh, with that completion script, offers for the last word of the line; one a line.
# Completion works in an interactive shell only, so there is one on a pseudo-terminal. A compadd with -O, -A or -D fills
# an array; any other offers words.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; autoload -Uz compinit; compinit -u -D; . '${(q)1}'
compadd () {
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    local -a offered
    builtin compadd -A offered "$@"
    for word in $offered; do print -r -- "<$word>"; done
  fi
  builtin compadd "$@"
}
complete-and-say () { zle complete-word; print -r -- OFFERED }
zle -N complete-and-say
bindkey "^I" complete-and-say
print REA""DY'
zpty -r -m shell text '*READY*'
zpty -w -n shell "$2"$'\t'
zpty -r -m shell text '*OFFERED*'
zpty -d shell
for line in ${(f)text//$'\r'/}; do
  [[ $line != *'<'?*'>' ]] || print -r -- ${${line##*'<'}%'>'}
done

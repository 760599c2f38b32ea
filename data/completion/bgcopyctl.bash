# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
#
# Completion of bgcopyctl for bash.

_bgcopyctl ()
{
  local cur prev words cword
  local common='--session --system --json --quiet --help --version'
  local transfer='--detach --keep --name --description --priority --retry-delay --no-progress-timeout --max-time --limit-rate --cost-policy --no-progress'
  transfer+=' --user --password-file --proxy-user --proxy-password-file --bearer-file --header'
  local commands='get put list show watch top suspend resume cancel complete'
  local states='queued connecting transferring suspended error transient-error transferred acknowledged cancelled'
  local command= bus= word i

  if declare -F _init_completion >/dev/null; then
    _init_completion -s || return
  else
    cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cword=$COMP_CWORD
    words=("${COMP_WORDS[@]}")
  fi
  for ((i = 1; i < cword; i++)); do
    word=${words[i]}
    case $word in
      --session|--system) bus=$word ;;
      -*) ;;
      *) [[ -n $command || ! " $commands " == *" $word "* ]] || command=$word ;;
    esac
  done

  case $prev in
    --priority|-p) COMPREPLY=($(compgen -W 'foreground high normal low' -- "$cur")); return ;;
    --cost-policy) COMPREPLY=($(compgen -W 'always not-roaming standard unrestricted' -- "$cur")); return ;;
    --protocol) COMPREPLY=($(compgen -W 'auto bits tus resumable put' -- "$cur")); return ;;
    --state|-s) COMPREPLY=($(compgen -W "$states" -- "$cur")); return ;;
    --checksum|-c) COMPREPLY=($(compgen -W 'sha256: sha512:' -- "$cur")); return ;;
    --reply|-r|--password-file|--proxy-password-file|--bearer-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --name|-n|--description|--retry-delay|--no-progress-timeout|--max-time|--limit-rate|--user|-u|--proxy-user|--header|-H|--interval|--iterations) return ;;
  esac
  if [[ $cur == -* ]]; then
    case $command in
      get) word="$transfer --checksum --no-overwrite" ;;
      put) word="$transfer --reply --protocol" ;;
      list) word='--all-users --state' ;;
      top) word='--all-users --interval --iterations' ;;
      *) word= ;;
    esac
    COMPREPLY=($(compgen -W "$common $word" -- "$cur"))
    return
  fi
  case $command in
    '') COMPREPLY=($(compgen -W "$commands" -- "$cur")) ;;
    get|put) COMPREPLY=($(compgen -f -- "$cur")) ;;
    list|top) ;;
    *) COMPREPLY=($(compgen -W "$(bgcopyctl $bus list 2>/dev/null </dev/null | cut -d' ' -f1 | grep -E '^[0-9a-f]{8,}$')" -- "$cur")) ;;
  esac
}

complete -o filenames -F _bgcopyctl bgcopyctl

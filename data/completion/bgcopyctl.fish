# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
#
# Completion of bgcopyctl for fish.

set -l commands get put list show watch top suspend resume cancel complete

function __bgcopyctl_jobs
    set -l bus
    contains -- --session (commandline -opc); and set bus --session
    bgcopyctl $bus list 2>/dev/null </dev/null | string match -r '^[0-9a-f]{8,}'
end

complete -c bgcopyctl -f
complete -c bgcopyctl -l session -d 'Use the service on the session bus'
complete -c bgcopyctl -l system -d 'Use the service on the system bus'
complete -c bgcopyctl -l json -d 'Write JSON to standard output'
complete -c bgcopyctl -s q -l quiet -d 'Say nothing but errors'
complete -c bgcopyctl -s h -l help -d 'Show help'
complete -c bgcopyctl -l version -d 'Show the version'

set -l none "not __fish_seen_subcommand_from $commands"
complete -c bgcopyctl -n $none -a get -d 'Download a file'
complete -c bgcopyctl -n $none -a put -d 'Upload a file'
complete -c bgcopyctl -n $none -a list -d 'List jobs'
complete -c bgcopyctl -n $none -a show -d 'Show everything about a job'
complete -c bgcopyctl -n $none -a watch -d 'Print what happens to jobs'
complete -c bgcopyctl -n $none -a top -d 'Show what runs and what waits'
complete -c bgcopyctl -n $none -a suspend -d 'Stop jobs'
complete -c bgcopyctl -n $none -a resume -d 'Let jobs go on'
complete -c bgcopyctl -n $none -a cancel -d 'End jobs and delete what they received'
complete -c bgcopyctl -n $none -a complete -d 'Put the files of jobs in place'

set -l transfer '__fish_seen_subcommand_from get put'
complete -c bgcopyctl -n $transfer -F
complete -c bgcopyctl -n $transfer -s d -l detach -d "Print the job's id and do not wait"
complete -c bgcopyctl -n $transfer -l keep -d 'Keep a job that failed'
complete -c bgcopyctl -n $transfer -s n -l name -x -d 'Name of the job'
complete -c bgcopyctl -n $transfer -l description -x -d 'Description of the job'
complete -c bgcopyctl -n $transfer -s p -l priority -x -a 'foreground high normal low' -d Priority
complete -c bgcopyctl -n $transfer -l retry-delay -x -d 'Seconds before another attempt'
complete -c bgcopyctl -n $transfer -l no-progress-timeout -x -d 'Give up after that long without a byte'
complete -c bgcopyctl -n $transfer -l max-time -x -d 'Give up after that long of transferring'
complete -c bgcopyctl -n $transfer -l limit-rate -x -d 'Move at most that many bytes a second'
complete -c bgcopyctl -n $transfer -l cost-policy -x -a 'always not-roaming standard unrestricted' -d 'On which networks it runs'
complete -c bgcopyctl -n $transfer -l no-progress -d 'Draw no progress bar'
complete -c bgcopyctl -n $transfer -s u -l user -x -d 'User name for the server'
complete -c bgcopyctl -n $transfer -l password-file -r -F -d 'The first line is the password'
complete -c bgcopyctl -n $transfer -l proxy-user -x -d 'User name for the proxy'
complete -c bgcopyctl -n $transfer -l proxy-password-file -r -F -d 'The first line is the password for the proxy'
complete -c bgcopyctl -n $transfer -l bearer-file -r -F -d 'The first line is a token for the server'
complete -c bgcopyctl -n $transfer -s H -l header -x -d 'Name and value for each request, or @file'
complete -c bgcopyctl -n '__fish_seen_subcommand_from get' -s c -l checksum -x -a 'sha256: sha512:' -d 'What the content must have'
complete -c bgcopyctl -n '__fish_seen_subcommand_from get' -l no-overwrite -d 'Fail if the file exists'
complete -c bgcopyctl -n '__fish_seen_subcommand_from put' -s r -l reply -r -F -d "Store the server's reply there"
complete -c bgcopyctl -n '__fish_seen_subcommand_from put' -l protocol -x -a 'auto bits tus resumable put' -d 'Upload protocol'
complete -c bgcopyctl -n '__fish_seen_subcommand_from list' -s a -l all-users -d "Other users' jobs too"
complete -c bgcopyctl -n '__fish_seen_subcommand_from list' -s s -l state -x -d 'Only jobs in these states' \
    -a 'queued connecting transferring suspended error transient-error transferred acknowledged cancelled'
complete -c bgcopyctl -n '__fish_seen_subcommand_from top' -s a -l all-users -d "Other users' jobs too"
complete -c bgcopyctl -n '__fish_seen_subcommand_from top' -s d -l interval -x -d 'Seconds between two tables'
complete -c bgcopyctl -n '__fish_seen_subcommand_from top' -s n -l iterations -x -d 'End after so many tables'
complete -c bgcopyctl -n '__fish_seen_subcommand_from show watch suspend resume cancel complete' -a '(__bgcopyctl_jobs)'

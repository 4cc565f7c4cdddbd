# Sourced by the scripts: how they speak, and how they fail.

started=$(date +%s)

# say TEXT: one line of progress, with the seconds since the script began.
say() {
    printf '==> [%3ds] %s\n' "$(($(date +%s) - started))" "$*"
}

# fail WHAT CURE: what is wrong, what to do about it, and stop.
fail() {
    printf '\nriverchief: %s\n  Cure: %s\n\n' "$1" "$2" >&2
    exit 1
}

# hash_of PATH...: one hash over the names and contents of files, whatever the order in which they are found.
hash_of() {
    find "$@" \( -name node_modules -o -name dist -o -name __pycache__ \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# is_current STAMP HASH: whether the work that STAMP stands for was done for the very same input.
is_current() {
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

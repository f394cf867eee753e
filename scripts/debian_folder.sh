# shellcheck shell=bash disable=SC2154
# Debian releases in debootstrap folders: made once, entered by chroot, with the
# sources of the working tree. Sourced after messages.sh by scripts/matrix and
# scripts/package.

# What a command inside finds in its environment, beside the usual.
inside_environment=()

# Namespaces of our own: mounts and processes end with the script, however it ends.
# Does not return when the script has to begin again in them.
enter_namespaces() { # COMMAND...: the script and its arguments
    if [[ -n ${ACME_FOLDER_INSIDE-} ]]; then
        unset ACME_FOLDER_INSIDE
        trap 'exit 130' INT TERM
        return
    fi
    ((EUID == 0)) || skip "debootstrap needs root"
    command -v debootstrap >/dev/null || skip "debootstrap is not installed (scripts/setup --dev)"
    local private=(unshare --mount --pid --fork --kill-child --mount-proc)
    "${private[@]}" true 2>/dev/null || skip "this machine does not let us mount"
    ACME_FOLDER_INSIDE=1 exec "${private[@]}" "$@" </dev/null
}

# The mirror of Debian's main archive, as apt itself reads its sources.
mirror_in_sources() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(CODENAME) $(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Component: main' |
        awk '$1 !~ /-/ { print $2; exit }'
}

# Sets mirror.
find_mirror() {
    mirror=$(mirror_in_sources)
    if [[ -z $mirror ]]; then
        apt-get update -qq || true
        mirror=$(mirror_in_sources)
    fi
    [[ $mirror =~ ^(https?|file|ftp): ]] ||
        skip "apt's sources name no Debian mirror that debootstrap can use"
}

inside() { # FOLDER COMMAND...
    local folder=$1
    shift
    chroot "$folder" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 TERM="${TERM:-dumb}" "${inside_environment[@]}" "$@"
}

# Leaves a folder alone that FOLDER/.complete calls complete.
make_folder() { # FOLDER SUITE MIRROR
    local folder=$1 suite=$2 mirror=$3 options=()
    [[ ! -e $folder/.complete ]] || return 0

    # A later suite has no script of its own in an older debootstrap.
    local script=/usr/share/debootstrap/scripts/$suite
    [[ -e $script ]] || script=${script%/*}/sid
    # Old snapshots and past releases are fine to build in.
    if [[ $(debootstrap --help) == *--no-check-valid-until* ]]; then
        options+=(--no-check-valid-until)
    fi

    say "$suite: making $folder"
    rm -rf --one-file-system "$folder"
    mkdir -p "$folder"
    debootstrap --variant=minbase --include=ca-certificates \
        --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        "${options[@]}" "$suite" "$folder" "$mirror" "$script" >"$folder.log" 2>&1 || {
        tail -n 20 "$folder.log" >&2
        return 1
    }
    echo 'Acquire::Check-Valid-Until "false";' >"$folder/etc/apt/apt.conf.d/90-past-releases"
}

# debootstrap made the device files; the rest is fresh in every run.
mount_folder() { # FOLDER
    local folder=$1
    mount -t proc proc "$folder/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$folder/tmp"
    mkdir -p "$folder/dev/shm"
    mount -t tmpfs -o mode=1777 tmpfs "$folder/dev/shm"
    cp -L /etc/resolv.conf /etc/hosts "$folder/etc/"
}

# The files of the working tree, as they are now. A build folder in the target stays,
# so that a second run builds only what changed.
copy_sources() { # TARGET
    local target=$1
    mkdir -p "$target"
    find "$target" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    git -C "$root" -c safe.directory="$root" ls-files -z --cached --others --exclude-standard |
        (cd "$root" && while IFS= read -r -d '' file; do
            [[ ! -e $file ]] || printf '%s\0' "$file"
        done | tar -cf - --null --no-recursion -T -) |
        tar -xmf - --no-same-owner -C "$target"
}

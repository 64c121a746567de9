# setup.sh: what quickstart and check share: installs what is missing, builds. Sourced; $top is the project's folder.

packages="gcc make autoconf automake pkg-config liblmdb-dev liburcu-dev libcunit1-dev libgmp-dev libunistring-dev libssl-dev zlib1g-dev libedit-dev
libbz2-dev liblzma-dev libpython3.11-minimal libpython3.11-stdlib python3.11"

say() { printf '\n== %s\n' "$*"; }

missing_packages() {
    for p in $packages; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$p"
    done
}

install_missing() {
    if ! command -v dpkg-query >/dev/null 2>&1; then
        say "This is no Debian system: please install what these Debian packages hold: $(echo $packages)"
        return 0
    fi
    want=$(missing_packages)
    [ -z "$want" ] && return 0
    say "Installing: $want"
    if [ "$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null 2>&1; then sudo=sudo
    else echo "Neither root nor sudo: please run: apt-get install $want" >&2; return 1; fi
    $sudo apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $want >/dev/null
}

# build FOLDER [configure options]: configures and builds out of tree
build() {
    dir=$1; shift
    say "Building in $dir (output: $dir/build.log)"
    mkdir -p "$top/$dir"
    (
        cd "$top" && { [ -x configure ] && [ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] || autoreconf -fi; } &&
        cd "$dir" && { [ -f Makefile ] || ../configure "$@"; } && make -j"$(nproc)"
    ) >"$top/$dir/build.log" 2>&1 || { tail -30 "$top/$dir/build.log"; return 1; }
}

#!/usr/bin/env bash
# Run this project's tests with the Python of Debian testing, which is newer than most machines have.
#
#   tools/debian_testing.sh FOLDER [COMMAND...]      default: make test PYTHON=python3.14
#
# FOLDER is made once, by debootstrap (apt-get install debootstrap; about 400 MB); it needs root. The tracked files are
# copied into it, so nothing of this tree is touched, and COMMAND runs there, in mounts that end with it.
# SHARE="/a /b" names folders of this machine that are to be seen inside, such as one with wheels.
set -euo pipefail
folder=${1:?name a folder for Debian testing, such as /opt/debian-testing}; shift
[ $# -gt 0 ] || set -- make test PYTHON=python3.14
top=$(cd "$(dirname "$0")/.." && pwd)

command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "debootstrap and chroot need root"; exit 2; }

if [ ! -x "$folder/usr/bin/python3.14" ]; then
    echo "==> making Debian testing in $folder (some minutes)"
    mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {print $2; exit}' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true)
    debootstrap --variant=minbase --include=python3.14,python3.14-venv,make,git,ca-certificates testing "$folder" ${mirror:+"$mirror"}
fi

project=$folder/srv/energykit
mkdir -p "$project"
find "$project" -mindepth 1 -maxdepth 1 ! -name '.venv*' -exec rm -rf {} +
git -C "$top" ls-files -z | tar -C "$top" --null --files-from=- -cf - | tar -C "$project" -xf -
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    if [ -f "$file" ]; then install -D -m 644 "$file" "$folder$file"; fi
done
for tree in /etc/xdg/pip "$HOME/.config/pip"; do
    if [ -d "$tree" ]; then mkdir -p "$folder$tree"; cp -rL "$tree/." "$folder$tree/"; fi
done

export FOLDER=$folder
exec unshare --mount --fork bash -c '
    set -euo pipefail
    mount -t proc proc "$FOLDER/proc"
    mount --rbind /dev "$FOLDER/dev"
    for share in ${SHARE:-}; do mkdir -p "$FOLDER$share"; mount --bind "$share" "$FOLDER$share"; done
    exec chroot "$FOLDER" /usr/bin/env -C /srv/energykit HOME="$HOME" LC_ALL=C.UTF-8 PATH=/usr/bin:/bin "$@"
' chroot "$@"

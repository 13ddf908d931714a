#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# An image that the tool has built, at its prefix, and the packages that it was
# built with, for one command: in namespaces of its own, as live.pl and config.pl
# want them. Root. Nothing of it is left behind.
#
#   served.sh CHECKOUT IMAGE PREFIX [LOWER[:LOWER…]=FOLDER…] -- COMMAND…
#
# COMMAND starts in CHECKOUT's tests/mpm-itk, which it sees read-only, with an
# empty /tmp.
set -eu
if [ "$1" != inside ]; then
    exec unshare --mount --net --pid --fork --kill-child --mount-proc sh "$0" inside "$@"
fi
shift
checkout=$1 image=$2 prefix=$3
shift 3
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs "$(dirname "$prefix")"
mkdir "$prefix" "$prefix.checkout"
mount --rbind "$image" "$prefix"
mount --bind "$checkout" "$prefix.checkout"
mount -o remount,bind,ro "$prefix.checkout"
while [ "$1" != -- ]; do
    mount -t overlay -o "lowerdir=${1%=*}" overlay "${1##*=}"
    shift
done
shift
mount -t tmpfs -o mode=1777 tmpfs /tmp
cd "$prefix.checkout/tests/mpm-itk"
exec "$@"

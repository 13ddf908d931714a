# shellcheck shell=sh
# Makes a root out of its parts and runs one command in it. This is the first process of new mount, pid, ipc,
# uts and network namespaces (unshare(1)); it needs sh and util-linux of the machine and, in the root, sh and
# setpriv. Its arguments are operations, each a word and its operands, then `--` and the command:
#
#   session DIR            empty folder of this run: what is written goes below it, and into DIR/failed why it
#                          could not be entered; it comes first
#   keep DIR               ... or below this one, which outlives the run
#   part LOWERS INSIDE     overlay of colon-separated folders, the topmost first (overlayfs)
#   link TARGET INSIDE     symbolic link
#   bind OUTSIDE INSIDE ro|rw
#   resolver FILE          the machine's resolv.conf, for the phase that has the network
#   ids owned|user         whether overlayfs may use trusted.* attributes (root) or user.* (user namespace)
#   loopback               the network namespace is new: bring lo up
#   caps LIST              what stays of the capabilities (setpriv(1), --bounding-set)
#   nest                   the command runs in a user namespace that maps every id to itself
#   init                   the command itself becomes the first process
#   cwd DIR
#   system                 /proc, /sys, /dev, /tmp and /run; after the parts, before the binds
#   say TOKEN              what this script says itself starts with this word
#   silent                 the terminal is a person's: no line when it begins
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

# In the new pid namespace this is process 1, but /proc is still the machine's: it tells the machine's number.
read -r machine_pid rest < /proc/self/stat

say=patchforge
keep=
nest=
first=
silent=
loopback=
resolver=
caps=-all
cwd=/
overlay_options=
number=0

# Told by a file of the session: the streams may be a person's, and 125 may be the command's own exit code.
fail() {
    echo "$*" >&9
    exit 125
}

# A folder to mount on. Nothing below the new root is followed: what lies there is the root's, and may be a
# link that points out of it.
folder() {
    below=$root
    old_ifs=$IFS
    IFS=/
    set -f
    for segment in $1; do
        [ -n "$segment" ] || continue
        below=$below/$segment
        [ ! -L "$below" ] || fail "$below is a link, and nothing is mounted on it"
        [ -d "$below" ] || mkdir "$below"
    done
    set +f
    IFS=$old_ifs
}

part() {
    store=${keep:-$session/up}
    mkdir -p "$store/$number" "$session/work/$number"
    folder "$2"
    if ! mount -t overlay -o "nodev,lowerdir=$1,upperdir=$store/$number,workdir=$session/work/$number$overlay_options" patchforge "$root$2" 2> /dev/null
    then
        # The file system of the session's folder cannot hold an overlay's upper part (it may be an overlay
        # itself, as in many containers): memory can.
        [ -z "$keep" ] || fail "overlayfs does not take $store as its upper folder"
        mountpoint -q "$session/memory" || {
            mkdir -p "$session/memory"
            mount -t tmpfs -o mode=0755,nosuid,nodev patchforge "$session/memory"
        }
        mkdir -p "$session/memory/up/$number" "$session/memory/work/$number"
        mount -t overlay -o "nodev,lowerdir=$1,upperdir=$session/memory/up/$number,workdir=$session/memory/work/$number$overlay_options" patchforge "$root$2" ||
            fail "overlayfs does not mount on $2 (as an ordinary user: something is mounted below it)"
    fi
    number=$((number + 1))
}

devices() {
    folder /dev
    mount -t tmpfs -o mode=0755,nosuid,size=1m patchforge "$root/dev"
    # Nodes of its own, numbers from the kernel's devices.txt: whoever is root inside may change the mode of a
    # node, and the machine's must not follow. A user namespace may not make any and cannot change the machine's.
    for node in null:3 zero:5 full:7 random:8 urandom:9 tty:0; do
        major=1
        [ "${node%:*}" != tty ] || major=5
        mknod -m 0666 "$root/dev/${node%:*}" c "$major" "${node#*:}" 2> /dev/null || {
            : > "$root/dev/${node%:*}"
            mount --bind "/dev/${node%:*}" "$root/dev/${node%:*}"
        }
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,nosuid,noexec,ptmxmode=0666,mode=0620 patchforge "$root/dev/pts"
    mount -t tmpfs -o mode=1777,nosuid,nodev patchforge "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"
    ln -s fd/1 "$root/dev/stdout"
    ln -s fd/2 "$root/dev/stderr"
}

# Files of the kernel that a process of uid 0 may write, or read more from than a build should.
kernel() {
    folder /proc
    mount -t proc -o nosuid,nodev,noexec patchforge "$root/proc"
    echo localhost > "$root/proc/sys/kernel/hostname" 2> /dev/null || :
    for name in sys sysrq-trigger irq bus fs acpi scsi driver; do
        [ -e "$root/proc/$name" ] || continue
        mount --bind "$root/proc/$name" "$root/proc/$name"
        mount -o remount,bind,ro,nosuid,nodev,noexec "$root/proc/$name"
    done
    for name in kcore kmsg keys key-users timer_list kallsyms; do
        [ ! -e "$root/proc/$name" ] || mount --bind "$root/dev/null" "$root/proc/$name"
    done
    folder /sys
    mount -t sysfs -o ro,nosuid,nodev,noexec patchforge "$root/sys" 2> /dev/null ||
        mount -t tmpfs -o ro,mode=0555 patchforge "$root/sys"
}

bind() {
    if [ -d "$1" ]; then
        folder "$2"
    else
        folder "${2%/*}"
        [ ! -L "$root$2" ] || fail "$2 is a link, and nothing is mounted on it"
        [ -e "$root$2" ] || : > "$root$2"
    fi
    mount --bind "$1" "$root$2"
    mount -o "remount,bind,$3,nosuid,nodev" "$root$2"
}

bring_up_loopback() {
    ip link set lo up 2> /dev/null && return
    # Without iproute2: SIOCSIFFLAGS, IFF_UP | IFF_RUNNING (netdevice(7)).
    perl -e 'socket(my $s, 2, 2, 0) or die; my $r = pack("a16s", "lo", 0x41); ioctl($s, 0x8914, $r) or die' 2> /dev/null ||
        fail "lo cannot be brought up: neither ip (iproute2) nor perl did it"
}

begin() {
    [ -z "${begun:-}" ] || return 0
    begun=yes
    mkdir -p "$session/root"
    root=$session/root
    mount -t tmpfs -o mode=0755,nosuid,nodev patchforge "$root"
}

while [ "$1" != -- ]; do
    case $1 in
        session) session=$2; exec 9> "$session/failed"; shift 2 ;;
        keep) keep=$2; shift 2 ;;
        say) say=$2; shift 2 ;;
        silent) silent=yes; shift ;;
        ids) [ "$2" = owned ] || overlay_options=,userxattr; shift 2 ;;
        caps) caps=$2; shift 2 ;;
        cwd) cwd=$2; shift 2 ;;
        resolver) resolver=$2; shift 2 ;;
        init) first=yes; shift ;;
        nest) nest=yes; shift ;;
        loopback) loopback=yes; shift ;;
        part) begin; part "$2" "$3"; shift 3 ;;
        link) begin; [ -L "$root$3" ] || ln -s "$2" "$root$3"; shift 3 ;;
        system)
            devices
            kernel
            folder /tmp
            mount -t tmpfs -o mode=1777,nosuid,nodev patchforge "$root/tmp"
            folder /run
            mount -t tmpfs -o mode=0755,nosuid,nodev patchforge "$root/run"
            mkdir -p "$root/run/lock"
            [ -d "$root/root" ] || mkdir -m 0700 "$root/root"
            shift
            ;;
        bind) bind "$2" "$3" "$4"; shift 4 ;;
        *) fail "unknown operation $1" ;;
    esac
done
shift

[ -z "$loopback" ] || bring_up_loopback

# Once the root is changed, programs are the root's.
for program in sh umount rmdir setpriv; do
    found=
    for bin in usr/bin bin usr/sbin sbin; do
        [ ! -e "$root/$bin/$program" ] && [ ! -L "$root/$bin/$program" ] || found=yes
    done
    [ -n "$found" ] || fail "the root has no $program (coreutils, util-linux)"
done

folder /run/machine
cd "$root"
pivot_root . run/machine
cd /
if [ -n "$resolver" ]; then
    target=$(readlink -m /etc/resolv.conf)
    mkdir -p "${target%/*}"
    [ -e "$target" ] || : > "$target"
    mount --bind "/run/machine$resolver" "$target"
    mount -o remount,bind,ro "$target"
fi
umount -l /run/machine
rmdir /run/machine

cd "$cwd" 2> /dev/null || fail "no folder $cwd in the root"
exec 9>&-

# The shell stays as the first process: it takes in orphans, and programs do not have the first process's
# peculiar treatment of signals.
run='"$@"; exit $?'
[ -z "$first" ] || run='exec "$@"'
[ -n "$silent" ] || echo "$say began $machine_pid"
if [ -n "$nest" ]; then
    mkfifo /run/ids
    unshare --user -- sh -c 'read -r go < /run/ids; rm /run/ids; exec "$@"' sh "$@" &
    child=$!
    while [ "$(readlink "/proc/$child/ns/user")" = "$(readlink /proc/self/ns/user)" ]; do :; done
    echo "0 0 65536" > "/proc/$child/uid_map"
    echo "0 0 65536" > "/proc/$child/gid_map"
    echo go > /run/ids
    wait "$child"
    exit $?
fi
exec setpriv --bounding-set "$caps" --inh-caps -all -- /bin/sh -c "$run" sh "$@"

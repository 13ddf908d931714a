# Runs a command where it sees nothing of this machine but its programs, and can write nothing of it.
#   sealed.bash ROOT FOLDERS COMMAND [ARGUMENT...]
# ROOT: an empty folder for the new root. FOLDERS: one a line, seen read-only at their own paths.
# The caller gave it mount and pid namespaces of its own (unshare(1)), and root's capabilities in them.
# The command gets none: with them it could mount everything writable again.
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1 folders=$2
shift 2

mount -t tmpfs -o mode=755,size=1m none "${root}"
mkdir "${root}"/{dev,proc,tmp}
for place in /usr /bin /sbin /lib /lib32 /lib64 /libx32 /nix /gnu; do
	if [[ -L ${place} ]]; then
		ln -s "$(readlink "${place}")" "${root}${place}"
	elif [[ -d ${place} ]]; then
		mkdir "${root}${place}"
		mount -o bind,ro "${place}" "${root}${place}"
	fi
done
: > "${root}/dev/null"
mount --bind /dev/null "${root}/dev/null"
# <(command) is a name below /dev/fd. A machine that hides parts of /proc (a container) lets nobody mount it anew.
ln -s /proc/self/fd "${root}/dev/fd"
mount -t proc none "${root}/proc" 2> /dev/null || mount -o bind,ro /proc "${root}/proc"
# bash keeps here-documents there.
mount -t tmpfs -o mode=1777,size=4m none "${root}/tmp"
while IFS= read -r place; do
	[[ -d ${place} ]] || continue
	mkdir -p "${root}${place}"
	mount -o bind,ro "${place}" "${root}${place}"
done <<< "${folders}"
mount -o remount,ro none "${root}"

exec chroot "${root}" setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"

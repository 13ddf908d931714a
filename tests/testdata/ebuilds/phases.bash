# Runs one phase function of an ebuild with small stand-ins for what Portage and ::gentoo's eclasses give it:
#   USE="flag …" bash phases.bash EBUILD PHASE
# econf, emake and what decides of the world print what they were given, one word a line after their name; what
# installs does so, below D. S, T, D, ED and FILESDIR come from the environment.
set -u
# The overlay's own eclass is what is tried as well; those of ::gentoo are stood in for.
inherit() { local one; for one; do if [[ ${one} == mpm-itk ]]; then source "${ECLASS}"; fi; done; }
EXPORT_FUNCTIONS() { :; }
in_iuse() { [[ " ${IUSE} " == *" $1 "* ]]; }
ver_cut() { [[ $1 == 1-2 ]] || die "ver_cut $1"; echo "${PV%.*}"; }
die() { echo "die: ${*:-}" >&2; exit 1; }
use() { [[ " ${IUSE} " == *" $1 "* ]] || die "USE=$1 is not in IUSE"; [[ " ${USE-} " == *" $1 "* ]]; }
usev() { if use "$1"; then echo "${2-$1}"; fi; }
use_enable() { if use "$1"; then echo "--enable-${2-$1}${3+=$3}"; else echo "--disable-${2-$1}"; fi; }
has() { local it=$1 one; shift; for one; do [[ ${one} == "${it}" ]] && return; done; return 1; }
get_libdir() { echo lib64; }
tc-export() { AR=ar CC=gcc CPP="gcc -E" PKG_CONFIG=/usr/bin/pkg-config RANLIB=ranlib; }
told() { local name=$1; shift; printf "${name} %s\n" "$@"; }
for name in econf emake eautoconf eautoheader einstalldocs edo elog ewarn fowners fperms tmpfiles_process default; do
	eval "${name}() { told ${name} \"\$@\"; if [[ \$(type -t do_${name}) ]]; then do_${name} \"\$@\"; fi; }"
done

into=/
insinto() { into=$1; }
newinto() { mkdir -p "${ED}$1" && cp "$2" "${ED}$1/$3" || die "$2"; }
newins() { newinto "${into}" "$1" "$2"; }
doins() { local file; for file; do newins "${file}" "${file##*/}"; done; }
newinitd() { newinto /etc/init.d "$1" "$2"; }
newconfd() { newinto /etc/conf.d "$1" "$2"; }
newtmpfiles() { newinto /usr/lib/tmpfiles.d "$1" "$2"; }
systemd_newunit() { newinto /usr/lib/systemd/system "$1" "$2"; }
dosym() { mkdir -p "${ED}${2%/*}" && ln -s "$1" "${ED}$2" || die "$2"; }
keepdir() { local folder; for folder; do mkdir -p "${ED}${folder}" && : > "${ED}${folder}/.keep" || die; done; }

EPREFIX='' ESYSROOT='' EROOT='' WORKDIR=${WORKDIR:-/nowhere} PV=${PV:-0}
# What a test or a person does in place of econf and emake.
[[ -n ${STAND_INS-} ]] && source "${STAND_INS}"
source "$1"
[[ -d ${S} ]] && cd "${S}"
"$2"

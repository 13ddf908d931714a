# Sources one ebuild with its eclasses and prints its metadata variables, as a package manager's
# metadata phase does. Written from PMS (EAPI 7 and 8): sections 7 (variables), 10 (eclasses),
# 12 (commands), 3.2 and 3.3 (versions).
#
# Environment: PF_EBUILD, PF_EAPI, PF_ECLASS_DIRS (one folder a line, first wins), CATEGORY, PN, PV, PR.
# Standard output: PF_BEGIN, then KEY=value lines with each run of white space made one space.
# Exit code: 0, 1 with the reason on standard error, or 3 with a missing eclass's name as the
# last line of standard error.

pf_ebuild=${PF_EBUILD} pf_eapi=${PF_EAPI}
mapfile -t pf_eclass_dirs <<< "${PF_ECLASS_DIRS}"
unset PF_EBUILD PF_EAPI PF_ECLASS_DIRS

# The metadata goes where the ebuild's own output cannot get.
exec {pf_out}>&1 1>&2

# bash(1): what an EAPI promises of bash, PMS section 6, table "Bash version".
case ${pf_eapi} in
	7) BASH_COMPAT=4.2 ;;
	8) BASH_COMPAT=5.0 ;;
esac
shopt -u patsub_replacement globskipdots 2> /dev/null
# PMS section 6.2, failglob in global scope; section 12.1, extglob is no default.
shopt -s failglob

P=${PN}-${PV} PVR=${PV}
[[ ${PR} == r0 ]] || PVR+=-${PR}
PF=${PN}-${PVR}
export CATEGORY PN PV PR P PVR PF
export EBUILD_PHASE=depend
# Folders that may be named in global scope and hold nothing.
export A= FILESDIR=/nonexistent/files DISTDIR=/nonexistent/distfiles WORKDIR=/nonexistent/work
export T=/nonexistent/temp D=/nonexistent/image/ HOME=/nonexistent/home TMPDIR=/nonexistent/temp
export ROOT= EROOT= EPREFIX= BROOT= SYSROOT= ESYSROOT= ED=/nonexistent/image/
S=${WORKDIR}/${P}

die() {
	trap - TERM
	local pf_i
	printf '%s\n' "${*:-died}" >&2
	for (( pf_i = 1; pf_i < ${#FUNCNAME[@]}; pf_i++ )); do
		printf '  %s:%s: %s\n' "${BASH_SOURCE[pf_i]##*/}" "${BASH_LINENO[pf_i-1]}" "${FUNCNAME[pf_i]}" >&2
	done
	# In a subshell `exit` would end that alone.
	(( BASHPID == pf_pid )) || kill -TERM "${pf_pid}"
	exit 1
}
pf_pid=${BASHPID}
trap 'exit 1' TERM

# PMS section 12.3: what may be called in global scope.
assert() {
	local pf_status
	for pf_status in "${PIPESTATUS[@]}"; do
		(( pf_status == 0 )) || die "$@"
	done
}
nonfatal() { PORTAGE_NONFATAL=1 "$@"; }
has() {
	local pf_wanted=$1 pf_one
	shift
	for pf_one; do
		[[ ${pf_one} == "${pf_wanted}" ]] && return 0
	done
	return 1
}
hasv() { has "$@" && printf '%s\n' "$1"; }
einfo() { :; }
einfon() { :; }
elog() { :; }
ewarn() { :; }
eqawarn() { :; }
eerror() { :; }
ebegin() { :; }
eend() { return "${1:-0}"; }
debug-print() { :; }
debug-print-function() { :; }
debug-print-section() { :; }

# Those that need a build, a user's flags or an installed system: PMS section 12.3 allows them in
# phases alone.
for pf_name in best_version diropts docompress dostrip exeopts get_libdir has_version in_iuse insopts \
	libopts portageq use use_enable use_with usev usex; do
	eval "${pf_name}() { die \"${pf_name} is not allowed in global scope\"; }"
done
unset pf_name

# Versions, PMS section 12.3.14. The components are runs of digits or of letters, numbered from 1;
# pf_seps[i] stands before pf_comps[i]. A separator at the end is followed by an empty component.
pf_split_version() {
	local pf_rest=$1
	pf_comps=() pf_seps=()
	while [[ -n ${pf_rest} ]]; do
		[[ ${pf_rest} =~ ^[^A-Za-z0-9]* ]]
		pf_seps+=( "${BASH_REMATCH[0]}" )
		pf_rest=${pf_rest:${#BASH_REMATCH[0]}}
		[[ ${pf_rest} =~ ^([0-9]+|[A-Za-z]*) ]]
		pf_comps+=( "${BASH_REMATCH[0]}" )
		pf_rest=${pf_rest:${#BASH_REMATCH[0]}}
	done
}
# A range is N, N-M or N-, cut at the maximum; sets pf_from and pf_to.
pf_range() {
	[[ $1 =~ ^([0-9]+)(-([0-9]*))?$ ]] || die "${FUNCNAME[1]}: not a range: $1"
	pf_from=${BASH_REMATCH[1]} pf_to=${BASH_REMATCH[3]}
	[[ -n ${BASH_REMATCH[2]} ]] || pf_to=${pf_from}
	: "${pf_to:=$2}"
	[[ -z ${BASH_REMATCH[3]} ]] || (( pf_from <= pf_to )) || die "${FUNCNAME[1]}: ends before it begins: $1"
	(( pf_to <= $2 )) || pf_to=$2
}
ver_cut() {
	local pf_comps pf_seps pf_from pf_to pf_i pf_text=
	pf_split_version "${2:-${PV}}"
	pf_range "$1" "${#pf_comps[@]}"
	# Component 0 is the empty one before the first separator.
	for (( pf_i = pf_from; pf_i <= pf_to; pf_i++ )); do
		(( pf_i == 0 )) && continue
		(( pf_i == pf_from )) || pf_text+=${pf_seps[pf_i-1]}
		pf_text+=${pf_comps[pf_i-1]}
	done
	printf '%s\n' "${pf_text}"
}
ver_rs() {
	local pf_version=${PV} pf_comps pf_seps pf_from pf_to pf_i pf_text=
	(( $# % 2 == 0 )) || pf_version=${!#}
	pf_split_version "${pf_version}"
	while (( $# >= 2 )); do
		pf_range "$1" $(( ${#pf_comps[@]} - 1 ))
		for (( pf_i = pf_from; pf_i <= pf_to; pf_i++ )); do
			# Before the first component a separator is replaced only where there is one.
			(( pf_i == 0 )) && [[ -z ${pf_seps[0]} ]] && continue
			pf_seps[pf_i]=$2
		done
		shift 2
	done
	for (( pf_i = 0; pf_i < ${#pf_comps[@]}; pf_i++ )); do
		pf_text+=${pf_seps[pf_i]}${pf_comps[pf_i]}
	done
	printf '%s\n' "${pf_text}"
}

# -1, 0 or 1 into pf_order, for integers of any length.
pf_compare_numbers() {
	local pf_a=$1 pf_b=$2
	while [[ ${pf_a} == 0?* ]]; do pf_a=${pf_a#0}; done
	while [[ ${pf_b} == 0?* ]]; do pf_b=${pf_b#0}; done
	if (( ${#pf_a} != ${#pf_b} )); then
		pf_order=$(( ${#pf_a} < ${#pf_b} ? -1 : 1 ))
	else
		pf_compare_texts "${pf_a}" "${pf_b}"
	fi
}
pf_compare_texts() {
	local LC_ALL=C
	if [[ $1 == "$2" ]]; then
		pf_order=0
	elif [[ $1 < $2 ]]; then
		pf_order=-1
	else
		pf_order=1
	fi
}
# PMS section 3.3, algorithms 3.2 to 3.7.
pf_compare_versions() {
	local pf_form='^([0-9]+(\.[0-9]+)*)([a-z]?)((_(alpha|beta|pre|rc|p)[0-9]*)*)(-r([0-9]+))?$'
	local pf_a pf_b pf_i pf_x pf_y
	[[ $1 =~ ${pf_form} ]] || die "not a version: $1"
	local pf_na=${BASH_REMATCH[1]} pf_la=${BASH_REMATCH[3]} pf_sa=${BASH_REMATCH[4]} pf_ra=${BASH_REMATCH[8]:-0}
	[[ $2 =~ ${pf_form} ]] || die "not a version: $2"
	local pf_nb=${BASH_REMATCH[1]} pf_lb=${BASH_REMATCH[3]} pf_sb=${BASH_REMATCH[4]} pf_rb=${BASH_REMATCH[8]:-0}

	IFS=. read -r -a pf_a <<< "${pf_na}"
	IFS=. read -r -a pf_b <<< "${pf_nb}"
	pf_compare_numbers "${pf_a[0]}" "${pf_b[0]}"
	(( pf_order == 0 )) || return 0
	for (( pf_i = 1; pf_i < ${#pf_a[@]} && pf_i < ${#pf_b[@]}; pf_i++ )); do
		pf_x=${pf_a[pf_i]} pf_y=${pf_b[pf_i]}
		if [[ ${pf_x} == 0* || ${pf_y} == 0* ]]; then
			while [[ ${pf_x} == *0 ]]; do pf_x=${pf_x%0}; done
			while [[ ${pf_y} == *0 ]]; do pf_y=${pf_y%0}; done
			pf_compare_texts "${pf_x}" "${pf_y}"
		else
			pf_compare_numbers "${pf_x}" "${pf_y}"
		fi
		(( pf_order == 0 )) || return 0
	done
	pf_compare_numbers "${#pf_a[@]}" "${#pf_b[@]}"
	(( pf_order == 0 )) || return 0
	pf_compare_texts "${pf_la}" "${pf_lb}"
	(( pf_order == 0 )) || return 0
	pf_compare_suffixes "${pf_sa}" "${pf_sb}"
	(( pf_order == 0 )) || return 0
	pf_compare_numbers "${pf_ra}" "${pf_rb}"
}
pf_compare_suffixes() {
	local pf_a pf_b pf_i
	IFS=_ read -r -a pf_a <<< "${1#_}"
	IFS=_ read -r -a pf_b <<< "${2#_}"
	for (( pf_i = 0; pf_i < ${#pf_a[@]} && pf_i < ${#pf_b[@]}; pf_i++ )); do
		# alpha < beta < pre < rc < p, which is not the alphabet's order for p alone.
		local pf_ka=${pf_a[pf_i]%%[0-9]*} pf_kb=${pf_b[pf_i]%%[0-9]*}
		if [[ ${pf_ka} != "${pf_kb}" ]]; then
			pf_compare_texts "${pf_ka/%p/z}" "${pf_kb/%p/z}"
			return 0
		fi
		pf_compare_numbers "0${pf_a[pf_i]#"${pf_ka}"}" "0${pf_b[pf_i]#"${pf_kb}"}"
		(( pf_order == 0 )) || return 0
	done
	# The longer one is newer when it goes on with _p, else older.
	if (( ${#pf_a[@]} > ${#pf_b[@]} )); then
		[[ ${pf_a[pf_i]} =~ ^p[0-9]*$ ]] && pf_order=1 || pf_order=-1
	elif (( ${#pf_a[@]} < ${#pf_b[@]} )); then
		[[ ${pf_b[pf_i]} =~ ^p[0-9]*$ ]] && pf_order=-1 || pf_order=1
	else
		pf_order=0
	fi
}
ver_test() {
	local pf_a=${PVR} pf_order
	if (( $# == 3 )); then
		pf_a=$1
		shift
	fi
	(( $# == 2 )) || die "ver_test takes two or three arguments"
	pf_compare_versions "${pf_a}" "$2"
	case $1 in
		-eq) (( pf_order == 0 )) ;;
		-ne) (( pf_order != 0 )) ;;
		-lt) (( pf_order < 0 )) ;;
		-le) (( pf_order <= 0 )) ;;
		-gt) (( pf_order > 0 )) ;;
		-ge) (( pf_order >= 0 )) ;;
		*) die "ver_test: not an operator: $1" ;;
	esac
}

# PMS section 10.2: these accumulate over the ebuild and its eclasses; the two last since EAPI 8.
pf_accumulated=( IUSE REQUIRED_USE DEPEND BDEPEND RDEPEND PDEPEND IDEPEND )
[[ ${pf_eapi} == 7 ]] || pf_accumulated+=( PROPERTIES RESTRICT )
declare -A pf_sum=()
pf_inherited=() pf_explicit=()

declare -ix ECLASS_DEPTH=0
inherit() {
	(( ++ECLASS_DEPTH ))
	local -x ECLASS
	local -A pf_saved
	local pf_name pf_dir pf_file pf_var pf_function pf_exports
	for pf_name; do
		ECLASS=${pf_name}
		pf_file=
		for pf_dir in "${pf_eclass_dirs[@]}"; do
			if [[ -f ${pf_dir}/${ECLASS}.eclass ]]; then
				pf_file=${pf_dir}/${ECLASS}.eclass
				break
			fi
		done
		if [[ -z ${pf_file} ]]; then
			printf '%s\n' "${ECLASS}" >&2
			exit 3
		fi

		pf_saved=()
		for pf_var in "${pf_accumulated[@]}"; do
			[[ -v ${pf_var} ]] && pf_saved[${pf_var}]=${!pf_var}
			unset "${pf_var}"
		done
		pf_exports=()

		source "${pf_file}" || die "${ECLASS}.eclass ended with an error"

		for pf_var in "${pf_accumulated[@]}"; do
			if [[ -v ${pf_var} ]]; then
				pf_sum[${pf_var}]+=${pf_sum[${pf_var}]:+ }${!pf_var}
			fi
			if [[ -v pf_saved[${pf_var}] ]]; then
				printf -v "${pf_var}" %s "${pf_saved[${pf_var}]}"
			else
				unset "${pf_var}"
			fi
		done
		# After the eclass is read, PMS section 10.3.
		for pf_function in "${pf_exports[@]}"; do
			declare -F "${ECLASS}_${pf_function}" > /dev/null ||
				die "EXPORT_FUNCTIONS: ${ECLASS}_${pf_function} is not defined"
			eval "${pf_function}() { ${ECLASS}_${pf_function} \"\$@\"; }"
		done
		has "${pf_name}" "${pf_inherited[@]}" || pf_inherited+=( "${pf_name}" )
		export INHERITED="${pf_inherited[*]/#/ }"
		(( ECLASS_DEPTH > 1 )) || pf_explicit+=( "${pf_name}" )
	done
	(( --ECLASS_DEPTH )) || true
}
EXPORT_FUNCTIONS() {
	[[ -n ${ECLASS} ]] || die "EXPORT_FUNCTIONS outside an eclass"
	pf_exports+=( "$@" )
}

# PMS section 12.1: no external command in global scope. /dev/null is no folder, so nothing is
# found in it; an absolute name still could be, which PMS forbids (sealed.bash makes it harmless).
command_not_found_handle() { die "an external command in global scope: $*"; }
unset EAPI DESCRIPTION HOMEPAGE SRC_URI LICENSE SLOT KEYWORDS IUSE REQUIRED_USE PROPERTIES RESTRICT \
	DEPEND BDEPEND RDEPEND PDEPEND IDEPEND ECLASS INHERITED
export PATH=/dev/null
# bash keeps a here-document in a file of its own when BASH_COMPAT is 5.0 or less; nothing else that
# is sourced has a reason to write one. No ebuild needs 2 GiB of variables.
ulimit -f 1024 -c 0 -v 2097152

source "${pf_ebuild}" || die "the ebuild ended with an error"

[[ ${EAPI} == "${pf_eapi}" ]] || die "EAPI is ${EAPI-unset} after sourcing and ${pf_eapi} in the ebuild's head"
shopt -u failglob
set -f

for pf_var in "${pf_accumulated[@]}"; do
	printf -v "${pf_var}" %s "${!pf_var}${!pf_var:+ }${pf_sum[${pf_var}]}"
done
INHERITED=${pf_inherited[*]} INHERIT=${pf_explicit[*]}

# PMS section 7.4, "-" when there is none; the order is that of the phases' short names.
DEFINED_PHASES=
for pf_var in src_compile pkg_config src_configure pkg_info src_install pkg_nofetch pkg_postinst \
	pkg_postrm pkg_preinst src_prepare pkg_prerm pkg_pretend pkg_setup src_test src_unpack; do
	if declare -F "${pf_var}" > /dev/null; then
		DEFINED_PHASES+=" ${pf_var#*_}"
	fi
done
: "${DEFINED_PHASES:=-}"
[[ ${pf_eapi} != 7 ]] || unset IDEPEND

IFS=$' \t\n'
printf 'PF_BEGIN\n' >&"${pf_out}"
for pf_var in BDEPEND DEFINED_PHASES DEPEND DESCRIPTION EAPI HOMEPAGE IDEPEND INHERIT INHERITED IUSE \
	KEYWORDS LICENSE PDEPEND PROPERTIES RDEPEND REQUIRED_USE RESTRICT SLOT SRC_URI; do
	# Splitting and joining is the normalisation; no -e, so a backslash stays one.
	pf_words=( ${!pf_var} )
	printf '%s=%s\n' "${pf_var}" "${pf_words[*]}" >&"${pf_out}"
done

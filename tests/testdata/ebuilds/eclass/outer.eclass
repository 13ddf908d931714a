# An eclass that accumulates, inherits another and exports a phase.
case ${EAPI} in
	7|8) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac
if [[ -z ${_OUTER_ECLASS} ]]; then
_OUTER_ECLASS=1
inherit inner
IUSE="+outer"
DEPEND="
	dev-libs/outer
	outer? ( dev-libs/outer-extra )
"
RESTRICT="outer? ( mirror )"
outer_src_compile() { :; }
fi
EXPORT_FUNCTIONS src_compile

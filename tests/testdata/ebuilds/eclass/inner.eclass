# Sees none of the ebuild's or the outer eclass's own values, and adds its own.
[[ -z ${IUSE}${DEPEND} ]] || die "inner.eclass sees IUSE='${IUSE}' DEPEND='${DEPEND}'"
IUSE="inner"
DEPEND="dev-libs/inner"
IDEPEND="sys-apps/inner"
inner_helper() { :; }

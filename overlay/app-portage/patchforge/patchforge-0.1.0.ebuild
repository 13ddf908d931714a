# Copyright 2026 The PatchForge authors
# Distributed under the terms of the GNU General Public License v2

EAPI=8

inherit shell-completion

DESCRIPTION="Moves patch series to new releases, builds and tries and packages them"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"
SRC_URI="${P}-linux.tar.xz"

# The tool's own, then what its libraries are under.
LICENSE="Apache-2.0 GPL-2-with-linking-exception MIT"
SLOT="0"
KEYWORDS="-* ~amd64"
RESTRICT="fetch"

# Machine code for glibc, without a runtime beside it. Of OpenSSL it opens libssl.so.3 when it needs a digest.
# Profiles of another C library mask glibc, so that it is asked for where it can be had; pkg_pretend says the rest.
RDEPEND="
	app-shells/bash
	dev-libs/openssl
	elibc_glibc? ( sys-libs/glibc )
	sys-apps/util-linux
"

QA_PREBUILT="opt/patchforge/*"

pkg_pretend() {
	use elibc_glibc || die "patchforge is machine code for glibc, and this system's C library is another one"
}

pkg_nofetch() {
	einfo "${A} is made from a checkout of the sources:"
	einfo "  ./pack DIRECTORY"
	einfo "Put it into the folder that DISTDIR names."
}

src_install() {
	insinto /opt/patchforge
	doins -r lib/.
	fperms +x /opt/patchforge/patchforge
	dosym ../../opt/patchforge/patchforge /usr/bin/patchforge
	doman patchforge.1
	newbashcomp completions/patchforge.bash patchforge
	newzshcomp completions/patchforge.zsh _patchforge
	newfishcomp completions/patchforge.fish patchforge.fish
	einstalldocs
}

# Copyright 2026 The PatchForge authors
# Distributed under the terms of the GNU General Public License v2

EAPI=8

DESCRIPTION="A package to break"
HOMEPAGE="https://example.org/"
SRC_URI="https://example.org/hello-${PV}.tar.gz"

LICENSE="GPL-2"
SLOT="0"
KEYWORDS="~amd64"


PATCHES=( "${FILESDIR}"/itk-1.0/0001-one.patch )

src_install() {
	doins "${FILESDIR}"/hello.conf
}

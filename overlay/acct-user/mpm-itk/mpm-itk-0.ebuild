# Copyright 2026 The PatchForge authors
# Distributed under the terms of the GNU General Public License v2

EAPI=8

inherit acct-user

DESCRIPTION="User of the processes of mpm-itk that pass connections on"

# Numbers that are the same everywhere are given out by ::gentoo: any free one.
ACCT_USER_ID=-1
ACCT_USER_GROUPS=( mpm-itk )

acct-user_add_deps

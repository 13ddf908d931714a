# Copyright 2026 The PatchForge authors
# Distributed under the terms of the GNU General Public License v2

EAPI=8

inherit acct-group

DESCRIPTION="Group of the processes of mpm-itk that pass connections on"

# Numbers that are the same everywhere are given out by ::gentoo: any free one.
ACCT_GROUP_ID=-1

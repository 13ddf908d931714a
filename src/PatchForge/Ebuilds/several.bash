# Runs metadata.bash for each ebuild of a list, one after the other, each in a shell of its own.
#
# Environment: PF_FOLDER (holds metadata.bash and list), PF_SECONDS (for each), PF_ECLASS_DIRS.
# list: six lines an ebuild: file, EAPI, CATEGORY, PN, PV, PR.
# Standard output, for each: PF_ANSWER, exit code (124: it took too long), number of lines of output and of
# errors; then these lines. They are counted after the ebuild ended, so none can print another's answer.

export PATH=/usr/bin:/bin

metadata() {
	timeout -k 1 "${PF_SECONDS}" env -i LC_ALL="${LC_ALL}" \
		PF_EBUILD="${file}" PF_EAPI="${eapi}" PF_ECLASS_DIRS="${PF_ECLASS_DIRS}" \
		CATEGORY="${category}" PN="${pn}" PV="${pv}" PR="${pr}" \
		"${BASH}" --noprofile --norc "${PF_FOLDER}/metadata.bash" < /dev/null &
	local child=$! code
	wait "${child}"
	code=$?
	# What it left behind would hold the pipes; timeout(1) leads a process group.
	kill -KILL -- "-${child}" 2> /dev/null
	return "${code}"
}

while read -r file && read -r eapi && read -r category && read -r pn && read -r pv && read -r pr; do
	eval "$({ error=$({ output=$(metadata); code=$?; } 2>&1; declare -p output code >&2); declare -p error >&2; } 2>&1)"
	mapfile -t output <<< "${output}"
	mapfile -t error <<< "${error}"
	printf 'PF_ANSWER %d %d %d\n' "${code}" "${#output[@]}" "${#error[@]}"
	printf '%s\n' "${output[@]}" "${error[@]}"
	unset output error
done < "${PF_FOLDER}/list"

# Copyright 2026 The PatchForge authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: mpm-itk.eclass
# @MAINTAINER:
# The PatchForge authors <patchforge@mpm-itk.invalid>
# @SUPPORTED_EAPIS: 8
# @BLURB: What the ebuilds of httpd's lines have in common
# @DESCRIPTION:
# The files around the server (init script, unit, configuration), the probes of
# src_test, and what is said and done after the merge. How a line is configured
# and built stands in its ebuilds.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_MPM_ITK_ECLASS-} ]]; then
_MPM_ITK_ECLASS=1

inherit systemd tmpfiles

# The dispatchers' account is taken where it is there; the configuration can name another.
RDEPEND="
	app-admin/apache-tools
	mpm-itk? (
		acct-group/mpm-itk
		acct-user/mpm-itk
	)
"

# @FUNCTION: mpm-itk_suexec
# @USAGE: <argument>
# @DESCRIPTION:
# Prints configure's arguments for suexec, the first as given. What is compiled
# in here cannot be configured later: suexec trusts no file.
mpm-itk_suexec() {
	echo \
		"${1}" \
		--with-suexec-bin="${EPREFIX}"/usr/sbin/suexec \
		--with-suexec-caller=apache \
		--with-suexec-docroot="${EPREFIX}"/var/www \
		--with-suexec-gidmin=100 \
		--with-suexec-logfile="${EPREFIX}"/var/log/apache2/suexec.log \
		--with-suexec-uidmin=1000 \
		--with-suexec-userdir=public_html
}

# @FUNCTION: mpm-itk_prune
# @DESCRIPTION:
# Takes out of the image what app-admin/apache-tools has, what runs no server
# here, and folders that tmpfiles makes at each start.
mpm-itk_prune() {
	local name
	for name in ab checkgid dbmmanage fcgistarter htcacheclean htdbm htdigest htpasswd httxt2dbm \
		logresolve rotatelogs
	do
		rm -f "${ED}"/usr/{bin,sbin}/${name} "${ED}"/usr/share/man/man[18]/${name}.[18] || die
	done
	rm -f "${ED}"/usr/sbin/envvars{,-std} || die
	find "${ED}/usr/$(get_libdir)/apache2" \( -name '*.la' -o -name '*.a' -o -name '*.exp' \) -delete || die
	rm -r "${ED}"/run "${ED}"/var || die
	if ! use doc; then
		rm -r "${ED}"/usr/share/apache2/manual || die
	fi
}

# @FUNCTION: mpm-itk_install_files
# @DESCRIPTION:
# Installs what stands around the server. ${T}/modules.conf has the LoadModule
# lines by then, which only the build knows.
mpm-itk_install_files() {
	local line=$(ver_cut 1-2)

	sed "s|@LIBDIR@|$(get_libdir)|" "${FILESDIR}"/httpd-${line}.conf > "${T}"/httpd.conf || die
	insinto /etc/apache2
	doins "${T}"/httpd.conf "${T}"/modules.conf
	keepdir /etc/apache2/modules.d
	insinto /etc/apache2/modules.d
	if in_iuse ssl && use ssl; then
		newins "${FILESDIR}"/40_mod_ssl-${line}.conf 40_mod_ssl.conf
	fi
	insinto /etc/apache2/vhosts.d
	newins "${FILESDIR}"/00_default_vhost-${line}.conf 00_default_vhost.conf
	use mpm-itk && newins "${FILESDIR}"/10_mpm-itk_vhost-${line}.conf 10_mpm-itk_vhost.conf

	newinitd "${FILESDIR}"/apache2.initd apache2
	newconfd "${FILESDIR}"/apache2.confd apache2
	systemd_newunit "${FILESDIR}"/apache2.service apache2.service
	newtmpfiles "${FILESDIR}"/apache2.tmpfiles apache2.conf
	insinto /etc/logrotate.d
	newins "${FILESDIR}"/apache2.logrotate apache2
	keepdir /var/log/apache2 /var/www/localhost/htdocs

	dosym apachectl /usr/sbin/apache2ctl
	# Packages in ::gentoo call the server by this name.
	dosym httpd /usr/sbin/apache2
	# Group apache alone may call suexec; it checks its caller once more itself.
	if use suexec; then
		fowners root:apache /usr/sbin/suexec
		fperms 4710 /usr/sbin/suexec
	fi
}

# @FUNCTION: _mpm-itk_test_conf
# @INTERNAL
# @USAGE: <port>
# @DESCRIPTION:
# Prints a configuration for the server in the build folder: two hosts by name.
_mpm-itk_test_conf() {
	local host module

	echo "ServerRoot ${T}/probes"
	for module in access_compat authz_core authz_host dir mime unixd access; do
		find modules -path "*/.libs/mod_${module}.so" -printf "LoadModule ${module}_module ${S}/%p\n" || die
	done
	echo "Listen 127.0.0.1:${1}"
	echo "ServerName localhost:${1}"
	echo "User apache"
	echo "Group apache"
	echo "PidFile ${T}/probes/pid"
	echo "ScoreBoardFile ${T}/probes/scoreboard"
	echo "ErrorLog ${T}/probes/error_log"
	printf '%s\n' "<IfModule mod_mime.c>" "TypesConfig /dev/null" "</IfModule>"
	if ver_test -lt 2.4; then
		echo "LockFile ${T}/probes/lock"
		echo "AcceptMutex fcntl"
		echo "NameVirtualHost 127.0.0.1:${1}"
	else
		echo "DefaultRuntimeDir ${T}/probes"
		echo "Mutex fcntl:${T}/probes"
	fi
	for host in one two; do
		echo "<VirtualHost 127.0.0.1:${1}>"
		echo "ServerName ${host}.test"
		echo "DocumentRoot ${T}/probes/${host}"
		use mpm-itk && echo "AssignUserID apache apache"
		echo "</VirtualHost>"
	done
}

# @FUNCTION: mpm-itk_src_test
# @DESCRIPTION:
# Asks the server that was built what can be asked without being root. mpm-itk
# has to refuse to start then, and to refuse a configuration that is unsafe.
mpm-itk_src_test() {
	local host port=$(( 20000 + RANDOM % 10000 ))
	local conf=${T}/probes/httpd.conf

	for host in one two; do
		mkdir -p "${T}"/probes/${host} || die
		echo "page of ${host}" > "${T}"/probes/${host}/index.html || die
	done
	_mpm-itk_test_conf ${port} > "${conf}" || die
	einfo "Probe: the configuration is accepted"
	./httpd -f "${conf}" -t || die "httpd refuses a good configuration"
	einfo "Probe: a directive that nobody has is refused"
	{ cat "${conf}" && echo "NoSuchDirective on"; } > "${conf}.bad" || die
	./httpd -f "${conf}.bad" -t 2> /dev/null && die "httpd takes a directive that nobody has"
	if use mpm-itk; then
		einfo "Probe: a host that would run as root is refused"
		sed 's/AssignUserID .*/AssignUserID root root/' "${conf}" > "${conf}.bad" || die
		./httpd -f "${conf}.bad" -t 2> /dev/null && die "httpd takes a host that would run as root"
	fi
	if [[ ${EUID} -eq 0 ]]; then
		einfo "The other probes are asked of a server that nobody privileged started."
		return
	fi

	einfo "Probe: a start on port ${port}"
	./httpd -f "${conf}" -k start &> "${T}"/probes/start
	cat "${T}"/probes/start || die
	if use mpm-itk; then
		# It says so where whoever starts it reads, or in its log if that is open by then.
		grep -qs "has to be started as root" "${T}"/probes/{start,error_log} ||
			die "mpm-itk does not say that it cannot become the hosts' users"
		[[ ! -e ${T}/probes/pid ]] || die "mpm-itk runs, and cannot become the hosts' users"
		return
	fi
	einfo "Probe: each host answers with its own page, and not with one that is not there"
	_mpm-itk_ask ${port}
	host=$?
	./httpd -f "${conf}" -k stop || die "the server does not stop"
	[[ ${host} -eq 0 ]] || die "the server does not answer as it should"
}

# @FUNCTION: _mpm-itk_ask
# @INTERNAL
# @USAGE: <port>
# @DESCRIPTION:
# Asks the server of src_test; waits ten seconds for it to listen.
_mpm-itk_ask() {
	perl -MIO::Socket::INET -e '
		my $port = shift;
		sub ask {
			my ($host, $path) = @_;
			for (1 .. 50) {
				my $to = IO::Socket::INET->new("127.0.0.1:$port");
				if ($to) {
					print $to "GET $path HTTP/1.0\r\nHost: $host.test\r\n\r\n";
					local $/;
					return scalar <$to>;
				}
				select undef, undef, undef, 0.2;
			}
			die "nobody listens on port $port\n";
		}
		for my $host ("one", "two") {
			ask($host, "/index.html") =~ m{^HTTP/1.1 200 .*\r\npage of $host\n\z}s or die "$host has another page\n";
			ask($host, "/none") =~ m{^HTTP/1.1 404 } or die "$host has a page that is not there\n";
		}' "${1}"
}

# @FUNCTION: mpm-itk_pkg_postinst
# @DESCRIPTION:
# Makes the run-time folder, and says what nobody can know who did not read.
mpm-itk_pkg_postinst() {
	tmpfiles_process apache2.conf

	if [[ -n ${REPLACING_VERSIONS} ]]; then
		elog "A server that runs goes on with the old program. Restart it: a reload would give"
		elog "the old program the new modules."
	elif use mpm-itk; then
		elog "Each virtual host is served as the user that its AssignUserID line names; see"
		elog "/etc/apache2/vhosts.d/10_mpm-itk_vhost.conf. A host without that line is answered 503."
	fi
	if use mpm-itk && [[ -z ${REPLACING_VERSIONS} ]]; then
		ewarn "A proxy in front must not send requests for hosts of different users over one"
		ewarn "connection: whoever serves the first can read the others."
	fi
}

# @FUNCTION: mpm-itk_pkg_config
# @DESCRIPTION:
# For emerge --config: makes a certificate for trying out TLS where the
# configuration has none, and says what the server makes of its configuration.
mpm-itk_pkg_config() {
	local key=${EROOT}/etc/ssl/apache2/server.key

	if in_iuse ssl && use ssl && [[ ! -e ${key} ]]; then
		einfo "Making a certificate for ${HOSTNAME}, signed by itself, for a year"
		mkdir -p "${key%/*}" || die
		(
			umask 077
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj "/CN=${HOSTNAME}" \
				-addext "subjectAltName=DNS:${HOSTNAME}" -keyout "${key}.new" -out "${key%.key}.crt" || die
			mv "${key}.new" "${key}" || die
		)
		einfo "They are ${key%.key}.crt and ${key##*/}: a virtual host names them, as"
		einfo "${EROOT}/etc/apache2/modules.d/40_mod_ssl.conf shows."
	fi

	local options=$(source "${EROOT}"/etc/conf.d/apache2 && echo "${APACHE2_OPTS}")
	einfo "The virtual hosts, as the server reads them with ${options:-no options}:"
	"${EROOT}"/usr/sbin/httpd ${options} -S || die "the configuration is refused; see above"
	einfo "The configuration is accepted."
}

fi

EXPORT_FUNCTIONS src_test pkg_postinst pkg_config

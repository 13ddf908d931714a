using System.Collections.Immutable;
using PatchForge.Httpd;
using PatchForge.Smoke;

namespace PatchForge.Tests.Smoke;

/// <summary>One writer for every line of httpd: what differs comes from the line's dialect.</summary>
public sealed class HttpdConfTests
{
    private static string[] Conf(Dialect dialect, params ImmutableArray<string> modules) => HttpdConf.Text(
        new Recipe("/opt/httpd/bin/httpd", "/m", modules, Switches: true, 8080, Site("server"), [Site("alpha.test"), Site("beta.test")]) { Dialect = dialect }).Split('\n');

    private static Site Site(string name) => new(name, "pf" + name[0], new ServingIds(1, 1, []));

    [Fact]
    public void A_2_0_server_has_its_accept_lock_its_named_hosts_and_a_type_for_all_files()
    {
        var lines = Conf(Dialect.Httpd20, "mod_access.so", "mod_alias.so", "mod_authz_core.so");

        Assert.Equal(["LoadModule access_module /m/mod_access.so", "LoadModule alias_module /m/mod_alias.so"], lines.Where(line => line.StartsWith("LoadModule", StringComparison.Ordinal)));
        Assert.Contains("LockFile /srv/smoke/run/accept.lock", lines);
        Assert.Contains("AcceptMutex fcntl", lines);
        Assert.Contains("NameVirtualHost 127.0.0.1:8080", lines);
        Assert.Contains("DefaultType text/plain", lines);
        Assert.DoesNotContain("    Require all granted", lines);
    }

    [Fact]
    public void A_2_4_server_has_none_of_these_and_knows_who_it_is_before_it_is_told()
    {
        var lines = Conf(Dialect.Httpd24, "mod_access.so", "mod_alias.so", "mod_authz_core.so", "mod_unixd.so");

        Assert.Equal(
            ["LoadModule authz_core_module /m/mod_authz_core.so", "LoadModule unixd_module /m/mod_unixd.so", "LoadModule alias_module /m/mod_alias.so"],
            lines.Where(line => line.StartsWith("LoadModule", StringComparison.Ordinal)));
        Assert.True(Array.IndexOf(lines, "LoadModule unixd_module /m/mod_unixd.so") < Array.FindIndex(lines, line => line.StartsWith("User ", StringComparison.Ordinal)));
        Assert.Contains("Mutex fcntl:/srv/smoke/run default", lines);
        Assert.Contains("    Require all granted", lines);
        Assert.DoesNotContain(lines, line => line.Split(' ')[0] is "LockFile" or "AcceptMutex" or "NameVirtualHost" or "DefaultType");
    }

    [Fact]
    public void Spare_servers_are_for_those_without_threads_and_sections_are_closed()
    {
        Assert.Equal(
            ["<IfModule !event.c>", "<IfModule !worker.c>", "MinSpareServers 2", "MaxSpareServers 6", "</IfModule>", "</IfModule>"],
            Conf(Dialect.Httpd24).SkipWhile(line => line != "<IfModule !event.c>").Take(6));
    }

    [Fact]
    public void A_2_0_server_with_mod_ssl_has_each_site_on_a_port_of_its_own_with_its_own_key_and_user()
    {
        var lines = Conf(Dialect.Httpd20, "mod_ssl.so");

        Assert.Contains("LoadModule ssl_module /m/mod_ssl.so", lines);
        Assert.Equal(
            ["<VirtualHost 127.0.0.1:8082>", "    ServerName beta.test", "    AssignUserID pfb pfb", "    SSLEngine on", "    SSLCertificateFile /srv/smoke/keys/beta.test.pem", "</VirtualHost>"],
            lines.SkipWhile(line => line != "<VirtualHost 127.0.0.1:8082>").Where(line => !line.Contains("DocumentRoot", StringComparison.Ordinal) && !line.Contains("ScriptAlias", StringComparison.Ordinal)).Take(6));
        Assert.DoesNotContain(Conf(Dialect.Httpd20), line => line.Contains("SSL", StringComparison.Ordinal));
        Assert.DoesNotContain(Conf(Dialect.Httpd24, "mod_ssl.so"), line => line.Contains("SSL", StringComparison.Ordinal));
    }

    [Fact]
    public void Scripts_of_a_server_with_threads_have_their_socket()
    {
        Assert.Contains("ScriptSock /srv/smoke/run/cgid", Conf(Dialect.Httpd24, "mod_cgid.so"));
        Assert.DoesNotContain("ScriptSock /srv/smoke/run/cgid", Conf(Dialect.Httpd24, "mod_cgi.so"));
    }
}

using PatchForge.Attacks;
using PatchForge.Httpd;

namespace PatchForge.Tests.Attacks;

public sealed class AttackConfTests
{
    [Theory]
    [InlineData(AttackModel.Pool, "ItkModel pool")]
    [InlineData(AttackModel.Fork, "ItkModel fork")]
    public void The_models_of_one_server_differ_by_a_directive(AttackModel model, string line) =>
        Assert.Contains(line + "\n", Conf(model, AttackSetting.Usual), StringComparison.Ordinal);

    [Theory]
    [InlineData(AttackModel.Classic)]
    [InlineData(AttackModel.Switch)]
    public void The_older_models_are_given_nothing_that_they_do_not_know(AttackModel model) =>
        Assert.DoesNotContain("Itk", Conf(model, AttackSetting.Usual).Replace("ITK_ATTACK", "", StringComparison.Ordinal), StringComparison.Ordinal);

    [Fact]
    public void Each_host_has_its_own_user_and_the_attacker_has_a_place_of_a_third_one()
    {
        var text = Conf(AttackModel.Pool, AttackSetting.Usual);

        Assert.Contains("AssignUserID pfattacker pfattacker", text, StringComparison.Ordinal);
        Assert.Contains("AssignUserID pfvictim pfvictim", text, StringComparison.Ordinal);
        Assert.Contains("<Location /inner>\n        AssignUserID pfinner pfinner", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AttackSetting.RootIdentity, "AssignUserID root root")]
    [InlineData(AttackSetting.OutOfRange, "LimitUIDRange 64102 64104")]
    [InlineData(AttackSetting.SharedUser, "AssignUserID pfattacker pfvictim")]
    [InlineData(AttackSetting.DispatcherIsPool, "ItkDispatcherUser pfvictim")]
    [InlineData(AttackSetting.WrongContainer, "<Directory /srv/attack/sites/pfattacker>")]
    [InlineData(AttackSetting.OpenLogFolder, "TransferLog /srv/attack/sites/pfattacker/log")]
    [InlineData(AttackSetting.NoNewPrivileges, "ItkNoNewPrivileges On")]
    [InlineData(AttackSetting.Crowded, "MaxClients 6")]
    [InlineData(AttackSetting.Tls, "    SSLCertificateFile /srv/attack/keys/pfvictim.pem")]
    public void A_setting_says_what_is_wrong_with_it_and_the_usual_one_does_not(AttackSetting setting, string line)
    {
        Assert.Contains(line + "\n", Conf(AttackModel.Pool, setting), StringComparison.Ordinal);
        Assert.DoesNotContain(line + "\n", Conf(AttackModel.Pool, AttackSetting.Usual), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_searched_for_is_in_the_planted_keys_one_in_each()
    {
        var marks = Catalog.All.Select(attack => attack.Means).OfType<Means.Inside>().Single(means => means.Name == "tls-key").Marks.Split(',');
        var keys = AttackFiles.Of(Recipe(AttackModel.Pool, AttackSetting.Tls, [])).Where(file => file.Path.StartsWith("keys/", StringComparison.Ordinal)).ToArray();

        Assert.Equal(["keys/pfattacker.pem", "keys/pfvictim.pem"], keys.Select(file => file.Path));
        for (var i = 0; i < keys.Length; i++)
        {
            var lines = keys[i].Text.Split('\n').Skip(1).TakeWhile(line => !line.StartsWith('-'));
            var der = AttackCast.Masked(Convert.FromBase64String(string.Concat(lines)));
            Assert.Contains(marks[i], der, StringComparison.Ordinal);
            Assert.DoesNotContain(marks[1 - i], der, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Guards_are_taken_out_by_the_environment_of_the_server_alone()
    {
        var script = Script([]);
        Assert.DoesNotContain("ITK_LAB_WITHOUT", script, StringComparison.Ordinal);
        Assert.Contains("ITK_LAB_WITHOUT=bounding,securebits setpriv", Script(["bounding", "securebits"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_2_4_server_is_configured_in_its_own_words()
    {
        var recipe = Recipe(AttackModel.Pool, AttackSetting.Usual, []) with { Dialect = Dialect.Httpd24, ModuleFiles = ["mod_authz_core.so", "mod_unixd.so", "mod_env.so"] };
        var lines = AttackConf.Text(recipe).Split('\n');

        Assert.Contains("Mutex fcntl:/srv/attack/run default", lines);
        Assert.DoesNotContain(lines, line => line.Split(' ')[0] is "LockFile" or "AcceptMutex" or "NameVirtualHost" or "DefaultType");
        Assert.True(Array.IndexOf(lines, "LoadModule unixd_module /opt/httpd/modules/mod_unixd.so") is > 0 and var loaded && loaded < Array.IndexOf(lines, "User pfserver"));
        Assert.Contains("NameVirtualHost 127.0.0.1:8080", Conf(AttackModel.Pool, AttackSetting.Usual), StringComparison.Ordinal);
        Assert.Contains("AcceptMutex fcntl", Conf(AttackModel.Pool, AttackSetting.Usual), StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_has_its_own_lines_before_the_hosts_and_none_of_ours()
    {
        var recipe = Recipe(AttackModel.MpmItk, AttackSetting.Usual, []) with { Dialect = Dialect.Httpd24, Lines = ["LoadModule mpm_itk_module /usr/lib/mpm_itk.so", "EnableCapabilities Off"] };
        var lines = AttackConf.Text(recipe).Split('\n');

        Assert.True(Array.IndexOf(lines, "EnableCapabilities Off") is > 0 and var at && at < Array.IndexOf(lines, "<VirtualHost 127.0.0.1:8080>"));
        Assert.Contains("    AssignUserID pfattacker pfattacker", lines);
        Assert.Contains("    NiceValue 5", lines);
        Assert.Contains("MinSpareServers 3", lines);
        Assert.DoesNotContain(lines, line => line.TrimStart().StartsWith("Itk", StringComparison.Ordinal));
    }

    [Fact]
    public void PHP_is_the_file_that_was_named() => Assert.Contains(
        "LoadModule php_module /usr/lib/apache2/modules/libphp8.2.so\n",
        AttackConf.Text(Recipe(AttackModel.Pool, AttackSetting.Php, []) with { Php = "/usr/lib/apache2/modules/libphp8.2.so" }),
        StringComparison.Ordinal);

    private static string Conf(AttackModel model, AttackSetting setting) => AttackConf.Text(Recipe(model, setting, []));

    private static string Script(string[] without) =>
        AttackFiles.Of(Recipe(AttackModel.Pool, AttackSetting.Usual, without)).Single(file => file.Path == AttackFiles.Start).Text;

    private static AttackRecipe Recipe(AttackModel model, AttackSetting setting, string[] without) =>
        new("/opt/httpd/bin/httpd", "/opt/httpd/modules", ["mod_env.so"], 8080, model, setting, [.. without], AttackCast.Usual);
}

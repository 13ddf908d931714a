using PatchForge.Releases;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

public sealed class FindDistfileTests : IDisposable
{
    private readonly OneRelease _project = new();

    public void Dispose() => _project.Dispose();

    private async Task<DistfileSearch> Search(string? distdir = null)
    {
        var settings = _project.Settings();
        return await new FindDistfile(_project.Outside, _project.Variable)
            .Run(settings, settings.Release("1.0").Release.Published, distdir, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_places_are_looked_through_in_their_order()
    {
        _project.Variables["DISTDIR"] = _project.Folder["named"];
        _project.Processes.PortageDistdir = _project.Folder["portage"];
        var search = await Search(_project.Folder["given"]);
        Assert.Equal(
            [_project.Folder["given"], _project.Folder["named"], _project.Folder["portage"], _project.Cache("distfiles")],
            search.Places.Select(place => place.Folder));
        Assert.Null(search.Best);
        foreach (var (place, before) in new[] { (_project.Cache("distfiles"), 3), (_project.Folder["portage"], 2), (_project.Folder["named"], 1), (_project.Folder["given"], 0) })
        {
            _project.Folder.Write(Path.Combine(place, OneRelease.Distfile), _project.Good);
            var found = await Search(_project.Folder["given"]);
            Assert.Equal(place, found.Best?.Place.Folder);
            Assert.Equal(before + 1, found.Places.Length);
        }
    }

    [Fact]
    public async Task The_official_file_in_a_later_place_is_preferred_to_a_wrong_one()
    {
        _project.Variables["DISTDIR"] = _project.Folder["named"];
        _project.Folder.Write("named/" + OneRelease.Distfile, _project.Other);
        Assert.IsType<DistfileVerdict.Wrong>((await Search()).Best?.Verdict);
        _project.Folder.Write(Path.Combine(_project.Cache("distfiles"), OneRelease.Distfile), _project.Good);
        Assert.IsType<DistfileVerdict.Official>((await Search()).Best?.Verdict);
    }

    [Fact]
    public async Task The_cache_follows_XDG_CACHE_HOME()
    {
        _project.Variables["XDG_CACHE_HOME"] = _project.Folder["xdg"];
        Assert.Equal(_project.Folder["xdg/patchforge/distfiles"], Assert.Single((await Search()).Places).Folder);
    }

    [Fact]
    public async Task Portage_is_asked_once_and_only_when_it_is_its_turn()
    {
        _project.Processes.PortageDistdir = _project.Folder["portage"];
        _project.Folder.Write("given/" + OneRelease.Distfile, _project.Good);
        await Search(_project.Folder["given"]);
        Assert.Equal(0, _project.Processes.Runs);
    }

    [Theory]
    [InlineData("DISTDIR=\"/var/cache/distfiles\"", "/var/cache/distfiles")]
    [InlineData("DISTDIR='/a b'   # where", "/a b")]
    [InlineData("  export DISTDIR=/srv/distfiles", "/srv/distfiles")]
    [InlineData("DISTDIR=/one\nDISTDIR=/two", "/two")]
    [InlineData("# DISTDIR=/one", null)]
    [InlineData("DISTDIR=\"${PORTDIR}/distfiles\"", null)]
    [InlineData("DISTDIR=/one\nDISTDIR=$(mktemp)", null)]
    [InlineData("DISTDIR=/one\n[ -d /x ] && DISTDIR=/x", null)]
    [InlineData("DISTDIR=relative", null)]
    [InlineData("PORTDIR=/x\nMY_DISTDIR=/y", null)]
    public void Of_make_conf_only_a_plain_assignment_is_believed(string text, string? folder) =>
        Assert.Equal(folder, PortageConfiguration.Distdir(text));
}

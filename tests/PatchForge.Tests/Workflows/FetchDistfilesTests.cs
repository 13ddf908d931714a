using System.Text;
using PatchForge.Releases;
using PatchForge.Seams;
using PatchForge.Tests.Releases;
using PatchForge.Workflows;

namespace PatchForge.Tests.Workflows;

public sealed class FetchDistfilesTests : IDisposable
{
    private static readonly SourceOptions Quick = new() { FirstPause = TimeSpan.Zero };
    private readonly OneRelease _project = new();

    public void Dispose() => _project.Dispose();

    private Task<FetchedDistfile> Fetch(SourceOptions? options = null, bool withDigest = true) =>
        new FetchDistfiles(_project.Outside, _project.Variable).One(_project.Settings(withDigest), "1.0", options ?? Quick, TestContext.Current.CancellationToken);

    private async Task<Failure> Fails(SourceOptions? options = null, bool withDigest = true) =>
        await Assert.ThrowsAsync<Failure>(() => Fetch(options, withDigest));

    private string InCache => Path.Combine(_project.Cache("distfiles"), OneRelease.Distfile);

    private string LockText => File.Exists(_project.Folder["project/patchforge.lock"]) ? File.ReadAllText(_project.Folder["project/patchforge.lock"]) : "";

    [Fact]
    public async Task A_file_is_downloaded_verified_and_then_gets_its_name()
    {
        _project.Downloads.Files[OneRelease.Mirror + OneRelease.Distfile] = _project.Good;
        var fetched = await Fetch();
        Assert.True(fetched.Downloaded);
        Assert.IsType<DistfileVerdict.Official>(fetched.Verdict);
        Assert.Equal(InCache, fetched.File);
        Assert.Equal([InCache], Directory.GetFiles(_project.Cache("distfiles")));
        Assert.False((await Fetch()).Downloaded);
        Assert.Single(_project.Downloads.Asked);
        Assert.Equal("", LockText);
    }

    [Fact]
    public async Task A_broken_connection_is_tried_again_and_a_missing_file_asked_of_the_next_mirror()
    {
        _project.Downloads.Faults.Enqueue(new DownloadOutcome.Broken("reset"));
        _project.Downloads.Faults.Enqueue(new DownloadOutcome.NotThere(404));
        _project.Downloads.Files["https://second.example.org/" + OneRelease.Distfile] = _project.Good;
        await Fetch();
        Assert.Equal(
            [OneRelease.Mirror + OneRelease.Distfile, OneRelease.Mirror + OneRelease.Distfile, "https://second.example.org/" + OneRelease.Distfile],
            _project.Downloads.Asked);
    }

    [Fact]
    public async Task A_wrong_file_of_a_mirror_is_refused_and_gone_and_the_next_mirror_asked()
    {
        var changed = (byte[])_project.Good.Clone();
        changed[^9] ^= 1;
        _project.Downloads.Files[OneRelease.Mirror + OneRelease.Distfile] = changed;
        var failure = await Fails();
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains("SHA256 is", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_project.Cache("distfiles")));
        _project.Downloads.Files["https://second.example.org/" + OneRelease.Distfile] = _project.Good;
        Assert.IsType<DistfileVerdict.Official>((await Fetch()).Verdict);
    }

    [Fact]
    public async Task A_part_of_another_file_is_fetched_again_from_its_start()
    {
        _project.Folder.Write(InCache + ".part", [1, 2, 3]);
        _project.Downloads.Files[OneRelease.Mirror + OneRelease.Distfile] = _project.Good;
        Assert.IsType<DistfileVerdict.Official>((await Fetch()).Verdict);
        Assert.Equal(2, _project.Downloads.Asked.Count);
    }

    [Fact]
    public async Task A_missing_file_names_itself_the_places_and_the_three_ways()
    {
        _project.Downloads.IsDown = true;
        _project.Variables["DISTDIR"] = _project.Folder["named"];
        var failure = await Fails();
        Assert.Equal(FailureKind.Missing, failure.Kind);
        Assert.Equal(5, (int)failure.Kind);
        Assert.Contains(OneRelease.Distfile, failure.Message, StringComparison.Ordinal);
        foreach (var text in new[] { $"{_project.Good.Length} bytes", "SHA256 ", _project.Folder["named"] + " ($DISTDIR)", _project.Cache("distfiles"), "resolved", "--distdir DIR", "patchforge fetch 1.0", "--git DIR", "--unofficial", "1. ", "2. ", "3. " })
        {
            Assert.Contains(text, failure.Hint, StringComparison.Ordinal);
        }

        Assert.Equal([_project.Folder["named"], _project.Cache("distfiles")], failure.Facts["looked-in"]);
        Assert.Equal(6, _project.Downloads.Asked.Count); // three attempts at each of two mirrors
    }

    [Fact]
    public async Task Offline_nothing_is_asked_of_the_network()
    {
        Assert.Equal(FailureKind.Missing, (await Fails(Quick with { Offline = true })).Kind);
        Assert.Empty(_project.Downloads.Asked);
    }

    [Fact]
    public async Task A_wrong_file_at_hand_is_refused_and_left_where_it_is()
    {
        _project.Folder.Write(InCache, _project.Other);
        var failure = await Fails();
        Assert.Equal(FailureKind.Refused, failure.Kind);
        Assert.Contains("--unofficial", failure.Hint, StringComparison.Ordinal);
        Assert.Equal(_project.Other, File.ReadAllBytes(InCache));
        Assert.Empty(_project.Downloads.Asked);
    }

    [Fact]
    public async Task A_wrong_file_will_do_unofficially_and_is_marked()
    {
        _project.Folder.Write(InCache, _project.Other);
        var fetched = await Fetch(Quick with { Unofficial = true });
        Assert.IsType<DistfileVerdict.Unofficial>(fetched.Verdict);
        Assert.False(fetched.Verdict.IsAccepted);
        Assert.Contains(_project.Story.Lines, line => line.StartsWith("warning:", StringComparison.Ordinal) && line.Contains("unofficial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unofficial_does_not_make_a_wrong_download_good()
    {
        _project.Downloads.Files[OneRelease.Mirror + OneRelease.Distfile] = _project.Other[..^1];
        Assert.Equal(FailureKind.Refused, (await Fails(Quick with { Unofficial = true })).Kind);
    }

    [Fact]
    public async Task With_unofficial_the_official_file_is_still_official()
    {
        _project.Folder.Write(InCache, _project.Good);
        Assert.IsType<DistfileVerdict.Official>((await Fetch(Quick with { Unofficial = true })).Verdict);
    }

    [Fact]
    public async Task A_file_without_a_published_digest_needs_a_signature_or_trust()
    {
        _project.Folder.Write(InCache, _project.Good);
        var failure = await Fails(withDigest: false);
        Assert.Contains("add a published digest", failure.Hint, StringComparison.Ordinal);
        Assert.Contains("--trust-first-use", failure.Hint, StringComparison.Ordinal);
        Assert.Equal("unknown", DistfileFact.Of(new FetchedDistfile("1.0", OneRelease.Distfile, null, null, false, null, failure)).Verdict);
        Assert.Equal("", LockText);

        Assert.IsType<DistfileVerdict.FirstUse>((await Fetch(Quick with { TrustFirstUse = true }, withDigest: false)).Verdict);
        var recorded = LockText;
        Assert.Contains(OneRelease.Distfile, recorded, StringComparison.Ordinal);
        Assert.IsType<DistfileVerdict.FirstUse>((await Fetch(withDigest: false)).Verdict);
        Assert.Equal(recorded, LockText);

        _project.Folder.Write(InCache, _project.Other);
        var other = await Fails(Quick with { TrustFirstUse = true }, withDigest: false);
        Assert.Contains("not the file that was recorded", other.Message, StringComparison.Ordinal);
        Assert.Equal(recorded, LockText);
    }

    [Fact]
    public async Task A_good_signature_is_enough_and_recorded()
    {
        var key = new TestKey("Anna <anna@example.org>");
        _project.Downloads.Files[OneRelease.Mirror + OneRelease.Distfile] = _project.Good;
        _project.Downloads.Files[OneRelease.Mirror + OneRelease.Distfile + ".asc"] = Encoding.UTF8.GetBytes(key.Detached(_project.Good));
        _project.Downloads.Files["https://mirror.example.org/KEYS"] = Encoding.UTF8.GetBytes("text\n" + new TestKey("other").Armored + key.Armored);
        var fetched = await Fetch(withDigest: false);
        Assert.Equal(new DistfileVerdict.BySignature(key.Fingerprint, "Anna <anna@example.org>"), fetched.Verdict);
        Assert.Contains($" signed {key.Fingerprint} Anna", LockText, StringComparison.Ordinal);

        _project.Downloads.IsDown = true;
        Assert.IsType<DistfileVerdict.BySignature>((await Fetch(withDigest: false)).Verdict);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bad_signature_is_refused_whatever_else_is_said(bool trust)
    {
        var key = new TestKey("Anna");
        _project.Folder.Write(InCache, _project.Good);
        _project.Folder.Write(InCache + ".asc", Encoding.UTF8.GetBytes(key.Detached(_project.Other)));
        _project.Folder.Write(Path.Combine(_project.Cache("distfiles"), "KEYS"), Encoding.UTF8.GetBytes(key.Armored));
        var failure = await Fails(Quick with { TrustFirstUse = trust, Unofficial = trust }, withDigest: false);
        Assert.Contains("signature is refused", failure.Message, StringComparison.Ordinal);
        Assert.Equal("", LockText);
    }

    [Fact]
    public async Task Verify_says_what_each_file_is_and_what_a_signature_beside_it_says()
    {
        var key = new TestKey("Anna");
        _project.Folder.Write(InCache, _project.Good);
        var verify = new VerifyDistfiles(_project.Outside, _project.Variable);
        var plain = Assert.Single(await verify.Run(_project.Settings(), ["1.0"], null, TestContext.Current.CancellationToken));
        Assert.True(plain.IsGood);
        Assert.Null(plain.Signature);

        _project.Folder.Write(InCache + ".asc", Encoding.UTF8.GetBytes(key.Detached(_project.Other)));
        _project.Folder.Write(Path.Combine(_project.Cache("distfiles"), "KEYS"), Encoding.UTF8.GetBytes(key.Armored));
        var signed = Assert.Single(await verify.Run(_project.Settings(), ["1.0"], null, TestContext.Current.CancellationToken));
        Assert.IsType<SignatureVerdict.Refused>(signed.Signature);
        Assert.False(signed.IsGood);
        Assert.Empty(_project.Downloads.Asked);
    }

    [Fact]
    public async Task One_that_fails_does_not_keep_the_others_from_being_fetched()
    {
        _project.Downloads.IsDown = true;
        var answers = await new FetchDistfiles(_project.Outside, _project.Variable)
            .Run(_project.Settings(), ["1.0", "1.0"], Quick with { Attempts = 1 }, TestContext.Current.CancellationToken);
        Assert.Equal(2, answers.Length);
        Assert.All(answers, answer => Assert.Equal(FailureKind.Missing, answer.Failure?.Kind));
    }
}

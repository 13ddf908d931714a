using PatchForge.Roots;
using PatchForge.Seams;

namespace PatchForge.Tests.Roots;

public sealed class RootSpecTests
{
    [Fact]
    public void The_three_kinds_are_read()
    {
        Assert.Equal(new RootSpec.Host(), RootSpec.Parse("host", "/here"));
        Assert.Equal(new RootSpec.Folder("/srv/gentoo"), RootSpec.Parse("dir:/srv/gentoo/", "/here"));
        Assert.Equal(new RootSpec.Folder("/here/gentoo"), RootSpec.Parse("dir:gentoo", "/here"));
        Assert.Equal(new RootSpec.Stage3File("/tmp/stage3-amd64-openrc-20260101T000000Z.tar.xz"), RootSpec.Parse("stage3:/tmp/stage3-amd64-openrc-20260101T000000Z.tar.xz", "/here"));
        var index = Assert.IsType<RootSpec.Stage3Address>(RootSpec.Parse("stage3:https://mirror.test/autobuilds/latest-stage3-amd64-openrc.txt", "/here"));
        Assert.True(index.IsIndex);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hosts")]
    [InlineData("Host")]
    [InlineData("dir:")]
    [InlineData("dir:/")]
    [InlineData("dir:..")]
    [InlineData("dir:a\0b")]
    [InlineData("stage3:")]
    [InlineData("stage3:file:///etc/passwd")]
    [InlineData("stage3:ftp://mirror.test/stage3.tar.xz")]
    [InlineData("stage3:https://user:word@mirror.test/stage3.tar.xz")]
    [InlineData("stage3:https://mirror.test/stage3.tar.xz?x=1")]
    [InlineData("stage3:https:///stage3.tar.xz")]
    [InlineData("/srv/gentoo")]
    public void Anything_else_is_refused_with_the_forms_there_are(string text)
    {
        var failure = Assert.Throws<Failure>(() => RootSpec.Parse(text, "/here"));

        Assert.Equal(FailureKind.CommandLine, failure.Kind);
        Assert.Contains("stage3:PATH-or-URL", failure.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host")]
    [InlineData("dir:/srv/gentoo")]
    [InlineData("stage3:https://mirror.test/a/stage3-amd64-openrc-20260101T000000Z.tar.xz")]
    public void A_root_prints_as_it_was_read(string text) => Assert.Equal(text, RootSpec.Parse(text, "/").ToString());
}

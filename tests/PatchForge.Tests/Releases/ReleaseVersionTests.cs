using PatchForge.Releases;

namespace PatchForge.Tests.Releases;

public sealed class ReleaseVersionTests
{
    // Each is before the next (PMS section 3.3).
    private static readonly string[] InOrder =
        ["1", "2.0.01", "2.0.1_alpha", "2.0.1_alpha1", "2.0.1_beta2", "2.0.1_pre", "2.0.1_rc1", "2.0.1_rc1_p1", "2.0.1", "2.0.1_p1", "2.0.1a", "2.0.9", "2.0.48", "2.0.48.1", "2.0.65", "2.1", "10"];

    [Fact]
    public void Versions_are_ordered_as_portage_orders_them()
    {
        for (var i = 0; i < InOrder.Length; i++)
        {
            for (var j = 0; j < InOrder.Length; j++)
            {
                Assert.Equal(Math.Sign(i - j), Math.Sign(ReleaseVersion.Parse(InOrder[i]).CompareTo(ReleaseVersion.Parse(InOrder[j]))));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("1.")]
    [InlineData("1..2")]
    [InlineData("1-2")]
    [InlineData("1_gamma")]
    [InlineData("1/2")]
    [InlineData("1\n")]
    [InlineData("2.0.65-r1")]
    public void What_is_no_version_is_refused(string text) => Assert.False(ReleaseVersion.TryParse(text, out _));
}

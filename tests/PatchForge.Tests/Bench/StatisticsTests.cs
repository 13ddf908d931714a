using System.Collections.Immutable;
using PatchForge.Bench;

namespace PatchForge.Tests.Bench;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25, 2)]
    [InlineData(0.5, 3)]
    [InlineData(0.9, 7.6)]
    [InlineData(1, 10)]
    public void A_quantile_is_what_R_answers(double part, double expected) =>
        Assert.Equal(expected, Statistics.Quantile([10, 2, 1, 4, 3], part), 12);

    [Fact]
    public void The_median_of_an_even_number_lies_between_the_middle_two() =>
        Assert.Equal(2.5, Statistics.Median([4, 1, 3, 2]));

    [Fact]
    public void Figures_that_are_all_the_same_have_no_width()
    {
        var interval = Statistics.Bootstrap([0.97, 0.97, 0.97, 0.97], 1);
        Assert.Equal(new Interval(4, 0.97, 0.97, 0.97), interval);
    }

    /// <summary>
    /// The bootstrap's median of n = 2m+1 different figures is at most the k-th of them when more than m of n
    /// draws are among the first k: a binomial sum, no sampling in it.
    /// </summary>
    [Theory]
    [InlineData(21)]
    [InlineData(35)]
    public void The_interval_is_the_one_that_the_binomial_distribution_gives(int count)
    {
        double[] figures = [.. Enumerable.Range(1, count).Select(number => (double)number)];
        var interval = Statistics.Bootstrap(figures, 42);
        Assert.NotNull(interval);
        Assert.Equal((count + 1) / 2.0, interval.Median);
        Assert.Equal(Exact(count, 0.025), interval.Low);
        Assert.Equal(Exact(count, 0.975), interval.High);
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval_and_another_one_another()
    {
        // An even number of figures without a pattern: the ends are means of two, and two seeds hardly meet.
        var draws = new Draws(5);
        double[] figures = [.. Enumerable.Range(0, 100).Select(_ => draws.Below(1_000_000) / 1e6)];
        Assert.Equal(Statistics.Bootstrap(figures, 7), Statistics.Bootstrap(figures, 7));
        Assert.Contains(Enumerable.Range(0, 20), seed => Statistics.Bootstrap(figures, (ulong)seed) != Statistics.Bootstrap(figures, 7));
    }

    [Fact]
    public void Of_nothing_there_is_no_interval()
    {
        Assert.Null(Statistics.Bootstrap([], 1));
        Assert.Null(Statistics.Of([]));
    }

    [Fact]
    public void The_generator_is_SplitMix64()
    {
        var draws = new Draws(1234567);
        Assert.Equal([6457827717110365317ul, 3203168211198807973ul, 9817491932198370423ul], new[] { draws.Next(), draws.Next(), draws.Next() });
    }

    [Fact]
    public void Shuffling_keeps_everything_and_finds_every_order()
    {
        var draws = new Draws(3);
        ImmutableArray<char> things = ['a', 'b', 'c'];
        var orders = Enumerable.Range(0, 600).Select(_ => string.Concat(draws.Shuffled(things))).CountBy(order => order).ToDictionary();
        Assert.Equal(["abc", "acb", "bac", "bca", "cab", "cba"], orders.Keys.Order(StringComparer.Ordinal));
        Assert.All(orders.Values, count => Assert.InRange(count, 60, 140));
    }

    private static double Exact(int count, double part)
    {
        for (var k = 1; k <= count; k++)
        {
            if (AtLeast(count, (count + 1) / 2, k / (double)count) >= part)
            {
                return k;
            }
        }

        throw new InvalidOperationException();
    }

    private static double AtLeast(int count, int least, double chance)
    {
        var sum = 0.0;
        for (var i = least; i <= count; i++)
        {
            var ways = 1.0;
            for (var k = 0; k < i; k++)
            {
                ways *= (count - k) / (double)(i - k);
            }

            sum += ways * Math.Pow(chance, i) * Math.Pow(1 - chance, count - i);
        }

        return sum;
    }
}

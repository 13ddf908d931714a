using System.Collections.Immutable;

namespace PatchForge.Bench;

/// <summary>The middle of some figures and the middle half of them.</summary>
public sealed record Spread(int Count, double Median, double LowerQuarter, double UpperQuarter);

/// <summary>The median of paired ratios, and the interval that the bootstrap gives it.</summary>
/// <param name="Low">The 2.5th percentile of the resamples' medians.</param>
/// <param name="High">The 97.5th.</param>
public sealed record Interval(int Pairs, double Median, double Low, double High);

/// <summary>Pure functions on figures; the same figures and seed give the same answer on every machine.</summary>
public static class Statistics
{
    public const int Resamples = 10_000;

    /// <summary>Linear between the closest ranks (Hyndman and Fan's type 7, what R and NumPy do when not told otherwise).</summary>
    public static double Quantile(ReadOnlySpan<double> figures, double part)
    {
        if (figures.IsEmpty)
        {
            throw new ArgumentException("no figures", nameof(figures));
        }

        var sorted = figures.ToArray();
        Array.Sort(sorted);
        return OfSorted(sorted, part);
    }

    public static double Median(ReadOnlySpan<double> figures) => Quantile(figures, 0.5);

    /// <summary>Null when there are none.</summary>
    public static Spread? Of(IEnumerable<double> figures)
    {
        double[] all = [.. figures];
        return all.Length == 0 ? null : new Spread(all.Length, Median(all), Quantile(all, 0.25), Quantile(all, 0.75));
    }

    /// <summary>
    /// The percentile bootstrap of the median (Efron and Tibshirani, An Introduction to the Bootstrap, 13.3):
    /// as many ratios drawn with replacement as there are, their median, <see cref="Resamples"/> times.
    /// </summary>
    public static Interval? Bootstrap(ReadOnlySpan<double> ratios, ulong seed)
    {
        if (ratios.IsEmpty)
        {
            return null;
        }

        var random = new Draws(seed);
        var medians = new double[Resamples];
        var drawn = new double[ratios.Length];
        for (var i = 0; i < Resamples; i++)
        {
            for (var k = 0; k < drawn.Length; k++)
            {
                drawn[k] = ratios[random.Below(ratios.Length)];
            }

            Array.Sort(drawn);
            medians[i] = OfSorted(drawn, 0.5);
        }

        Array.Sort(medians);
        return new Interval(ratios.Length, Median(ratios), OfSorted(medians, 0.025), OfSorted(medians, 0.975));
    }

    private static double OfSorted(ReadOnlySpan<double> sorted, double part)
    {
        var rank = part * (sorted.Length - 1);
        var below = (int)Math.Floor(rank);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }
}

/// <summary>
/// SplitMix64 (Steele, Lea, Flood, 2014): the order of a run can be had again from its seed, with any version of
/// .NET, whose own generator's sequence is no promise.
/// </summary>
public sealed class Draws(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="limit"/> - 1; the bias of the multiplication is below 2^-32 for any list here.</summary>
    public int Below(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    /// <summary>Another order of the same things (Fisher and Yates).</summary>
    public ImmutableArray<T> Shuffled<T>(ImmutableArray<T> things)
    {
        var order = things.ToArray();
        for (var i = order.Length - 1; i > 0; i--)
        {
            var k = Below(i + 1);
            (order[i], order[k]) = (order[k], order[i]);
        }

        return [.. order];
    }
}

using System.Collections.Immutable;

namespace PatchForge.Smoke;

/// <summary>Whether answers are what a probe expects.</summary>
public static class TalkJudge
{
    public static Verdict Of(Probe.Talk probe, ImmutableArray<Reply> replies)
    {
        var seen = new List<string>();
        var passed = replies.Length == probe.Exchanges.Length;
        foreach (var (exchange, reply) in probe.Exchanges.Zip(replies))
        {
            var complaint = Complaint(exchange, reply);
            seen.Add(Shown(reply) + (complaint is null ? "" : $" ({complaint})"));
            passed &= complaint is null;
        }

        if (replies.Length < probe.Exchanges.Length)
        {
            seen.Add($"only {replies.Length} of {probe.Exchanges.Length} answers");
        }

        return new Verdict(probe.Name, probe.Expected, string.Join("; ", seen), passed);
    }

    /// <summary>Null when the reply is as it should be.</summary>
    public static string? Complaint(Exchange exchange, Reply reply)
    {
        // What must not be seen comes first: it is the worse finding.
        var leaked = exchange.Lacks.FirstOrDefault(text =>
            reply.Body.Contains(text, StringComparison.Ordinal) || reply.Head.Contains(text, StringComparison.Ordinal));
        if (leaked is not null)
        {
            return $"has '{leaked}'";
        }

        if (!exchange.Statuses.Contains(reply.Status))
        {
            return $"not one of {string.Join(", ", exchange.Statuses)}";
        }

        if (!reply.Whole)
        {
            return "cut short";
        }

        if (exchange.Has is { } has && !reply.Body.Contains(has, StringComparison.Ordinal))
        {
            return $"lacks '{(has.Length > 80 ? has[..80] + "…" : has)}'";
        }

        return exchange.NoBody && (reply.Body.Length > 0 || reply.Header("Content-Length") is null or "0") ? "not a head alone with a length" : null;
    }

    private static string Shown(Reply reply)
    {
        if (reply.Status == 0)
        {
            return "closed";
        }

        var start = reply.Body.Length > 100 ? reply.Body[..100] + "…" : reply.Body;
        return $"{reply.Status}, {reply.Body.Length} bytes" + (start.Length > 0 ? $" '{Plain(start)}'" : "");
    }

    private static string Plain(string text) => string.Concat(text.Trim().Select(c => c is < ' ' or (> '~' and not '…') ? ' ' : c));
}

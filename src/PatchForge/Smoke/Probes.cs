using System.Collections.Immutable;
using System.Globalization;

namespace PatchForge.Smoke;

/// <summary>The probes of a recipe, in the order in which they are asked.</summary>
public static class Probes
{
    private static readonly ImmutableArray<int> s_ok = [200];

    /// <summary>Refused in some way: an error, or the connection closed without an answer.</summary>
    private static readonly ImmutableArray<int> s_refused = [0, 400, 403, 404, 421, 500, 503];

    public static ImmutableArray<Probe> Of(Recipe recipe) =>
    [
        .. recipe.Sites.SelectMany(site => OfSite(recipe, site)),
        .. Pairs(recipe).SelectMany(pair => Between(recipe, pair.Own, pair.Other)),
        .. Restarts(recipe),
        new Probe.Stop("stop", "no process is left, the port is closed"),
    ];

    public static string Get(string path, string host) => Request("GET", path, host);

    private static IEnumerable<Probe> OfSite(Recipe recipe, Site site)
    {
        var others = recipe.Sites.Where(other => other != site).SelectMany(other => new[] { other.Page, other.Secret }).ToImmutableArray();
        Probe.Talk Talk(string what, string expected, params ImmutableArray<Exchange> exchanges) => new($"{site.Host} {what}", expected, exchanges);
        yield return Talk(
            "own-page",
            $"200, {site.Page}",
            new Exchange(Get("/index.html", site.Host), s_ok, site.Page, others),
            new Exchange(Get("/private.txt", site.Host), s_ok, site.Secret, others));
        yield return Talk("not-found", "404", new Exchange(Get("/no-such-file", site.Host), [404], null, others));
        yield return Talk("head", "200, a length, no body", new Exchange(Request("HEAD", "/index.html", site.Host), s_ok, null, others, NoBody: true));
        yield return Talk(
            "keep-alive",
            "four answers on one connection",
            [.. Enumerable.Range(0, 4).Select(_ => new Exchange(Get("/index.html", site.Host), s_ok, site.Page, others))]);
        yield return Talk("post", "the script gets the body and gives it back", new Exchange(Post("/cgi/echo", site.Host, Body()), s_ok, "echo:" + Body(), others));
        yield return Talk(
            "script-ids",
            $"a script runs with {site.Ids}",
            new Exchange(Get("/cgi/ids", site.Host), s_ok, IdentityJudge.ScriptLine(site.Ids), others));
        foreach (var probe in Secure(recipe, site, "secure"))
        {
            yield return probe;
        }

        yield return Process(recipe, site, "");
        yield return new Probe.SendingProcess(
            $"{site.Host} sending-process",
            $"the file is sent with {site.Ids}, and nobody else but the server's user or a dispatcher without capabilities holds the connection",
            site.Host,
            site.Ids,
            recipe.Server.Ids,
            Recipe.Dispatcher.Ids);
    }

    private static IEnumerable<Probe.Talk> Secure(Recipe recipe, Site site, string what)
    {
        var ids = IdentityJudge.ScriptLine(site.Ids);
        return !recipe.HasTls ? [] :
        [
            new Probe.Talk(
                $"{site.Host} {what}",
                $"with TLS 1.2 and 1.3 a script runs with {site.Ids} and sessions are taken up again; older ones are refused",
                [new Exchange(Get("/cgi/secure", site.Host), s_ok, $"tls1_2 {ids} reused tls1_3 {ids} reused tls1 refused tls1_1 refused end", [])]),
        ];
    }

    /// <summary>What one site is asked in order to get at another's.</summary>
    private static IEnumerable<Probe> Between(Recipe recipe, Site own, Site other)
    {
        ImmutableArray<string> secrets = [other.Page, other.Secret];
        Probe.Talk Talk(string what, string expected, params ImmutableArray<Exchange> exchanges) => new($"{own.Host} {what} {other.Host}", expected, exchanges);
        foreach (var (what, path) in Escapes(other))
        {
            yield return Talk(what, $"refused, nothing of {other.Host}", new Exchange(Get(path, own.Host), s_refused, null, secrets));
        }

        yield return Talk(
            "absolute-address",
            $"the address counts, not the Host (RFC 2616 section 5.2): {other.Host}'s page and nothing of {own.Host}",
            new Exchange($"GET http://{other.Host}/index.html HTTP/1.1\r\nHost: {own.Host}\r\n\r\n", s_ok, other.Page, [own.Page, own.Secret]));
        yield return Talk(
            "host-switch",
            recipe.Switches ? $"a connection that {own.Host} has is not given to {other.Host}: closed or refused" : $"the second request is {other.Host}'s",
            new Exchange(Get("/index.html", own.Host), s_ok, own.Page, secrets),
            recipe.Switches
                ? new Exchange(Get("/index.html", other.Host), s_refused, null, secrets)
                : new Exchange(Get("/index.html", other.Host), s_ok, other.Page, [own.Page]));
        if (!recipe.Switches)
        {
            yield break;
        }

        // Configured ways to the other's files: only its user's permissions stand in between.
        yield return Talk("symlink", $"refused by {other.Host}'s folder", new Exchange(Get($"/link-{other.Host}", own.Host), s_refused, null, secrets));
        yield return Talk("alias", $"refused by {other.Host}'s folder", new Exchange(Get($"/alias-{other.Host}/index.html", own.Host), s_refused, null, secrets));
        yield return Talk("script-reads", $"a script of {own.Host} cannot read {other.Host}'s file", new Exchange(Get($"/cgi/read-{other.Host}", own.Host), s_ok, "refused", secrets));
    }

    private static IEnumerable<(string What, string Path)> Escapes(Site other)
    {
        yield return ("dot-dot", $"/../../{other.Host}/htdocs/private.txt");
        yield return ("encoded-dot-dot", $"/%2e%2e/%2e%2e/{other.Host}/htdocs/private.txt");
        yield return ("encoded-slash", $"/..%2f..%2f{other.Host}/htdocs/private.txt");
        yield return ("script-dot-dot", $"/cgi/../../{other.Host}/htdocs/private.txt");
        yield return ("double-slash", $"//{other.Host}/htdocs/private.txt");
        yield return ("nul", $"/%00/../../{other.Host}/htdocs/private.txt");
    }

    private static IEnumerable<Probe> Restarts(Recipe recipe)
    {
        ImmutableArray<string> hosts = [.. recipe.Sites.Select(site => site.Host)];
        yield return new Probe.Restart("graceful-restart", "the same parent, other children, what was in flight is finished, every site served again", true, hosts);
        foreach (var site in recipe.Sites)
        {
            yield return After(site, "graceful-restart");
        }

        yield return new Probe.Restart("full-restart", "other children, every site served again", false, hosts);
        foreach (var site in recipe.Sites)
        {
            yield return After(site, "full-restart");
            foreach (var probe in Secure(recipe, site, "secure after-full-restart"))
            {
                yield return probe;
            }

            yield return Process(recipe, site, " after-restarts");
        }
    }

    private static IEnumerable<(Site Own, Site Other)> Pairs(Recipe recipe) =>
        recipe.Sites.SelectMany(own => recipe.Sites.Where(other => other != own).Select(other => (own, other)));

    private static Probe.Talk After(Site site, string what) =>
        new($"{site.Host} after-{what}", $"200, {site.Page}", [new Exchange(Get("/index.html", site.Host), s_ok, site.Page, [])]);

    private static Probe.ServingProcess Process(Recipe recipe, Site site, string when) => new(
        $"{site.Host} serving-process{when}",
        $"all four ids and the groups are {(recipe.Switches ? "the site's" : "the server's")} ({site.Ids}), no capability{(recipe.Switches ? ", an empty bounding set" : "")}",
        site.Host,
        site.Ids,
        recipe.Switches);

    private static string Request(string method, string path, string host) => $"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n";

    private static string Post(string path, string host, string body) => string.Create(
        CultureInfo.InvariantCulture,
        $"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    /// <summary>Longer than one read of the head, so that the rest of the body has to be found where it was left.</summary>
    private static string Body() => string.Concat(Enumerable.Range(0, 2000).Select(number => number.ToString("d5", CultureInfo.InvariantCulture)));
}

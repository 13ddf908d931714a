using System.Collections.Immutable;

namespace PatchForge.Attacks;

/// <summary>Points 6 and 7, faults; and what would be in the hands of whoever took over the dispatcher.</summary>
internal static class CatalogFaults
{
    private const string Kernel = "the service comes back by what the roles do for each other, not by one check";

    public static ImmutableArray<Attack> All { get; } =
    [
        Fault("kill-worker", "kill -9 of a worker under load", "its connections are lost, others are served, the pool is again", FaultAttack.KillWorker),
        Fault("kill-front", "kill -9 of the process that meets the network, under load", "the service is there again within five seconds", FaultAttack.KillFront) with
        {
            Expected = Expectations.Everywhere with { Switch = Expectation.NotAsked },
            Why = "switch has no process before its workers",
        },
        Fault("kill-supervisor", "kill -9 of the root process", "nobody goes on to listen, and the server can be started again", FaultAttack.KillSupervisor) with
        {
            Expected = Expectations.OfPools with { Classic = Expectation.NotAsked },
            Why = "prefork's children outlive their parent, and so do classic's",
        },
        Fault("graceful-under-load", "graceful restarts under load", "no request is lost", FaultAttack.GracefulUnderLoad) with
        {
            Expected = Expectations.OfPools,
            Why = "httpd's own restart resets what waits in the queue of a socket",
        },
        Fault("few-descriptors", "more connections than the server may have descriptors", "both hosts are served afterwards", FaultAttack.FewDescriptors) with { Setting = AttackSetting.FewDescriptors },
        Fault("process-table", "no process may be made for a while", "both hosts are served afterwards", FaultAttack.ProcessTable),
        Fault("full-disk", "the logs' disk is full", "both hosts are served", FaultAttack.FullDisk),
        Front("front-identity", "be more than an unprivileged user in the dispatcher", "its own uid, no capability", FrontLook.Identity, "dispatcher-drop"),
        Front("front-root", "see a file from the dispatcher", "its root is an empty folder", FrontLook.Root, "dispatcher-chroot"),
        Front("front-system-calls", "make any system call from the dispatcher", "a filter is on", FrontLook.SystemCalls, "dispatcher-seccomp"),
    ];

    private static Attack Fault(string id, string tries, string must, FaultAttack kind) =>
        new(id, tries, must, "specification, point 7", 7, [], new Means.Fault(kind), Expectations.Everywhere) { Unguarded = Kernel };

    private static Attack Front(string id, string tries, string must, FrontLook look, string guard) =>
        new(id, tries, must, "specification, processes; research 3.1 (2)", 5, [guard], new Means.Front(look), Expectations.OfPools)
        {
            Why = "classic and switch have no dispatcher",
        };
}

using System;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>Little memory: the server lives within a limit that a container sets, under work that makes garbage.</summary>
public sealed class MemoryLimitTests(ITestOutputHelper output)
{
    private const int LimitMiB = 192;

    [Fact]
    public void UnderALimitOfTheContainerItGoesOn()
    {
        using ServerProcess server = ServerProcess.Start(Limited());
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        string meta = new('m', 30_000);
        CreatedKey first = client.CreateKey(apiId, $$"""
            "meta":{"a":"{{meta}}"}
            """);

        // Each answer of a page is 3 MB; together they are many times the limit.
        for (int i = 0; i < 99; i++)
        {
            client.CreateKey(apiId, $$"""
                "meta":{"a":"{{meta}}"}
                """);
        }

        for (int i = 0; i < 150; i++)
        {
            Assert.Equal(100, client.Post("apis.listKeys", $$"""{"apiId":"{{apiId}}","limit":100}""").Data.GetArrayLength());
            Assert.Equal("VALID", client.Verify(first.Key).Code);
        }

        long resident = server.ResidentBytes();
        output.WriteLine($"{resident >> 20} MiB resident of {LimitMiB}");
        Assert.InRange(resident, 0, (long)LimitMiB << 20);
    }

    // As root in a group of either version of cgroups; as another user by the service manager, which may do it for him.
    private static ServerSetup Limited() => Environment.UserName == "root"
        ? new ServerSetup
        {
            Shell = $"""
                if [ -e /sys/fs/cgroup/cgroup.controllers ]; then root=/sys/fs/cgroup limit=memory.max; else root=/sys/fs/cgroup/memory limit=memory.limit_in_bytes; fi
                for old in "$root"/unkey-test-*; do rmdir "$old" 2>/dev/null || true; done
                group=$root/unkey-test-$$
                mkdir "$group" && echo {LimitMiB}M >"$group/$limit" && echo $$ >"$group/cgroup.procs" && exec "$@"
                """,
        }
        : new ServerSetup { ShellPrefix = ["systemd-run", "--user", "--scope", "--quiet", "-p", $"MemoryMax={LimitMiB}M"], Shell = "exec \"$@\"" };
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>A disk that takes no more: writes are refused and not applied, verification goes on, and nothing acknowledged is lost.</summary>
public sealed class DiskFaultTests : IDisposable
{
    // The rings of events are made whole at the start; here the disk is hardly larger than they usually are.
    private static readonly string[] s_smallRings = ["--event-ring-size", "64KiB"];

    private readonly string _data = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void AFullDiskRefusesWritesAndNothingElse()
    {
        string image = Path.Combine(_data, "disk");
        Directory.CreateDirectory(image);
        using ServerProcess server = ServerProcess.Start(OnSmallDisk(image, "4m"));
        server.AwaitOutput("No room for the reserve");
        (List<CreatedKey> created, Reply refused) = FillUp(server);
        Assert.Equal(500, refused.Status);
        Assert.Equal(ErrorCode.Unavailable, refused.ErrorType);
        using ApiClient client = server.Client();
        Assert.All(created, key => Assert.Equal("VALID", client.Verify(key.Key).Code));
        Assert.Equal(200, client.Post("keys.getKey", $$"""{"keyId":"{{created[0].KeyId}}"}""").Status);
    }

    [Fact]
    public void OnAFullDiskKeysAreStillRevokedAndTheRoomIsTakenAgain()
    {
        string image = Path.Combine(_data, "disk");
        Directory.CreateDirectory(image);
        using ServerProcess server = ServerProcess.Start(OnSmallDisk(image, "40m"));
        Assert.Equal(16 << 20, server.Metric("unkey_disk_reserve_bytes"));
        (List<CreatedKey> created, Reply _) = FillUp(server);
        using ApiClient client = server.Client();
        for (int i = 0; i < 50; i++)
        {
            string keyId = created[i].KeyId;
            Assert.Equal(200, client.Post("keys.deleteKey", $$"""{"keyId":"{{keyId}}","permanent":{{(i % 2 == 0 ? "true" : "false")}}}""").Status);
            Assert.Equal("NOT_FOUND", client.Verify(created[i].Key).Code);
        }

        Assert.Equal(200, client.Post("keys.updateKey", $$"""{"keyId":"{{created[50].KeyId}}","enabled":false}""").Status);
        Assert.Equal("DISABLED", client.Verify(created[50].Key).Code);
        Assert.Equal(0, server.Metric("unkey_disk_reserve_bytes"));

        // What the reserve gave is for revocations alone, and the server says that it takes no other writes.
        Assert.Equal(0, server.Metric("unkey_store_up"));
        client.Post("keys.updateKey", $$$"""{"keyId":"{{{created[51].KeyId}}}","meta":{"a":"{{{new string('n', 60_000)}}}"}}""").Refused(ErrorCode.Unavailable);
        Assert.Equal("VALID", client.Verify(created[51].Key).Code);
        server.AwaitOutput("keys can be revoked");

        using Process remount = Process.Start("nsenter", ["--target", $"{server.ProcessId}", "--mount", "mount", "-o", "remount,size=80m", image]);
        remount.WaitForExit();
        Assert.Equal(0, remount.ExitCode);
        client.CreateKey(created[0].ApiId);
        Assert.Equal((16 << 20, 1), (server.Metric("unkey_disk_reserve_bytes"), server.Metric("unkey_store_up")));
    }

    [Fact]
    public void AWriteErrorRefusesWritesAndARestartFindsAllThatWasAcknowledged()
    {
        // The limit on file sizes makes every write beyond it fail, which needs no privilege. The JIT maps its code from a file
        // unless told otherwise, and would run into the limit as well.
        ServerSetup healthy = new() { DataDirectory = Path.Combine(_data, "files"), Options = s_smallRings };
        ServerSetup faulty = healthy with { Shell = "trap '' XFSZ; ulimit -f 2048; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"" };
        List<CreatedKey> created;
        using (ServerProcess server = ServerProcess.Start(faulty))
        {
            Reply refused;
            (created, refused) = FillUp(server);
            Assert.Equal(500, refused.Status);
            using ApiClient client = server.Client();
            Assert.All(created, key => Assert.Equal("VALID", client.Verify(key.Key).Code));
            server.Kill();
        }

        using ServerProcess again = ServerProcess.Start(healthy);
        using ApiClient reader = again.Client();
        Assert.All(created, key => Assert.Equal("VALID", reader.Verify(key.Key).Code));
        reader.CreateKey(created[0].ApiId);
    }

    // A mount of its own, in a namespace of its own, seen by the server alone. Works as root, and as a user where user namespaces are on.
    private static ServerSetup OnSmallDisk(string directory, string size) => new()
    {
        DataDirectory = directory,
        Options = s_smallRings,
        ShellPrefix = Environment.UserName == "root" ? ["unshare", "--mount"] : ["unshare", "--map-root-user", "--mount"],
        Shell = $"mount -t tmpfs -o size={size},mode=0700 tmpfs '{directory}' && exec \"$@\"",
    };

    private static (List<CreatedKey> Created, Reply Refused) FillUp(ServerProcess server)
    {
        using ApiClient client = server.Client();
        string apiId = client.CreateApi();
        string meta = new('m', 50_000);
        List<CreatedKey> created = [];
        string body = $$$"""{"apiId":"{{{apiId}}}","meta":{"a":"{{{meta}}}"}}""";
        for (int i = 0; i < 5_000; i++)
        {
            Reply reply = client.Post("keys.createKey", body);
            if (reply.Status != 200)
            {
                Assert.NotEmpty(created);
                return (created, reply);
            }

            created.Add(new CreatedKey(reply.Data.GetProperty("keyId").GetString()!, reply.Data.GetProperty("key").GetString()!, apiId));
        }

        throw new InvalidOperationException($"The disk does not fill up after {created.Count} keys.");
    }
}

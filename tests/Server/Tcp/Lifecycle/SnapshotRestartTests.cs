using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Linq;
using System.Threading;
using Microsoft.Data.Sqlite;
using Unkey.Server.Tests.Tcp.Harness;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Tcp.Lifecycle;

/// <summary>The snapshot of the keys between two processes: used after SIGTERM, and never after anything that may have made it untrue.</summary>
public sealed class SnapshotRestartTests(ITestOutputHelper output) : IDisposable
{
    private const int Keys = 40;
    private const string Used = "are from the snapshot of the last stop";
    private const string Refused = "The snapshot of the keys ";

    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private string Data => Path.Combine(_directory, "data");

    private string Snapshot => Path.Combine(Data, "unkey.snapshot");

    private ServerSetup Setup => new() { DataDirectory = Data, RootKey = "unkey_root_key_of_the_snapshot_tests", Options = ["--snapshot-keys", "1"] };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AStopLeavesASnapshotAndTheNextStartServesFromIt()
    {
        List<CreatedKey> keys = Fill(out CreatedKey limited);
        for (int start = 0; start < 2; start++)
        {
            Assert.True(File.Exists(Snapshot));
            using ServerProcess server = ServerProcess.Start(Setup);
            server.AwaitOutput(Used);
            using ApiClient client = server.Client();
            Assert.All(keys, key => Assert.Equal("VALID", client.Verify(key.Key).Code));
            Assert.Equal("VALID", client.Verify(limited.Key).Code);
            Assert.Equal("NOT_FOUND", client.Verify("not_a_key").Code);
            Assert.False(File.Exists(Snapshot));
            server.Stop();
        }

        using ServerProcess last = ServerProcess.Start(Setup);
        using ApiClient reader = last.Client();
        Assert.Equal(7 - 2, reader.Remaining(limited.KeyId));
    }

    [Fact]
    public void AKillAfterAChangeLeavesNothingToBelieve()
    {
        List<CreatedKey> keys = Fill(out _);
        string copy = Path.Combine(_directory, "copy");
        File.Copy(Snapshot, copy);
        using (ServerProcess server = ServerProcess.Start(Setup))
        {
            server.AwaitOutput(Used);
            using ApiClient client = server.Client();
            Revoke(client, keys);
            server.Kill();
        }

        // Once as the kill has left it, and once with the file that was true before.
        for (int start = 0; start < 2; start++)
        {
            using ServerProcess server = ServerProcess.Start(Setup);
            server.AwaitOutput(Refused);
            CheckRevoked(server, keys);
            server.Kill();
            File.Copy(copy, Snapshot);
        }
    }

    [Fact]
    public void AKillBeforeAnyChangeLosesNoKey()
    {
        List<CreatedKey> keys = Fill(out _);
        using (ServerProcess server = ServerProcess.Start(Setup))
        {
            server.Kill();
        }

        using ServerProcess again = ServerProcess.Start(Setup);
        using ApiClient client = again.Client();
        Assert.All(keys, key => Assert.Equal("VALID", client.Verify(key.Key).Code));
    }

    [Fact]
    public void AKillAtAnyTimeOfAStopLeavesATrueSnapshotOrNone()
    {
        Random random = TestSeed.Create(output, out _);
        List<CreatedKey> keys = Fill(out _);
        int complete = 0;
        for (int round = 0; round < 12; round++)
        {
            CreatedKey revoked = keys[0];
            keys.RemoveAt(0);
            using (ServerProcess server = ServerProcess.Start(Setup))
            {
                using ApiClient client = server.Client();
                Assert.All(keys, key => Assert.Equal("VALID", client.Verify(key.Key).Code));
                Assert.Equal(200, client.Post("keys.deleteKey", $$"""{"keyId":"{{revoked.KeyId}}"}""").Status);
                server.Terminate();

                // A moment in one of the steps: draining, writing, renaming, ended.
                string[] steps = ["unkey.snapshot.new", "unkey.snapshot", "nothing"];
                string step = Path.Combine(Data, steps[round % steps.Length]);
                int spins = random.Next(200_000);
                Poll.Until(() => File.Exists(step) || step.EndsWith("nothing", StringComparison.Ordinal) || File.Exists(Snapshot), "the stop has come so far");
                Thread.SpinWait(spins);
                KillIfThere(server);
            }

            complete += File.Exists(Snapshot) ? 1 : 0;
            using ServerProcess again = ServerProcess.Start(Setup);
            using ApiClient reader = again.Client();
            Assert.Equal("NOT_FOUND", reader.Verify(revoked.Key).Code);
            Assert.All(keys, key => Assert.Equal("VALID", reader.Verify(key.Key).Code));
            again.Kill();
        }

        output.WriteLine($"{complete} of 12 stops had come to their snapshot");
        Assert.NotEqual(0, complete);
    }

    [Fact]
    public void AChangeByAnotherProgramBetweenStopAndStartIsSeen()
    {
        List<CreatedKey> keys = Fill(out _);
        Execute($"UPDATE keys SET enabled = 0 WHERE id = '{keys[0].KeyId}'");
        using ServerProcess server = ServerProcess.Start(Setup);
        server.AwaitOutput(Refused);
        using ApiClient client = server.Client();
        Assert.Equal("DISABLED", client.Verify(keys[0].Key).Code);
        Assert.Equal("VALID", client.Verify(keys[1].Key).Code);
    }

    [Fact]
    public void AChangeByAnotherProgramWhileTheServerRunsIsSeenAfterTheRestart()
    {
        List<CreatedKey> keys = Fill(out _);
        using (ServerProcess server = ServerProcess.Start(Setup))
        {
            Execute($"UPDATE keys SET enabled = 0 WHERE id = '{keys[0].KeyId}'");
            server.Stop();
            Assert.False(File.Exists(Snapshot));
            Assert.Contains("another program has changed the database", server.Output, StringComparison.Ordinal);
        }

        using ServerProcess again = ServerProcess.Start(Setup);
        using ApiClient client = again.Client();
        Assert.Equal("DISABLED", client.Verify(keys[0].Key).Code);
    }

    [Fact]
    public void AProgramThatHasTheDatabaseOpenKeepsTheStopFromWritingOne()
    {
        Fill(out _);
        using ServerProcess server = ServerProcess.Start(Setup);
        using SqliteConnection connection = new($"Data Source={Path.Combine(Data, "unkey.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM keys";
        command.ExecuteScalar();
        server.Stop();
        Assert.Contains("another program has the database open", server.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Data, "unkey.snapshot*"));
    }

    [Fact]
    public void ABackupThatIsPutInPlaceIsWhatIsServed()
    {
        List<CreatedKey> keys = Fill(out _);
        string database = Path.Combine(Data, "unkey.db");
        string backup = Path.Combine(_directory, "backup.db");
        File.Copy(database, backup);
        byte[] snapshot = File.ReadAllBytes(Snapshot);
        using (ServerProcess server = ServerProcess.Start(Setup))
        {
            using ApiClient client = server.Client();
            Revoke(client, keys);
            server.Stop();
        }

        // The newer snapshot lies beside the older database.
        File.Copy(backup, database, overwrite: true);
        using (ServerProcess server = ServerProcess.Start(Setup))
        {
            server.AwaitOutput(Refused);
            using ApiClient client = server.Client();
            Assert.All(keys, key => Assert.Equal("VALID", client.Verify(key.Key).Code));
            Revoke(client, keys);
            server.Stop();
        }

        // And the older snapshot beside the newer database.
        File.WriteAllBytes(Snapshot, snapshot);
        using ServerProcess last = ServerProcess.Start(Setup);
        last.AwaitOutput(Refused);
        CheckRevoked(last, keys);
    }

    [Fact]
    public void FewKeysMakeNoSnapshotByDefault()
    {
        List<CreatedKey> keys = Fill(out _);
        ServerSetup setup = Setup with { Options = [] };
        using (ServerProcess server = ServerProcess.Start(setup))
        {
            using ApiClient client = server.Client();
            Assert.Equal("VALID", client.Verify(keys[0].Key).Code);
            server.Stop();
            Assert.DoesNotContain("No snapshot", server.Output, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(Data, "unkey.snapshot*"));
    }

    private static void Revoke(ApiClient client, List<CreatedKey> keys)
    {
        Assert.Equal(200, client.Post("keys.deleteKey", $$"""{"keyId":"{{keys[0].KeyId}}"}""").Status);
        Assert.Equal(200, client.Post("keys.updateKey", $$"""{"keyId":"{{keys[1].KeyId}}","enabled":false}""").Status);
    }

    private static void CheckRevoked(ServerProcess server, List<CreatedKey> keys)
    {
        using ApiClient client = server.Client();
        Assert.Equal("NOT_FOUND", client.Verify(keys[0].Key).Code);
        Assert.Equal("DISABLED", client.Verify(keys[1].Key).Code);
        Assert.All(keys.Skip(2), key => Assert.Equal("VALID", client.Verify(key.Key).Code));
    }

    private static void KillIfThere(ServerProcess server)
    {
        try
        {
            server.Kill();
        }
        catch (Win32Exception)
        {
            // It has come to its end by itself.
            server.WaitForEnd();
        }
    }

    // A server that has had keys and was stopped.
    private List<CreatedKey> Fill(out CreatedKey limited)
    {
        using ServerProcess server = ServerProcess.Start(Setup);
        using ApiClient client = server.Client();
        string api = client.CreateApi();
        List<CreatedKey> keys = [.. Enumerable.Range(0, Keys).Select(i => client.CreateKey(api, $$""" "name":"key {{i}}" """))];
        limited = client.CreateKey(api, """ "credits":{"remaining":7}""");
        server.Stop();
        Assert.True(File.Exists(Snapshot), server.Output);
        return keys;
    }

    private void Execute(string sql)
    {
        using SqliteConnection connection = new($"Data Source={Path.Combine(Data, "unkey.db")};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

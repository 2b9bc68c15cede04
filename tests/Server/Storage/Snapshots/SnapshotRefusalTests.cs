using System;
using System.IO;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Keys;
using Unkey.Server.Storage.Snapshots;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Storage.Snapshots;

/// <summary>A snapshot that may not be of the database as it is, or not be whole, is not believed; the keys then come from the database, and nothing fails.</summary>
public sealed class SnapshotRefusalTests(ITestOutputHelper output)
{
    [Fact]
    public async Task AChangeByAnotherProgramAfterTheStop()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        scene.Execute($"UPDATE keys SET enabled = 0 WHERE id = '{scene.Plain[0].Id}'");
        await scene.StartFromDatabaseAsync("is of another file, or the database was changed since");
        Assert.Equal("DISABLED", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Fact]
    public async Task AChangeThatStillLiesInTheWriteAheadLog()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        FileState? before = FileState.Read(scene.DatabasePath);
        using (SqliteConnection connection = scene.OpenDatabase())
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"UPDATE keys SET enabled = 0 WHERE id = '{scene.Plain[0].Id}'";
            command.ExecuteNonQuery();
            Assert.Equal(before, FileState.Read(scene.DatabasePath));
            await scene.StartFromDatabaseAsync("is older than the write-ahead log of the database");
        }

        Assert.Equal("DISABLED", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Fact]
    public async Task AReaderAfterTheStopIsNoChange()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        scene.Execute("SELECT count(*) FROM keys");
        await scene.StartFromSnapshotAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnotherFileInThePlaceOfTheDatabaseAlsoWithTheSameBytesAndTimes(bool withTimes)
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        DateTime modified = File.GetLastWriteTimeUtc(scene.DatabasePath);
        File.Move(scene.DatabasePath, scene.DatabasePath + ".old");
        File.Copy(scene.DatabasePath + ".old", scene.DatabasePath);
        if (withTimes)
        {
            File.SetLastWriteTimeUtc(scene.DatabasePath, modified);
        }

        await scene.StartFromDatabaseAsync("is of another file");
    }

    [Fact]
    public async Task TheSameFileWrittenInPlaceWithItsTimePutBack()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        FileState before = FileState.Read(scene.DatabasePath)!.Value;
        DateTime modified = File.GetLastWriteTimeUtc(scene.DatabasePath);
        scene.Execute($"PRAGMA locking_mode = EXCLUSIVE; UPDATE keys SET enabled = 0 WHERE id = '{scene.Plain[0].Id}'");
        File.SetLastWriteTimeUtc(scene.DatabasePath, modified);
        FileState after = FileState.Read(scene.DatabasePath)!.Value;
        Assert.Equal((before.Bytes, before.Inode, before.ModifiedNs / 100), (after.Bytes, after.Inode, after.ModifiedNs / 100));
        await scene.StartFromDatabaseAsync("the database was changed since");
        Assert.Equal("DISABLED", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Fact]
    public async Task AnOlderSnapshotThatIsPutBack()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        byte[] older = await File.ReadAllBytesAsync(scene.SnapshotPath);
        await scene.StartFromSnapshotAsync();
        (await scene.Cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{scene.Plain[0].Id}}"}""")).Ok();
        await scene.StopAsync();
        await File.WriteAllBytesAsync(scene.SnapshotPath, older);

        // Even if everything else fits.
        scene.ForgeState();
        await scene.StartFromDatabaseAsync("is of another state of the database");
        Assert.Equal("NOT_FOUND", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Fact]
    public async Task TheFirstCommitOfAStartEndsTheTokenWhateverItIs()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        Assert.Equal(1L, scene.Cp.Scalar("SELECT count(*) FROM key_snapshots"));
        await scene.StartFromSnapshotAsync();
        Assert.Equal(0L, scene.Cp.Scalar("SELECT count(*) FROM key_snapshots"));
    }

    [Fact]
    public async Task AnotherSchemaVersion()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        scene.ChangeHeader(static header => header with { Schema = header.Schema - 1 });
        await scene.StartFromDatabaseAsync("is of another schema version");
    }

    [Theory]
    [InlineData(0, "was not written by unkey, or not to its end")]
    [InlineData(8, "was written by another version of unkey")]
    [InlineData(12, "was written by another version of unkey")]
    [InlineData(144, "was written by another version of unkey")]
    [InlineData(24, "has a damaged header")]
    [InlineData(100, "has a damaged header")]
    [InlineData(SnapshotHeader.ByteCount, "has a damaged block")]
    [InlineData(SnapshotHeader.ByteCount + 8, "has a damaged block")]
    [InlineData(SnapshotHeader.ByteCount + 12, "has a damaged block")]
    [InlineData(SnapshotHeader.ByteCount + KeyImage.HeadBytes + 3, "has a damaged block")]
    [InlineData(-1, "is damaged at its end")]
    public async Task OneBitThatIsDifferent(long offset, string problem)
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        Flip(scene.SnapshotPath, offset, 4);
        await scene.StartFromDatabaseAsync(problem);
        Assert.DoesNotContain(null, scene.Keys().Values);
        Assert.Equal("VALID", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Theory]
    [InlineData(0, "has 0 bytes")]
    [InlineData(4095, "has 4095 bytes")]
    [InlineData(4096, "is truncated")]
    [InlineData(-1, "is truncated")]
    public async Task AFileThatIsCutOff(long length, string problem)
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        using (FileStream file = new(scene.SnapshotPath, FileMode.Open))
        {
            file.SetLength(length < 0 ? file.Length + length : length);
        }

        await scene.StartFromDatabaseAsync(problem);
        Assert.DoesNotContain(null, scene.Keys().Values);
    }

    [Fact]
    public async Task AFileWithMoreBehindIt()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        await File.AppendAllTextAsync(scene.SnapshotPath, "x");
        await scene.StartFromDatabaseAsync("is truncated");
    }

    [Fact]
    public async Task ABlockOfAnotherSnapshotInItsPlace()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        byte[] older = await File.ReadAllBytesAsync(scene.SnapshotPath);
        await scene.StartFromSnapshotAsync();
        (await scene.Cp.PostAsync("keys.deleteKey", $$"""{"keyId":"{{scene.Plain[0].Id}}"}""")).Ok();
        await scene.StopAsync();
        using (FileStream file = new(scene.SnapshotPath, FileMode.Open))
        {
            // As a file system may show after the machine has died: the header is new, the block still the old one.
            file.Position = SnapshotHeader.ByteCount;
            file.Write(older.AsSpan(SnapshotHeader.ByteCount, KeyImage.BlockBytes));
        }

        await scene.StartFromDatabaseAsync("has a damaged block");
        Assert.Equal("NOT_FOUND", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Fact]
    public async Task AnUnfinishedFileIsNoneAndIsRemoved()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        File.Move(scene.SnapshotPath, scene.SnapshotPath + SnapshotWriter.UnfinishedSuffix);
        await scene.StartFromDatabaseAsync("is missing");
    }

    [Fact]
    public async Task AnyByteThatIsDifferentChangesNoKey()
    {
        Random random = TestSeed.Create(output, out _);
        await using SnapshotScene scene = await SnapshotScene.StartAsync(plain: 40);
        await scene.StopAsync();
        await scene.StartFromSnapshotAsync();
        var truth = scene.Keys();
        for (int round = 0; round < 40; round++)
        {
            await scene.StopAsync();
            long length = new FileInfo(scene.SnapshotPath).Length;

            // Most of the block is a hole, so half of the places are among the records.
            long place = random.Next(2) == 0 ? random.NextInt64(length) : SnapshotHeader.ByteCount + random.Next(40 * 160);
            Flip(scene.SnapshotPath, place, random.Next(8));
            await scene.Cp.OpenAsync();
            Assert.Equal(truth, scene.Keys());
        }
    }

    [Fact]
    public async Task AChangeByAnotherProgramWhileTheServerRunsLeavesNoSnapshot()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        scene.Execute($"UPDATE keys SET enabled = 0 WHERE id = '{scene.Plain[0].Id}'");
        await scene.StopWithoutAsync("another program has changed the database");
        await scene.StartFromDatabaseAsync("is missing");
        Assert.Equal("DISABLED", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Fact]
    public async Task AProgramThatHasTheDatabaseOpenAtTheStopLeavesNoSnapshot()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        using SqliteConnection connection = scene.OpenDatabase();
        using (SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText = "SELECT count(*) FROM keys";
            command.ExecuteScalar();
        }

        await scene.StopWithoutAsync("another program has the database open");
        Assert.Equal(0L, scene.Cp.Scalar("SELECT count(*) FROM key_snapshots"));
    }

    [Fact]
    public async Task UnitsThatWereRefusedOrFailedLeaveASnapshotAllTheSame()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        string id = scene.Plain[0].Id;
        await scene.Cp.WriteAsync(session =>
        {
            session.Execute("UPDATE keys SET enabled = 0 WHERE id = @id", ("@id", id));
            session.Refuse();
            return true;
        });
        await Assert.ThrowsAsync<InvalidOperationException>(() => scene.Cp.WriteAsync<bool>(session =>
        {
            session.Execute("UPDATE keys SET enabled = 0 WHERE id = @id", ("@id", id));
            throw new InvalidOperationException();
        }));
        await scene.StopAsync();
        await scene.StartFromSnapshotAsync();
        Assert.Equal("VALID", await scene.CodeAsync(scene.Plain[0].Key));
    }

    private static void Flip(string path, long offset, int bit)
    {
        using FileStream file = new(path, FileMode.Open);
        file.Position = offset < 0 ? file.Length + offset : offset;
        int value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ (1 << bit)));
    }
}

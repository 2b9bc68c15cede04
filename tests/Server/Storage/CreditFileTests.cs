using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Server.Storage.Credits;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Sqlite;
using Unkey.Server.Storage.Statements;
using Xunit;

namespace Unkey.Server.Tests.Storage;

public sealed class CreditFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-test-").FullName;

    private string FilePath => Path.Combine(_directory, CreditFile.FileName);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task WhatAKilledProcessTookIsSubtractedAndOnlyOnce()
    {
        await using SqliteStore store = await StoreAsync();
        byte[] left = await RunAsync(store, keys: 10_000, static (engine, keys) =>
        {
            for (int i = 0; i < keys; i += 100)
            {
                Assert.True(Cell(engine, i).TryTake(i + 1, out _));
            }
        });

        // As often as a start dies on the way.
        for (int start = 0; start < 3; start++)
        {
            File.WriteAllBytes(FilePath, left);
            await SettleAsync(store);
            long[] expected = [.. Enumerable.Range(0, 10_000).Select(static i => i % 100 == 0 ? 100_000L - i - 1 : 100_000L)];
            Assert.Equal(expected, await RemainingAsync(store));
        }
    }

    [Fact]
    public async Task WhatTheStoreAlreadyKnowsIsNotSubtractedAgain()
    {
        await using SqliteStore store = await StoreAsync();
        byte[] left = await RunAsync(store, keys: 1, static (engine, keys) => Cell(engine, keys - 1).TryTake(30, out _));
        await store.WriteAsync(static session => { session.Spend(Encoding.UTF8.GetBytes(Id(0)), 0, 20); return 0; }, CancellationToken.None);
        File.WriteAllBytes(FilePath, left);
        await SettleAsync(store);
        Assert.Equal(99_970L, Assert.Single(await RemainingAsync(store)));
    }

    /// <summary>The balance was set and stored, and the process died before it had set its own.</summary>
    [Fact]
    public async Task WhatWasTakenOfABalanceThatHasBeenSetIsForgotten()
    {
        await using SqliteStore store = await StoreAsync();
        byte[] left = await RunAsync(store, keys: 1, static (engine, keys) => Cell(engine, keys - 1).TryTake(30, out _));
        await store.WriteAsync(static session => { session.SetRemaining(Id(0), 7); return 0; }, CancellationToken.None);
        File.WriteAllBytes(FilePath, left);
        await SettleAsync(store);
        Assert.Equal(7L, Assert.Single(await RemainingAsync(store)));
    }

    /// <summary>The balance was moved and stored, and the process died before it had moved its own.</summary>
    [Fact]
    public async Task WhatWasTakenOfABalanceThatHasBeenMovedIsSubtracted()
    {
        await using SqliteStore store = await StoreAsync();
        byte[] left = await RunAsync(store, keys: 1, static (engine, keys) => Cell(engine, keys - 1).TryTake(30, out _));
        await store.WriteAsync(
            static session => { session.AdjustRemaining(session.FindKey(Id(0))!, -99_000); return 0; }, CancellationToken.None);
        File.WriteAllBytes(FilePath, left);
        await SettleAsync(store);
        Assert.Equal(970L, Assert.Single(await RemainingAsync(store)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(64)]
    [InlineData(100)]
    public async Task AFileThatWasOnlyBegunTellsNothing(int length)
    {
        await using SqliteStore store = await StoreAsync();
        byte[] left = await RunAsync(store, keys: 1, static (_, _) => { });
        File.WriteAllBytes(FilePath, length > 64 ? left[..length] : new byte[length]);
        await SettleAsync(store);
        Assert.Equal(100_000L, Assert.Single(await RemainingAsync(store)));
        Assert.False(File.Exists(FilePath + ".damaged"));
    }

    [Fact]
    public async Task ADamagedFileIsKeptAside()
    {
        byte[] damaged = [.. Enumerable.Range(0, 1_000).Select(static i => (byte)i)];
        File.WriteAllBytes(FilePath, damaged);
        await using SqliteStore store = await StoreAsync();
        await RunAsync(store, keys: 1, static (_, _) => { });
        Assert.Equal(damaged, File.ReadAllBytes(FilePath + ".damaged"));
    }

    /// <summary>A cell's bytes after the machine has died are anything; no balance grows by it, and none goes below zero.</summary>
    [Fact]
    public async Task CellsOfAnyBytesOnlyEverTake()
    {
        await using SqliteStore store = await StoreAsync();
        byte[] left = await RunAsync(store, keys: 200, static (engine, keys) =>
        {
            for (int i = 0; i < keys; i++)
            {
                Cell(engine, i).TryTake(1, out _);
            }
        });
        Random random = new(1);
        for (int round = 0; round < 20; round++)
        {
            byte[] torn = (byte[])left.Clone();
            for (int i = 0; i < 500; i++)
            {
                torn[64 + random.Next(200 * 64)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(FilePath, torn);
            await SettleAsync(store);
            Assert.All(await RemainingAsync(store), static remaining => Assert.InRange(remaining, 0, 100_000));
        }
    }

    [Fact]
    public async Task WhereTheFileCannotBeMadeVerificationGoesOn()
    {
        await using SqliteStore store = await StoreAsync();
        CreditFile file = CreditFile.Open(_directory, NullLogger.Instance);
        await file.SettleAsync(store, CancellationToken.None);
        Directory.CreateDirectory(FilePath);
        using EngineState engine = new(creditMemory: file);
        for (int i = 0; i < 5_000; i++)
        {
            Put(engine, i);
        }

        Assert.True(Cell(engine, 4_999).TryTake(5, out long remaining));
        Assert.Equal(99_995, remaining);
        Assert.False(file.IsHealthy);
    }

    private static string Id(int key) => $"key_{key:D6}";

    private static byte[] Hash(int key) => System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(key));

    private static CreditCell Cell(EngineState engine, int key)
    {
        lock (engine.WriterLock)
        {
            Assert.True(engine.Keys.TryFind(KeyDigest.FromBytes(Hash(key)), out KeyRecord record));
            return record.Credits;
        }
    }

    private static void Put(EngineState engine, int key)
    {
        lock (engine.WriterLock)
        {
            engine.Keys.Upsert(new KeySpec { Digest = KeyDigest.FromBytes(Hash(key)), KeyId = Id(key), WorkspaceIndex = 0, Credits = 100_000 });
        }
    }

    private static Task<long[]> RemainingAsync(SqliteStore store) => store.ReadAsync(
        static session => session.All("SELECT remaining FROM keys WHERE id LIKE 'key_%' ORDER BY id", static row => row.GetInt64(0)).ToArray(),
        CancellationToken.None).AsTask();

    private async Task<SqliteStore> StoreAsync()
    {
        SqliteStore store = SqliteStore.Open(_directory, NullLogger.Instance);
        await store.WriteAsync(
            static session =>
            {
                session.Execute("INSERT INTO workspaces (id, name, enabled, created_at) VALUES ('ws', 'w', 1, 0)");
                session.Execute("INSERT INTO keyspaces (id, workspace_id, store_encrypted_keys, created_at) VALUES ('ks', 'ws', 0, 0)");
                return 0;
            },
            CancellationToken.None);
        return store;
    }

    /// <summary>What the file holds at the moment in which a process with these keys dies.</summary>
    private async Task<byte[]> RunAsync(SqliteStore store, int keys, Action<EngineState, int> use)
    {
        CreditFile file = CreditFile.Open(_directory, NullLogger.Instance);
        await file.SettleAsync(store, CancellationToken.None);
        using EngineState engine = new(creditMemory: file);
        await store.WriteAsync(
            session =>
            {
                for (int i = 0; i < keys; i++)
                {
                    session.InsertKey(new KeyRow
                    {
                        Id = Id(i),
                        WorkspaceId = "ws",
                        KeyspaceId = "ks",
                        Hash = Hash(i),
                        Start = "",
                        IsEnabled = true,
                        Remaining = 100_000,
                        CreatedAtMs = 0,
                    });
                }

                return 0;
            },
            CancellationToken.None);
        for (int i = 0; i < keys; i++)
        {
            Put(engine, i);
        }

        use(engine, keys);
        Assert.True(file.IsHealthy);
        return File.ReadAllBytes(FilePath);
    }

    private async Task SettleAsync(SqliteStore store)
    {
        using CreditFile file = CreditFile.Open(_directory, NullLogger.Instance);
        await file.SettleAsync(store, CancellationToken.None);
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CsCheck;
using Unkey.Engine.Events;
using Unkey.Server.Events;
using Unkey.Server.Tests.Events;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class LastUseTests
{
    private const long Minute = 60_000;

    [Fact]
    public async Task AKeyShowsTheMinuteOfItsLastUse()
    {
        await using ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        (string id, _) = await cp.CreateKeyAsync(await cp.CreateApiAsync());
        Assert.False((await cp.ShownKeyAsync(id)).TryGetProperty("lastUsedAt", out _));
        Note(cp.LastUse, EventPayloads.Use(id, (7 * Minute) + 59_999));
        Note(cp.LastUse, EventPayloads.Use(id, (5 * Minute) + 1));
        Note(cp.LastUse, EventPayloads.Use("key_of_nobody", 9 * Minute));
        await cp.Host.FlushLastUseAsync();
        Assert.Equal(7 * Minute, await ShownAsync(cp, id));

        // Events of an earlier time, such as those that waited for a start, do not turn it back.
        Note(cp.LastUse, EventPayloads.Use(id, 3 * Minute));
        await cp.Host.FlushLastUseAsync();
        Assert.Equal(7 * Minute, await ShownAsync(cp, id));

        // What is noted at the end is written by the stop.
        Note(cp.LastUse, EventPayloads.Use(id, 8 * Minute));
        await cp.RestartAsync();
        Assert.Equal(8 * Minute, await ShownAsync(cp, id));
    }

    [Fact]
    public void WhatIsNoVerificationIsNotNoted()
    {
        LastUse lastUse = new();
        Note(lastUse, [(byte)EventKind.Verification, 1, 2], [(byte)EventKind.Ratelimit, 1, 2], EventPayloads.Use(new string('k', 300), Minute));
        Assert.Equal(0, lastUse.Take().Count);
    }

    [Fact]
    public void TheNumberOfKeysIsBoundedAndTheirUsesGoOn()
    {
        LastUse lastUse = new();
        Note(lastUse, [.. Enumerable.Range(0, LastUse.KeysMax + 100).Select(static key => EventPayloads.Use($"key_{key}", Minute))]);

        Note(lastUse, EventPayloads.Use("key_5", 2 * Minute));
        Dictionary<string, long> taken = Taken(lastUse);
        Assert.Equal(LastUse.KeysMax, taken.Count);
        Assert.Equal(2 * Minute, taken["key_5"]);
        Assert.Empty(Taken(lastUse));
    }

    [Fact]
    public void NotingIsAsADictionaryWouldHaveIt() =>
        Gen.Select(Gen.Int[0, 3_000], Gen.Long[0, 20 * Minute], Gen.Int[0, 200]).Array[0, 5_000].Sample(
            static steps =>
            {
                LastUse lastUse = new();
                Dictionary<string, long> model = [];
                List<byte[]> noted = [];
                foreach ((int key, long timeMs, int dice) in steps)
                {
                    // Any number together: one, a few, more than are looked up at once.
                    if (dice < 20)
                    {
                        Note(lastUse, [.. noted]);
                        noted.Clear();
                    }

                    if (dice == 0)
                    {
                        Assert.Equal(model.OrderBy(static use => use.Key), Taken(lastUse).OrderBy(static use => use.Key));
                        model.Clear();
                    }

                    // Of several lengths, one of them the beginning of another.
                    string id = "key_" + (key % 10 == 0 ? new string('7', 1 + (key / 10 % 250)) : key);
                    noted.Add(EventPayloads.Use(id, timeMs));
                    model[id] = Math.Max(model.GetValueOrDefault(id), timeMs / Minute * Minute);
                }

                Note(lastUse, [.. noted]);
                Assert.Equal(model.OrderBy(static use => use.Key), Taken(lastUse).OrderBy(static use => use.Key));
            },
            iter: 50);

    /// <summary>Every use is in exactly one take, whoever notes and takes at the same time.</summary>
    [Fact]
    public void NothingIsLostOrDoubledBetweenThreads()
    {
        const int Noters = 2;
        const int Minutes = 20_000;
        LastUse lastUse = new();
        int running = Noters;
        Thread[] threads = [.. Enumerable.Range(0, Noters).Select(noter => new Thread(() =>
        {
            for (int minute = 1; minute <= Minutes; minute++)
            {
                // Each use is of a key of its own: what is taken can be counted.
                Note(lastUse, EventPayloads.Use($"key_{noter}_{minute}", minute * Minute));
            }

            Interlocked.Decrement(ref running);
        }))];
        Array.ForEach(threads, static thread => thread.Start());
        Dictionary<string, long> all = [];
        while (Volatile.Read(ref running) > 0)
        {
            AddTo(all, Taken(lastUse));
        }

        AddTo(all, Taken(lastUse));
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Equal(Noters * Minutes, all.Count);
        Assert.All(all, static use => Assert.Equal(int.Parse(use.Key.AsSpan(6), CultureInfo.InvariantCulture) * Minute, use.Value));
    }

    [Fact]
    public void OnceTheTablesHaveGrownNothingIsAllocated()
    {
        LastUse lastUse = new();
        const int Keys = 5_000;
        EventBatch batch = EventPayloads.Batch([.. Enumerable.Range(0, Keys).Select(static key => EventPayloads.Use($"key_{key}", key * Minute))]);

        // The first takes have a table each that grows, and code that runs for the first time.
        for (int take = 0; take < 10; take++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            lastUse.Note(batch.Events.Span);
            UsedKeys used = lastUse.Take();
            int count = used.OrderByKeyId().Length;
            lastUse.Return(used);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(Keys, count);
            if (take >= 5)
            {
                Assert.Equal(0, allocated);
            }
        }
    }

    private static void AddTo(Dictionary<string, long> all, Dictionary<string, long> taken)
    {
        foreach ((string id, long minuteMs) in taken)
        {
            all.Add(id, minuteMs);
        }
    }

    private static void Note(LastUse lastUse, params byte[][] payloads) => lastUse.Note(EventPayloads.Batch(payloads).Events.Span);

    /// <summary>Takes what has been noted, and gives the table back.</summary>
    private static Dictionary<string, long> Taken(LastUse lastUse)
    {
        UsedKeys used = lastUse.Take();
        Dictionary<string, long> taken = [];
        foreach (int place in used.OrderByKeyId().Span)
        {
            taken.Add(Encoding.UTF8.GetString(used.KeyId(place)), used.MinuteMs(place));
        }

        Assert.Equal(used.Count, taken.Count);
        lastUse.Return(used);
        return taken;
    }

    private static async Task<long> ShownAsync(ControlPlaneFixture cp, string id) => (await cp.ShownKeyAsync(id)).GetProperty("lastUsedAt").GetInt64();
}

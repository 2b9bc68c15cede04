using System.Collections.Generic;
using System.Text;
using System.Threading.Tasks;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Server.Events;
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
        cp.LastUse.Note(Event(id, (7 * Minute) + 59_999));
        cp.LastUse.Note(Event(id, (5 * Minute) + 1));
        cp.LastUse.Note(Event("key_of_nobody", 9 * Minute));
        await cp.Host.FlushLastUseAsync();
        Assert.Equal(7 * Minute, await ShownAsync(cp, id));

        // Events of an earlier time, such as those that waited for a start, do not turn it back.
        cp.LastUse.Note(Event(id, 3 * Minute));
        await cp.Host.FlushLastUseAsync();
        Assert.Equal(7 * Minute, await ShownAsync(cp, id));

        // What is noted at the end is written by the stop.
        cp.LastUse.Note(Event(id, 8 * Minute));
        await cp.RestartAsync();
        Assert.Equal(8 * Minute, await ShownAsync(cp, id));
    }

    [Fact]
    public void WhatIsNoVerificationIsNotNoted()
    {
        LastUse lastUse = new();
        lastUse.Note([]);
        lastUse.Note([(byte)EventKind.Verification, 1, 2]);
        lastUse.Note([(byte)EventKind.Ratelimit, 1, 2]);
        lastUse.Note(Event(new string('k', 300), Minute));
        Assert.Empty(lastUse.Take());
    }

    [Fact]
    public void TheNumberOfKeysIsBoundedAndTheirUsesGoOn()
    {
        LastUse lastUse = new();
        for (int i = 0; i < LastUse.KeysMax + 100; i++)
        {
            lastUse.Note(Event($"key_{i}", Minute));
        }

        lastUse.Note(Event("key_5", 2 * Minute));
        IReadOnlyDictionary<string, long> taken = lastUse.Take();
        Assert.Equal(LastUse.KeysMax, taken.Count);
        Assert.Equal(2 * Minute, taken["key_5"]);
        Assert.Empty(lastUse.Take());
    }

    private static byte[] Event(string keyId, long timeMs)
    {
        VerificationEvent verification = new() { Outcome = VerifyOutcome.Valid, TimeMs = timeMs, KeyId = Encoding.UTF8.GetBytes(keyId) };
        byte[] room = new byte[verification.BytesMax(0)];
        EventWriter writer = new(room);
        verification.WriteTo(ref writer);
        return room[..writer.Written];
    }

    private static async Task<long> ShownAsync(ControlPlaneFixture cp, string id) => (await cp.ShownKeyAsync(id)).GetProperty("lastUsedAt").GetInt64();
}

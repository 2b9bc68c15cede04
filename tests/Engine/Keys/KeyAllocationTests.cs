using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
using Unkey.Engine.Registries;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

/// <summary>Every hot method of the tables, called ten thousand times after warming up, allocates nothing on the managed heap.</summary>
public sealed unsafe class KeyAllocationTests
{
    private const int Calls = 10_000;

    private static readonly string[] s_namespaces = ["Unkey.Engine.Keys", "Unkey.Engine.Memory", "Unkey.Engine.Registries"];

    [Fact]
    public void EveryHotMethodHasACase()
    {
        using var state = new EngineState();
        Assert.Equal(HotMethods(), Cases(state).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void HotMethodsAllocateNothing()
    {
        using var state = new EngineState();
        foreach ((string name, Action call) in Cases(state))
        {
            for (int i = 0; i < 200; i++)
            {
                call();
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Calls; i++)
            {
                call();
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated == 0, $"{name} allocated {allocated} bytes in {Calls} calls.");
        }
    }

    private static List<string> HotMethods()
    {
        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return
        [
            .. typeof(EngineState).Assembly.GetTypes()
                .Where(static type => s_namespaces.Contains(type.Namespace))
                .SelectMany(static type => type.GetMethods(Any))
                .Where(static method => method.IsDefined(typeof(HotPathAttribute)))
                .Select(static method => $"{method.DeclaringType!.Name}.{method.Name}")
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
    }

    private static Dictionary<string, Action> Cases(EngineState state)
    {
        Participant participant = state.Reclaimer.Register();
        KeyDigest digest = TestKeys.Digest(1);
        KeyRecord record;
        Api api;
        lock (state.WriterLock)
        {
            record = state.Keys.Upsert(Spec(digest));
            state.Identities.Upsert(new IdentitySpec { Id = "id_1", ExternalId = "x", Limits = [Limit("a")] });
            api = state.Apis.Upsert(new ApiSpec { Id = "api_1", WorkspaceIndex = 0, KeyspaceId = "ks_1", IpAllowList = ["10.0.0.1"] });
        }

        byte[] secret = Encoding.UTF8.GetBytes(new string('k', 60));
        byte[] hash = new byte[32];
        KeyDigest other = TestKeys.Digest(2);
        DigestHash digestHash = DigestHash.CreateRandom();
        var slots = new KeySlots(KeySlots.CapacityMin);
        ulong tag = digestHash.Tag(in digest);
        slots.Publish(tag, record.Address);
        LimitView limit = record.Limit(0);
        ulong nameHash = TextHash.Of("a"u8);
        return new Dictionary<string, Action>
        {
            ["Sha256.Hash"] = () => Sha256.Hash(secret, hash),
            ["KeyDigest.Of"] = () => KeyDigest.Of(secret),
            ["KeyChecksum.IsBroken"] = static () => KeyChecksum.IsBroken("pay_Mo4Y6kSVR16SWzrnoiT3Hh_uk1_21oA8F"u8),
            ["KeyDigest.Equals"] = () => Require(!digest.Equals(other)),
            ["TextHash.Of"] = () => TextHash.Of(secret),
            ["DigestHash.Tag"] = () => digestHash.Tag(in digest),
            ["KeySlots.Home"] = () => slots.Home(tag),
            ["KeySlots.Find"] = () => Require(slots.Find(tag, in digest) != 0),
            ["KeyTable.TryFind"] = () => Require(state.Keys.TryFind(in digest, out _)),
            ["KeyTable.Begin"] = () => state.Keys.Begin(in digest, out _),
            ["KeyTable.Continue"] = () =>
            {
                state.Keys.Begin(in digest, out KeyLookAhead ahead);
                state.Keys.Continue(ref ahead);
                Require(ahead.Record == record.Address);
            },
            ["KeySlots.PrefetchRecord"] = () => Require(slots.PrefetchRecord(tag) == record.Address),
            ["KeyTable.get_Version"] = () => Require(state.Keys.Version > 0),
            ["KeyRecord.HasPermission"] = () => Require(record.HasPermission("b.c"u8)),
            ["KeyRecord.Permission"] = () => Require(record.Permission(1).Length > 0),
            ["KeyRecord.Limit"] = () => Require(!record.Limit(0).IsNull),
            ["LimitView.HasName"] = () => Require(limit.HasName("a"u8, nameHash)),
            ["IdentityRecord.Limit"] = () => Require(!record.Identity.Limit(0).IsNull),
            ["CreditCell.Prefetch"] = record.Credits.Prefetch,
            ["CreditCell.Read"] = () => Require(record.Credits.Read() > 0),
            ["CreditCell.TryTake"] = () => Require(record.Credits.TryTake(1, out _)),
            ["CacheLine.Prefetch"] = () => CacheLine.Prefetch(slots.Home(tag)),
            ["Participant.Enter"] = () =>
            {
                participant.Enter();
                participant.Exit();
            },
            ["Participant.Exit"] = participant.Exit,
            ["Participant.Quiescent"] = () =>
            {
                participant.Enter();
                participant.Quiescent();
                participant.Exit();
            },
            ["Api.AllowsIp"] = () => Require(api.AllowsIp("10.0.0.1"u8)),
            ["Registry`1.Find"] = () => Require(state.Apis.Find(0) is not null),
        };
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("The case does not exercise what it names.");
        }
    }

    private static KeySpec Spec(KeyDigest digest) => new()
    {
        Digest = digest,
        KeyId = "key_1",
        WorkspaceIndex = 0,
        Credits = long.MaxValue,
        IdentityId = "id_1",
        Permissions = ["a", "b.c", "d"],
        Limits = [Limit("a")],
    };

    private static LimitSpec Limit(string name) => new()
    {
        Name = name,
        Limit = 1,
        DurationMs = 1_000,
        AutoApply = true,
        BucketKey = 1,
    };
}

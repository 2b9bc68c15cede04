using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class KeyRecordTests
{
    private static readonly Gen<string> s_slug = Gen.String[Gen.Char["abcdefgxyz._*:é"], 1, 24];

    private static readonly Gen<LimitSpec> s_limit =
        from name in s_slug
        from limit in Gen.Long[0, long.MaxValue]
        from duration in Gen.Long[0, long.MaxValue]
        from apply in Gen.Bool
        from high in Gen.ULong
        from low in Gen.ULong
        from id in Gen.Byte.Array[0, 80]
        from definition in Gen.Byte.Array[0, 80]
        select new LimitSpec
        {
            Name = name,
            Limit = limit,
            DurationMs = duration,
            AutoApply = apply,
            BucketKey = new UInt128(high, low),
            IdFragment = id,
            DefinitionFragment = definition,
        };

    private static readonly Gen<KeySpec> s_key =
        from id in s_slug
        from fragment in Gen.Byte.Array[0, 300]
        from idInFragment in Gen.Bool
        from enabled in Gen.Bool
        from root in Gen.Bool
        from expires in Gen.Long.Nullable()
        from credits in Gen.Long[0, long.MaxValue].Nullable()
        from indexes in Gen.Int[-1, int.MaxValue].Array[3]
        from permissions in s_slug.List[0, 40]
        from limits in s_limit.List[0, 5]
        from roles in Gen.Bool
        from legacy in Gen.Byte.Array[0, 40]
        select new KeySpec
        {
            Digest = KeyDigest.Of(Encoding.UTF8.GetBytes(id)),
            KeyId = id,
            WorkspaceIndex = indexes[0],
            ApiIndex = indexes[1],
            ForWorkspaceIndex = indexes[2],
            Enabled = enabled,
            IsRootKey = root,
            ExpiresAtMs = expires,
            Credits = credits,
            Permissions = permissions,
            Limits = limits,
            HasRoles = roles,
            LegacyFragment = legacy,
            Fragment = idInFragment ? [.. "\"keyId\":\""u8, .. Encoding.UTF8.GetBytes(id), .. fragment] : fragment,
        };

    [Fact]
    public void WhateverASpecSaysIsReadBackFromTheRecord()
    {
        s_key.Sample(
            spec =>
            {
                using var state = new EngineState();
                lock (state.WriterLock)
                {
                    AssertSame(spec, state.Keys.Upsert(spec));
                }
            },
            iter: 2_000);
    }

    [Fact]
    public void OnlyAnIdenticalSlugIsAPermission()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            KeyRecord record = state.Keys.Upsert(With(TestKeys.Plain(1), ["api.*", "api.read", "a", "documents.write"]));
            Assert.True(record.HasPermission("api.*"u8));
            Assert.True(record.HasPermission("a"u8));
            Assert.False(record.HasPermission("api.write"u8));
            Assert.False(record.HasPermission("API.READ"u8));
            Assert.False(record.HasPermission("api.rea"u8));
            Assert.False(record.HasPermission("api.read."u8));
            Assert.False(record.HasPermission(""u8));
            Assert.False(state.Keys.Upsert(TestKeys.Plain(2)).HasPermission(""u8));
        }
    }

    /// <summary>A root key may hold the whole vocabulary for many APIs.</summary>
    [Fact]
    public void AThousandPermissionsAreAllFoundAndNoOther()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            string[] slugs = [.. Enumerable.Range(0, 1_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"api.api_{i}.verify_key"))];
            KeyRecord record = state.Keys.Upsert(With(TestKeys.Plain(1), slugs));
            Assert.Equal(1_000, record.PermissionCount);
            for (int i = 0; i < 2_000; i++)
            {
                bool has = record.HasPermission(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"api.api_{i}.verify_key")));
                Assert.Equal(i < 1_000, has);
            }
        }
    }

    [Fact]
    public void TheKeyIdIsStoredOnceWhenTheFragmentHasIt()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            KeyRecord record = state.Keys.Upsert(TestKeys.Plain(7));
            Assert.True(record.Fragment.Overlaps(record.KeyId));
            Assert.Equal(TestKeys.KeyId(7), Encoding.UTF8.GetString(record.KeyId));
        }
    }

    [Fact]
    public void AnIndexOutOfRangeGivesNothingInsteadOfForeignMemory()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            KeyRecord record = state.Keys.Upsert(With(TestKeys.Plain(1), ["a"]));
            Assert.True(record.Permission(1).IsEmpty);
            Assert.True(record.Permission(-1).IsEmpty);
            Assert.True(record.Limit(0).IsNull);
            Assert.True(record.Limit(-1).IsNull);
        }
    }

    [Theory]
    [InlineData("id")]
    [InlineData("credits")]
    [InlineData("limit")]
    [InlineData("limits")]
    [InlineData("legacy")]
    public void ASpecOverABoundIsRefusedAndChangesNothing(string what)
    {
        string tooLong = new('x', 65_536);
        LimitSpec limit = Limit(what == "limit" ? tooLong : "a");
        KeySpec plain = TestKeys.Plain(1);
        var spec = new KeySpec
        {
            Digest = plain.Digest,
            KeyId = what == "id" ? tooLong : plain.KeyId,
            WorkspaceIndex = 0,
            Credits = what == "credits" ? -1 : 5,
            IdentityId = "id_1",
            Limits = what == "limits" ? [.. Enumerable.Repeat(limit, 65_536)] : [limit],
            LegacyFragment = what == "legacy" ? new byte[65_536] : default,
        };

        using var state = new EngineState();
        lock (state.WriterLock)
        {
            KeyRecord before = state.Keys.Upsert(plain);
            long bytes = state.RecordBytes;
            Assert.Throws<ArgumentException>(() => state.Keys.Upsert(spec));
            Assert.True(state.Keys.TryFind(plain.Digest, out KeyRecord after));
            Assert.Equal(before.Generation, after.Generation);
            Assert.Equal(bytes, state.RecordBytes);
            Assert.Equal(0, state.Credits.Count);
            Assert.Equal(0, state.Identities.CellCount);
        }
    }

    private static LimitSpec Limit(string name) => new()
    {
        Name = name,
        Limit = 1,
        DurationMs = 1_000,
        AutoApply = true,
        BucketKey = 1,
    };

    private static KeySpec With(KeySpec spec, IReadOnlyCollection<string> permissions) => new()
    {
        Digest = spec.Digest,
        KeyId = spec.KeyId,
        WorkspaceIndex = spec.WorkspaceIndex,
        Permissions = permissions,
        Fragment = spec.Fragment,
    };

    private static void AssertSame(KeySpec spec, KeyRecord record)
    {
        Assert.Equal(spec.Digest, record.Digest);
        Assert.Equal(spec.KeyId, Encoding.UTF8.GetString(record.KeyId));
        Assert.Equal(spec.WorkspaceIndex, record.WorkspaceIndex);
        Assert.Equal(spec.ApiIndex, record.ApiIndex);
        Assert.Equal(spec.ForWorkspaceIndex, record.ForWorkspaceIndex);
        Assert.Equal(spec.Enabled, record.Enabled);
        Assert.Equal(spec.IsRootKey, record.IsRootKey);
        Assert.Equal(spec.ExpiresAtMs ?? long.MaxValue, record.ExpiresAtMs);
        Assert.Equal(spec.Credits is null, record.Credits.IsNull);
        if (spec.Credits is long credits)
        {
            Assert.Equal(credits, record.Credits.Read());
        }

        Assert.True(record.Identity.IsNull);
        Assert.True(spec.Fragment.Span.SequenceEqual(record.Fragment));
        Assert.True(spec.LegacyFragment.Span.SequenceEqual(record.LegacyFragment));
        Assert.Equal(spec.HasRoles, record.HasRoles);
        Assert.Equal(spec.Permissions.Distinct().Order(StringComparer.Ordinal), Slugs(record).Order(StringComparer.Ordinal));
        foreach (string slug in spec.Permissions)
        {
            Assert.True(record.HasPermission(Encoding.UTF8.GetBytes(slug)));
            Assert.Equal(spec.Permissions.Contains(slug + "x"), record.HasPermission(Encoding.UTF8.GetBytes(slug + "x")));
        }

        Assert.Equal(spec.Limits.Count, record.LimitCount);
        for (int i = 0; i < spec.Limits.Count; i++)
        {
            AssertSame(spec.Limits[i], record.Limit(i));
        }
    }

    internal static void AssertSame(LimitSpec spec, LimitView limit)
    {
        byte[] name = Encoding.UTF8.GetBytes(spec.Name);
        Assert.Equal(name, limit.Name.ToArray());
        Assert.Equal(TextHash.Of(name), limit.NameHash);
        Assert.True(limit.HasName(name, TextHash.Of(name)));
        Assert.False(limit.HasName([.. name, (byte)'x'], TextHash.Of([.. name, (byte)'x'])));
        Assert.Equal(spec.Limit, limit.Limit);
        Assert.Equal(spec.DurationMs, limit.DurationMs);
        Assert.Equal(spec.AutoApply, limit.AutoApply);
        Assert.Equal(spec.BucketKey, limit.BucketKey);
        Assert.True(spec.IdFragment.Span.SequenceEqual(limit.IdFragment));
        Assert.True(spec.DefinitionFragment.Span.SequenceEqual(limit.DefinitionFragment));
    }

    private static List<string> Slugs(KeyRecord record)
    {
        var slugs = new List<string>();
        for (int i = 0; i < record.PermissionCount; i++)
        {
            slugs.Add(Encoding.UTF8.GetString(record.Permission(i)));
        }

        return slugs;
    }
}

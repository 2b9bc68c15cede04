using System;
using System.Text;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class IdentityDirectoryTests : IDisposable
{
    private readonly EngineState _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void AnIdentityIsReadBackWithItsLimits()
    {
        lock (_state.WriterLock)
        {
            var limit = new LimitSpec
            {
                Name = "requests",
                Limit = 10,
                DurationMs = 60_000,
                AutoApply = true,
                BucketKey = new UInt128(1, 2),
                IdFragment = "id"u8.ToArray(),
                DefinitionFragment = "definition"u8.ToArray(),
            };
            _state.Identities.Upsert(new IdentitySpec { Id = "id_1", ExternalId = "user_é", Fragment = "{}"u8.ToArray(), Limits = [limit] });
            KeyRecord record = _state.Keys.Upsert(Key(1, "id_1"));
            IdentityRecord identity = record.Identity;
            Assert.Equal("id_1", Encoding.UTF8.GetString(identity.Id));
            Assert.Equal("user_é", Encoding.UTF8.GetString(identity.ExternalId));
            Assert.Equal("{}", Encoding.UTF8.GetString(identity.Fragment));
            Assert.Equal(1, identity.LimitCount);
            KeyRecordTests.AssertSame(limit, identity.Limit(0));
            Assert.True(identity.Limit(1).IsNull);
        }
    }

    [Fact]
    public void AChangeOfTheIdentityShowsInKeysPublishedBefore()
    {
        lock (_state.WriterLock)
        {
            KeyRecord record = _state.Keys.Upsert(Key(1, "id_1"));
            Assert.True(record.Identity.IsNull);
            _state.Identities.Upsert(Identity("id_1", "a"));
            Assert.Equal("a", Encoding.UTF8.GetString(record.Identity.ExternalId));
            _state.Identities.Upsert(Identity("id_1", "b"));
            Assert.Equal("b", Encoding.UTF8.GetString(record.Identity.ExternalId));
            Assert.True(_state.Identities.Remove("id_1"));
            Assert.True(record.Identity.IsNull);
            Assert.False(_state.Identities.Remove("id_1"));
            _state.Identities.Upsert(Identity("id_1", "c"));
            Assert.Equal("c", Encoding.UTF8.GetString(record.Identity.ExternalId));
            Assert.Equal("c", Encoding.UTF8.GetString(_state.Identities.Find("id_1").ExternalId));
            Assert.True(_state.Identities.Find("id_2").IsNull);
        }
    }

    [Fact]
    public void KeysOfOneIdentityShareItAndOthersDoNot()
    {
        lock (_state.WriterLock)
        {
            _state.Identities.Upsert(Identity("id_1", "a"));
            _state.Identities.Upsert(Identity("id_2", "b"));
            KeyRecord first = _state.Keys.Upsert(Key(1, "id_1"));
            KeyRecord second = _state.Keys.Upsert(Key(2, "id_1"));
            KeyRecord other = _state.Keys.Upsert(Key(3, "id_2"));
            KeyRecord none = _state.Keys.Upsert(Key(4, null));
            _state.Identities.Upsert(Identity("id_1", "z"));
            Assert.Equal("z", Encoding.UTF8.GetString(first.Identity.ExternalId));
            Assert.Equal("z", Encoding.UTF8.GetString(second.Identity.ExternalId));
            Assert.Equal("b", Encoding.UTF8.GetString(other.Identity.ExternalId));
            Assert.True(none.Identity.IsNull);
        }
    }

    [Fact]
    public void ACellIsFreedWhenNeitherAKeyNorAnIdentityRefersToIt()
    {
        lock (_state.WriterLock)
        {
            _state.Keys.Upsert(Key(1, "id_1"));
            _state.Keys.Upsert(Key(2, "id_1"));
            _state.Identities.Upsert(Identity("id_1", "a"));
            Assert.Equal((1, 1), (_state.Identities.CellCount, _state.Identities.Count));
            _state.Identities.Remove("id_1");
            Assert.Equal((1, 0), (_state.Identities.CellCount, _state.Identities.Count));
            _state.Keys.Upsert(Key(1, "id_2"));
            Assert.Equal(2, _state.Identities.CellCount);
            _state.Keys.Remove(TestKeys.Digest(2));
            Assert.Equal(1, _state.Identities.CellCount);
            _state.Keys.Upsert(Key(1, null));
            Assert.Equal(0, _state.Identities.CellCount);
            _state.Keys.Remove(TestKeys.Digest(1));
            _state.Reclaimer.Collect();
            Assert.Equal(0, _state.RecordBytes);
        }
    }

    [Fact]
    public void AnIdentityOverABoundIsRefusedAndTheOldOneStays()
    {
        lock (_state.WriterLock)
        {
            _state.Identities.Upsert(Identity("id_1", "a"));
            Assert.Throws<ArgumentException>(() => _state.Identities.Upsert(Identity("id_1", new string('x', 65_536))));
            Assert.Equal("a", Encoding.UTF8.GetString(_state.Identities.Find("id_1").ExternalId));
        }
    }

    private static IdentitySpec Identity(string id, string externalId) => new() { Id = id, ExternalId = externalId };

    private static KeySpec Key(int key, string? identity) =>
        new() { Digest = TestKeys.Digest(key), KeyId = TestKeys.KeyId(key), WorkspaceIndex = 0, IdentityId = identity };
}

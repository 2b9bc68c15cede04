using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CsCheck;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

/// <summary>Random histories of everything a writer and one reader can do, against dictionaries.</summary>
public sealed class KeyTableModelTests
{
    private const int KeySpace = 150;

    private static readonly Gen<Step> s_step = Gen.Select(
        Gen.Frequency(
            (8, Gen.Const(Kind.Upsert)), (4, Gen.Const(Kind.Remove)), (1, Gen.Const(Kind.Rekey)), (4, Gen.Const(Kind.Find)), (4, Gen.Const(Kind.Take)),
            (3, Gen.Const(Kind.Hold)), (1, Gen.Const(Kind.Quiescent)), (1, Gen.Const(Kind.Identity)), (1, Gen.Const(Kind.RemoveIdentity)),
            (1, Gen.Const(Kind.Collect)), (1, Gen.Const(Kind.WriteBack)), (1, Gen.Const(Kind.FailedWriteBack))),
        Gen.Int[0, KeySpace - 1],
        Gen.Int[0, KeySpace - 1],
        Gen.Int[-1, 20],
        Gen.Bool,
        static (kind, key, other, number, flag) => new Step(kind, key, other, number, flag));

    private enum Kind
    {
        Upsert,
        Remove,
        Rekey,
        Find,
        Take,
        Hold,
        Quiescent,
        Identity,
        RemoveIdentity,
        Collect,
        WriteBack,
        FailedWriteBack,
    }

    /// <summary>Copied at once, and step by step: so slowly that a copy is pushed to its end, and so fast that it ends among the writes.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(13)]
    public void EveryHistoryAgreesWithDictionaries(int copiedPerWrite)
    {
        s_step.Array[1, 600].Sample(
            steps =>
            {
                using var run = new Run(copiedPerWrite);
                foreach (Step step in steps)
                {
                    run.Apply(step);
                }

                run.Finish();
            },
            iter: 600);
    }

    /// <summary>Removing far more than remains makes the table shrink; tombstones never make it grow for ever.</summary>
    [Fact]
    public void TheTableReturnsToItsSmallSizeAndChurnDoesNotGrowIt()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            for (int i = 0; i < 20_000; i++)
            {
                state.Keys.Upsert(TestKeys.Plain(i));
            }

            for (int i = 0; i < 20_000; i++)
            {
                Assert.True(state.Keys.Remove(TestKeys.Digest(i)));
            }

            Assert.Equal(KeySlots.CapacityMin, state.Keys.Capacity);
            for (int i = 0; i < 100_000; i++)
            {
                state.Keys.Upsert(TestKeys.Plain(i));
                if (i >= 20)
                {
                    Assert.True(state.Keys.Remove(TestKeys.Digest(i - 20)));
                }
            }

            Assert.Equal(KeySlots.CapacityMin, state.Keys.Capacity);
            Assert.Equal(20, state.Keys.Count);
            state.Reclaimer.Collect();
            Assert.Equal(0, state.Reclaimer.PendingCount);
        }
    }

    /// <summary>Each round every record grows by a granule, so no freed record ever has the size that is wanted next.</summary>
    [Fact]
    public void RecordsThatKeepChangingSizeDoNotHoldMoreMemoryThanAFewTimesTheirOwn()
    {
        const int Keys = 2_000;
        using var state = new EngineState();
        state.Records.SparseBytesMin = 64 * 1024;
        lock (state.WriterLock)
        {
            for (int round = 1; round <= 200; round++)
            {
                for (int key = 0; key < Keys; key++)
                {
                    state.Keys.Upsert(new KeySpec { Digest = TestKeys.Digest(key), KeyId = "k", WorkspaceIndex = round, Fragment = new byte[round * 8] });
                }

                Assert.InRange(state.ReservedBytes, 0, (4 * state.RecordBytes) + (4 * 1024 * 1024));
            }

            Assert.InRange(state.Records.CompactionCount, 10, 400);
            for (int key = 0; key < Keys; key++)
            {
                Assert.True(state.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record));
                Assert.Equal((200, 1_600), (record.WorkspaceIndex, record.Fragment.Length));
            }
        }
    }

    [Fact]
    public void MovingRecordsKeepsReadersValidRaisesTheVersionAndReturnsTheMemory()
    {
        const int Keys = 5_000;
        using var state = new EngineState();
        using Participant reader = state.Reclaimer.Register();
        lock (state.WriterLock)
        {
            state.Identities.Upsert(new IdentitySpec { Id = "id_1", ExternalId = "x", Fragment = TestKeys.Pattern(1, 7) });
            for (int key = 0; key < Keys; key++)
            {
                state.Keys.Upsert(new KeySpec
                {
                    Digest = TestKeys.Digest(key),
                    KeyId = TestKeys.KeyId(key),
                    WorkspaceIndex = key,
                    Credits = 100,
                    IdentityId = "id_1",
                    Fragment = TestKeys.Pattern(key, 1),
                });
            }

            for (int key = 100; key < Keys; key++)
            {
                state.Keys.Remove(TestKeys.Digest(key));
            }

            state.Reclaimer.Collect();
            reader.Enter();
            Assert.True(state.Keys.TryFind(TestKeys.Digest(5), out KeyRecord held));
            long version = state.Keys.Version;
            long reserved = state.ReservedBytes;
            Assert.Equal(0, state.Records.CompactionCount);
            state.Records.SparseBytesMin = 1;

            // A write that changes nothing by itself.
            Assert.False(state.Keys.Remove(TestKeys.Digest(Keys)));
            Assert.Equal(1, state.Records.CompactionCount);
            Assert.True(state.Keys.Version > version);
            Assert.True(state.Keys.TryFind(TestKeys.Digest(5), out KeyRecord moved));
            Assert.NotEqual(held.Address, moved.Address);
            Assert.Equal(held.Generation, moved.Generation);

            // The old heap stays until the reader lets go; credits and identity are one for both.
            state.Reclaimer.Collect();
            Assert.Equal(reserved, state.Reclaimer.PendingBytes);
            Assert.True(TestKeys.IsPattern(held.Fragment, 5, out _));
            Assert.True(TestKeys.IsPattern(moved.Fragment, 5, out _));
            Assert.True(held.Credits.TryTake(40, out _));
            Assert.Equal(60, moved.Credits.Read());
            Assert.True(TestKeys.IsPattern(held.Identity.Fragment, 1, out _));
            var changes = new CreditChanges();
            state.Credits.Drain(changes);
            Assert.Equal(1, changes.Count);
            Assert.Equal(TestKeys.KeyId(5), Encoding.UTF8.GetString(changes.KeyId(in changes.Items[0])));

            reader.Quiescent();
            state.Reclaimer.Collect();
            Assert.Equal(0, state.Reclaimer.PendingBytes);
            Assert.InRange(state.ReservedBytes, 1, reserved / 4);
            for (int key = 0; key < 100; key++)
            {
                Assert.True(state.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record));
                Assert.True(TestKeys.IsPattern(record.Fragment, key, out _));
                Assert.True(TestKeys.IsPattern(record.Identity.Fragment, 1, out _));
            }

            reader.Exit();
        }
    }

    [Fact]
    public void AnExpectedCountIsRoomEnoughWithoutGrowth()
    {
        foreach (int expected in new[] { 0, 1, 48, 49, 1_000, 12_288 })
        {
            using var state = new EngineState(expected);
            long capacity = state.Keys.Capacity;
            lock (state.WriterLock)
            {
                for (int i = 0; i < expected; i++)
                {
                    state.Keys.Upsert(TestKeys.Plain(i));
                }
            }

            Assert.Equal(capacity, state.Keys.Capacity);
        }
    }

    [Fact]
    public void EveryPublicationRaisesTheVersionAndGetsItsOwnGeneration()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            var generations = new HashSet<ulong>();
            long version = state.Keys.Version;
            for (int i = 0; i < 100; i++)
            {
                Assert.True(generations.Add(state.Keys.Upsert(TestKeys.Plain(i % 10)).Generation));
                Assert.True(state.Keys.Version > version);
                version = state.Keys.Version;
            }

            state.Keys.Remove(TestKeys.Digest(1));
            Assert.True(state.Keys.Version > version);
            version = state.Keys.Version;
            Assert.False(state.Keys.Remove(TestKeys.Digest(1)));
            Assert.Equal(version, state.Keys.Version);
        }
    }

    private sealed record Step(Kind Kind, int Key, int Other, int Number, bool Flag);

    private sealed record ModelKey(int Version, int? Identity)
    {
        public long? Balance { get; set; }

        public required StoredBalance Row { get; init; }
    }

    private sealed class Run : IDisposable
    {
        private readonly SurvivingMemory _memory = new();
        private readonly EngineState _state;
        private readonly Participant _reader;
        private readonly Dictionary<int, ModelKey> _model = [];
        private readonly Dictionary<int, int> _identities = [];
        private readonly List<(KeyRecord Record, int Key, int Version)> _held = [];
        private readonly CreditChanges _changes = new();
        private int _version;

        public Run(int copiedPerWrite)
        {
            _state = new EngineState(creditMemory: _memory);
            if (copiedPerWrite > 0)
            {
                _state.Keys.CopiedAtOnceMax = 0;
                _state.Keys.CopiedPerWrite = copiedPerWrite;
            }

            _state.Records.SparseBytesMin = 1;
            _reader = _state.Reclaimer.Register();
            _reader.Enter();
        }

        public void Dispose() => _state.Dispose();

        public void Apply(Step step)
        {
            switch (step.Kind)
            {
                case Kind.Upsert:
                    Upsert(step);
                    break;
                case Kind.Remove:
                    lock (_state.WriterLock)
                    {
                        Assert.Equal(_model.Remove(step.Key), _state.Keys.Remove(TestKeys.Digest(step.Key)));
                    }

                    break;
                case Kind.Rekey:
                    Rekey(step);
                    break;
                case Kind.Find:
                    Check(step.Key);
                    break;
                case Kind.Take:
                    Take(step);
                    break;
                case Kind.Hold:
                    if (_state.Keys.TryFind(TestKeys.Digest(step.Key), out KeyRecord record))
                    {
                        _held.Add((record, step.Key, _model[step.Key].Version));
                    }

                    break;
                case Kind.Quiescent:
                    CheckHeld();
                    _reader.Quiescent();
                    break;
                case Kind.Identity:
                    lock (_state.WriterLock)
                    {
                        int id = step.Key % 5;
                        _identities[id] = ++_version;
                        _state.Identities.Upsert(new IdentitySpec { Id = $"id_{id}", ExternalId = "x", Fragment = TestKeys.Pattern(id, _version) });
                    }

                    break;
                case Kind.RemoveIdentity:
                    lock (_state.WriterLock)
                    {
                        Assert.Equal(_identities.Remove(step.Key % 5), _state.Identities.Remove($"id_{step.Key % 5}"));
                    }

                    break;
                case Kind.Collect:
                    lock (_state.WriterLock)
                    {
                        _state.Reclaimer.Collect();
                    }

                    break;
                case Kind.WriteBack:
                case Kind.FailedWriteBack:
                    WriteBack(step.Kind == Kind.FailedWriteBack);
                    break;
            }

            Assert.Equal(_model.Count, _state.Keys.Count);
            CheckAfterKill();
        }

        public void Finish()
        {
            for (int key = 0; key < KeySpace; key++)
            {
                Check(key);
            }

            WriteBack(fails: false);
            Assert.All(_model.Values, static key => Assert.Equal(key.Balance, key.Row.Remaining));
            CheckHeld();
            _reader.Exit();
            lock (_state.WriterLock)
            {
                foreach (int key in _model.Keys.ToArray())
                {
                    Assert.True(_state.Keys.Remove(TestKeys.Digest(key)));
                }

                foreach (int id in _identities.Keys)
                {
                    Assert.True(_state.Identities.Remove($"id_{id}"));
                }

                // Nothing leaks: every record and cell is back, and no slot is left.
                _state.Reclaimer.Collect();
                _state.Credits.Drain(_changes);
                Assert.Equal(0, _state.Reclaimer.PendingCount);
                Assert.Equal(0, _state.Reclaimer.PendingBytes);
                Assert.Equal(0, _state.RecordBytes);
                Assert.Equal(0, _state.Credits.Count);
                Assert.Equal(0, _state.Identities.CellCount);
                Assert.Equal(0, _state.Keys.Count);
            }
        }

        private void Upsert(Step step)
        {
            _model.TryGetValue(step.Key, out ModelKey? before);
            ModelKey after = After(step, before);
            lock (_state.WriterLock)
            {
                _state.Keys.Upsert(Spec(step, step.Key, after));
            }

            _model[step.Key] = after;
        }

        private void Rekey(Step step)
        {
            if (!_model.TryGetValue(step.Key, out ModelKey? before))
            {
                _model.TryGetValue(step.Other, out before);
            }

            ModelKey after = After(step, before);
            lock (_state.WriterLock)
            {
                _state.Keys.Rekey(TestKeys.Digest(step.Key), Spec(step, step.Other, after));
            }

            _model.Remove(step.Key);
            _model[step.Other] = after;
        }

        private static KeySpec Spec(Step step, int key, ModelKey after) => new()
        {
            Digest = TestKeys.Digest(key),
            KeyId = TestKeys.KeyId(key),
            WorkspaceIndex = key,
            Credits = after.Row.Remaining,
            BalanceSerial = after.Row.Serial,
            BalanceSpent = after.Row.Spent,
            IdentityId = step.Number % 3 == 0 ? $"id_{step.Number % 5}" : null,
            Permissions = [.. Enumerable.Range(0, Math.Max(0, step.Number)).Select(i => $"permission.{i}.{key}")],
            Fragment = TestKeys.Pattern(key, after.Version),
        };

        // What an update makes of a key: the balance ends, is set, is moved up or down, or goes on.
        private ModelKey After(Step step, ModelKey? before)
        {
            var after = new ModelKey(++_version, step.Number % 3 == 0 ? step.Number % 5 : null)
            {
                Balance = before?.Balance,
                Row = before is null ? new StoredBalance() : before.Row with { },
            };
            if (step.Number < 0)
            {
                after.Row.Set(null);
                after.Balance = null;
            }
            else if (step.Flag || after.Balance is null)
            {
                after.Row.Set(step.Number);
                after.Balance = step.Number;
            }
            else if (step.Number % 2 == 1)
            {
                long amount = step.Number - 10;
                after.Row.Add(amount);
                after.Balance = Math.Max(after.Balance.Value + amount, 0);
            }

            return after;
        }

        // Whenever the process dies, the rows and what is left of the memory give every balance to the credit.
        private void CheckAfterKill()
        {
            Dictionary<ulong, StoredBalance> rows = _model.ToDictionary(static pair => TestKeys.Digest(pair.Key).Prefix, static pair => pair.Value.Row with { });
            foreach (UnsettledCredits cell in _memory.Unsettled())
            {
                if (rows.TryGetValue(cell.KeyPrefix, out StoredBalance? row))
                {
                    row.Settle(cell.Serial, cell.Spent);
                }
            }

            foreach ((int key, ModelKey expected) in _model)
            {
                Assert.Equal(expected.Balance, rows[TestKeys.Digest(key).Prefix].Remaining);
            }
        }

        private void Take(Step step)
        {
            if (!_state.Keys.TryFind(TestKeys.Digest(step.Key), out KeyRecord record) || record.Credits.IsNull)
            {
                Assert.True(!_model.TryGetValue(step.Key, out ModelKey? absent) || absent.Balance is null);
                return;
            }

            ModelKey key = _model[step.Key];
            long cost = Math.Max(0, step.Number / 3);
            bool covered = key.Balance >= cost;
            Assert.Equal(covered, record.Credits.TryTake(cost, out long remaining));
            key.Balance -= covered ? cost : 0;
            Assert.Equal(key.Balance, remaining);
        }

        private void WriteBack(bool fails)
        {
            _changes.Clear();
            lock (_state.WriterLock)
            {
                _state.Credits.Drain(_changes);
                foreach (CreditChange change in _changes.Items)
                {
                    ModelKey key = _model.Single(pair => TestKeys.Digest(pair.Key) == change.Digest).Value;
                    if (fails)
                    {
                        _state.Keys.RequeueCredits(in change);
                    }
                    else
                    {
                        key.Row.Settle(change.Serial, change.Spent);
                        _state.Keys.ConfirmCredits(in change);
                    }
                }
            }
        }

        private void Check(int key)
        {
            bool found = _state.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record);
            Assert.Equal(_model.TryGetValue(key, out ModelKey? expected), found);
            if (!found)
            {
                Assert.True(record.IsNull);
                return;
            }

            CheckContent(record, key, expected!.Version);
            Assert.Equal(expected.Balance is null, record.Credits.IsNull);
            if (expected.Balance is long balance)
            {
                Assert.Equal(balance, record.Credits.Read());
            }

            int identityVersion = 0;
            bool hasIdentity = expected.Identity is int id && _identities.TryGetValue(id, out identityVersion);
            Assert.Equal(hasIdentity, !record.Identity.IsNull);
            if (hasIdentity)
            {
                Assert.True(TestKeys.IsPattern(record.Identity.Fragment, expected.Identity!.Value, out int version));
                Assert.Equal(identityVersion, version);
            }
        }

        private void CheckHeld()
        {
            foreach ((KeyRecord record, int key, int version) in _held)
            {
                CheckContent(record, key, version);
            }

            _held.Clear();
        }

        private static void CheckContent(KeyRecord record, int key, int version)
        {
            Assert.True(TestKeys.IsPattern(record.Fragment, key, out int seen));
            Assert.Equal(version, seen);
            Assert.Equal(TestKeys.Digest(key), record.Digest);
            Assert.Equal(key, record.WorkspaceIndex);
        }
    }
}

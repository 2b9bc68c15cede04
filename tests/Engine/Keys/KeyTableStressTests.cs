using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;
using Unkey.Engine.Keys;
using Unkey.Engine.Memory;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

/// <summary>Readers against the writer under real threads. Every record says the same thing many times over, so a torn or freed one is seen.</summary>
public sealed class KeyTableStressTests
{
    private const int StableKeys = 300;
    private const int KeySpace = 6_000;
    private const int Identities = 16;
    private const int WriterStepsMin = 120_000;
    private const int LookupsMin = 300_000;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>The control: memory that is given back at once is seen as soon as one reader still holds it.</summary>
    [Fact]
    public void AReclaimerThatFreesAtOnceIsCaught()
    {
        using var stress = new Stress(static writerLock => new EagerReclaimer(writerLock), updatesInPlace: false);
        string? failure = stress.Run();
        Assert.True(failure is not null, "The run did not notice a missing grace period, so it proves nothing about the real one.");
    }

    /// <summary>The second control: a record that is changed after it was published is seen half changed.</summary>
    [Fact]
    public void AnUpdateInPlaceIsCaught()
    {
        using var stress = new Stress(static writerLock => new Reclaimer(writerLock), updatesInPlace: true);
        string? failure = stress.Run();
        Assert.True(failure is not null, "The run did not notice torn records, so it proves nothing about published ones.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadersSeeOnlyWholeLiveAndRecentRecordsWhileTheWriterUpdatesRemovesAndGrows(bool growsInSteps)
    {
        using var stress = new Stress(static writerLock => new Reclaimer(writerLock), updatesInPlace: false, growsInSteps);
        Assert.Null(stress.Run());
        Assert.True(stress.Lookups >= LookupsMin, $"Only {stress.Lookups} lookups ran beside the writer.");
        Assert.True(stress.Resizes > 4, $"Only {stress.Resizes} resizes happened.");
        Assert.True(stress.Compactions > 2, $"Only {stress.Compactions} compactions happened.");
        Assert.Equal(0, stress.PendingAtEnd);
    }

    /// <summary>What a reclaimer without grace periods would do, made safe for the test host: the content goes at once, the memory later.</summary>
    private sealed unsafe class EagerReclaimer(Lock writerLock) : Reclaimer(writerLock)
    {
        internal override void Retire(IReclaimable owner, nint address, nuint byteCount)
        {
            // Records of this test end in their pattern; cells and slots are left alone, since their loss would take the process down.
            if (owner is NativeHeap && byteCount > TestKeys.PatternBytes)
            {
                NativeMemory.Fill((byte*)address + byteCount - TestKeys.PatternBytes, TestKeys.PatternBytes, NativeBlock.PoisonByte);
            }

            base.Retire(owner, address, byteCount);
        }
    }

    private sealed class Stress(Func<Lock, Reclaimer> reclaimer, bool updatesInPlace, bool growsInSteps = false) : IDisposable
    {
        private readonly EngineState _state = new(reclaimer);
        private readonly KeyDigest[] _digests = MakeDigests();
        private volatile string? _failure;
        private volatile bool _stop;
        private long _lookups;

        public long Lookups => Volatile.Read(ref _lookups);

        public int Resizes { get; private set; }

        public int Compactions => _state.Records.CompactionCount;

        public long PendingAtEnd { get; private set; }

        public void Dispose() => _state.Dispose();

        public string? Run()
        {
            _state.Records.SparseBytesMin = 1;
            if (growsInSteps)
            {
                _state.Keys.CopiedAtOnceMax = 0;
                _state.Keys.CopiedPerWrite = 16;
            }

            lock (_state.WriterLock)
            {
                for (int key = 0; key < StableKeys; key++)
                {
                    _state.Keys.Upsert(Spec(key, 0));
                }
            }

            var readers = new Thread[3];
            for (int i = 0; i < readers.Length; i++)
            {
                int seed = HashCode.Combine(TestKeys.Seed, i);
                readers[i] = new Thread(() => Guard(() => Read(new Random(seed))));
                readers[i].Start();
            }

            Guard(() => Write(new Random(TestKeys.Seed)));
            _stop = true;
            foreach (Thread reader in readers)
            {
                reader.Join();
            }

            lock (_state.WriterLock)
            {
                _state.Reclaimer.Collect();
                PendingAtEnd = _state.Reclaimer.PendingCount;
            }

            return _failure is null ? null : $"{_failure} (seed {TestKeys.Seed})";
        }

        private static KeyDigest[] MakeDigests()
        {
            var digests = new KeyDigest[KeySpace];
            for (int key = 0; key < KeySpace; key++)
            {
                digests[key] = TestKeys.Digest(key);
            }

            return digests;
        }

        private static string IdentityId(int identity) => string.Create(CultureInfo.InvariantCulture, $"id_{identity}");

        private void Guard(Action work)
        {
            try
            {
                work();
            }
            catch (Exception exception) when (exception is ArgumentException or IndexOutOfRangeException)
            {
                // A span over nonsense lengths: a record that was no record any more.
                _failure ??= exception.ToString();
            }
        }

        private KeySpec Spec(int key, int version) => new()
        {
            Digest = _digests[key],
            KeyId = TestKeys.KeyId(key),
            WorkspaceIndex = key,
            ApiIndex = version,
            IdentityId = IdentityId(key % Identities),
            Credits = key % 4 == 0 ? 1_000_000 : null,
            Fragment = TestKeys.Pattern(key, version),
        };

        private void Write(Random random)
        {
            long until = Environment.TickCount64 + (long)s_deadline.TotalMilliseconds;
            var changes = new CreditChanges();
            long capacity = _state.Keys.Capacity;
            bool mustFail = updatesInPlace || _state.Reclaimer is EagerReclaimer;
            for (int step = 1; _failure is null && (step <= WriterStepsMin || Lookups < LookupsMin || mustFail); step++)
            {
                if (step % 1_000 == 0 && Environment.TickCount64 > until)
                {
                    return;
                }

                // The working set swells and shrinks, so the table grows, shrinks and collects tombstones again and again.
                bool swelling = step / 20_000 % 2 == 0;
                int key = random.Next(KeySpace);
                lock (_state.WriterLock)
                {
                    if (updatesInPlace && step % 2 == 0)
                    {
                        UpdateInPlace(key, step);
                    }
                    else if (key >= StableKeys && random.Next(100) < (swelling ? 5 : 98))
                    {
                        _state.Keys.Remove(_digests[key]);
                    }
                    else
                    {
                        _state.Keys.Upsert(Spec(key, step));
                    }

                    if (step % 10 == 0)
                    {
                        int identity = random.Next(Identities);
                        if (random.Next(3) == 0)
                        {
                            _state.Identities.Remove(IdentityId(identity));
                        }
                        else
                        {
                            _state.Identities.Upsert(new IdentitySpec { Id = IdentityId(identity), ExternalId = "x", Fragment = TestKeys.Pattern(identity, step) });
                        }
                    }

                    if (step % 100 == 0)
                    {
                        changes.Clear();
                        _state.Credits.Drain(changes);
                        foreach (CreditChange change in changes.Items)
                        {
                            _state.Keys.ConfirmCredits(in change);
                        }
                    }
                }

                if (_state.Keys.Capacity != capacity)
                {
                    capacity = _state.Keys.Capacity;
                    Resizes++;
                }
            }
        }

        private void UpdateInPlace(int key, int version)
        {
            if (_state.Keys.TryFind(_digests[key % StableKeys], out KeyRecord record))
            {
                ReadOnlySpan<byte> fragment = record.Fragment;
                TestKeys.Pattern(key % StableKeys, version).CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(fragment), fragment.Length));
            }
        }

        private void Read(Random random)
        {
            using Participant reader = _state.Reclaimer.Register();
            int[] seen = new int[KeySpace];
            int[] seenIdentity = new int[Identities];
            var held = new List<(KeyRecord Record, int Key, int Version)>();
            (KeyRecord Record, int Key, int Version, long TableVersion) cached = default;
            reader.Enter();
            while (!_stop && _failure is null)
            {
                for (int i = 0; i < 16; i++)
                {
                    // Half of the lookups go to keys that are always there.
                    int key = random.Next(2) == 0 ? random.Next(StableKeys) : random.Next(KeySpace);
                    long tableVersion = _state.Keys.Version;
                    if (!_state.Keys.TryFind(in _digests[key], out KeyRecord record))
                    {
                        if (key < StableKeys)
                        {
                            _failure ??= $"key {key} was never removed and not found";
                        }

                        continue;
                    }

                    int version = Check(record, key);
                    if (version < seen[key])
                    {
                        _failure ??= $"key {key} went back from version {seen[key]} to {version}";
                    }

                    seen[key] = version;
                    CheckIdentity(record.Identity, key % Identities, seenIdentity);
                    if (!record.Credits.IsNull)
                    {
                        record.Credits.TryTake(1, out _);
                    }

                    held.Add((record, key, version));
                    cached = (record, key, version, tableVersion);
                }

                // Now and then the writer gets far ahead of what is held.
                if (random.Next(16) == 0)
                {
                    Thread.Yield();
                }

                foreach ((KeyRecord record, int key, int version) in held)
                {
                    if (Check(record, key) != version)
                    {
                        _failure ??= $"key {key}, version {version}, changed while it was held";
                    }
                }

                Interlocked.Add(ref _lookups, 16);
                held.Clear();
                reader.Quiescent();

                // The promise of KeyTable.Version: the same version, the same valid record, across the quiescent point.
                if (_state.Keys.Version == cached.TableVersion && !cached.Record.IsNull && Check(cached.Record, cached.Key) != cached.Version)
                {
                    _failure ??= "a record cached by table version changed";
                }

                if (random.Next(20) == 0)
                {
                    reader.Exit();
                    cached = default;
                    Thread.Yield();
                    reader.Enter();
                }
            }

            reader.Exit();
        }

        private int Check(KeyRecord record, int key)
        {
            if (!TestKeys.IsPattern(record.Fragment, key, out int version) || record.WorkspaceIndex != key || record.Digest != _digests[key]
                || (!updatesInPlace && record.ApiIndex != version))
            {
                _failure ??= $"key {key}: torn or freed record, version {version}";
            }

            return version;
        }

        private void CheckIdentity(IdentityRecord record, int identity, int[] seen)
        {
            if (record.IsNull)
            {
                return;
            }

            if (!TestKeys.IsPattern(record.Fragment, identity, out int version) || version < seen[identity])
            {
                _failure ??= $"identity {identity}: torn, freed or stale record, version {version} after {seen[identity]}";
            }

            seen[identity] = version;
        }
    }
}

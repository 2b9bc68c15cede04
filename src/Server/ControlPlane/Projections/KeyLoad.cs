using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Protocol;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>The load of keys from the database at start, by as many threads as there are processors: each takes ranges or lists of ids until none is left.</summary>
/// <remarks>Used once. Nobody else writes to the store yet, so the threads' snapshots are the same.</remarks>
internal sealed class KeyLoad
{
    /// <summary>Below this a second thread costs more than it brings.</summary>
    public const long KeysAloneMax = 20_000;

    private const int ThreadsMax = 8;

    // Under one taking of the writer lock: threads meet there rarely, and what a row allocates still dies young.
    private const int KeysPerPublication = 64;
    private const int KeysPerReport = 1_024;
    private const int FragmentBytesMax = 512;
    private const long LogEveryMs = 2_000;

    private readonly EngineState _engine;
    private readonly RecordSpecs _specs;
    private readonly KeyGrants _grants;
    private readonly ILogger _logger;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly ConcurrentQueue<IIdSelection> _selections;
    private readonly long _total;
    private long _loaded;
    private long _nextLogMs = LogEveryMs;

    /// <summary>Creates the load.</summary>
    /// <param name="engine">The tables to fill.</param>
    /// <param name="specs">The translator, which knows every workspace and API.</param>
    /// <param name="grants">The permissions and roles.</param>
    /// <param name="selections">Which keys; together all that are not in the table already.</param>
    /// <param name="total">About how many they are; exact when they are few.</param>
    /// <param name="logger">For progress.</param>
    public KeyLoad(EngineState engine, RecordSpecs specs, KeyGrants grants, IEnumerable<IIdSelection> selections, long total, ILogger logger)
    {
        _engine = engine;
        _specs = specs;
        _grants = grants;
        _total = total;
        _logger = logger;
        _selections = new ConcurrentQueue<IIdSelection>(selections);
    }

    /// <summary>Ranges of ids that together are all keys.</summary>
    /// <param name="total">About how many keys there are.</param>
    public static IEnumerable<IIdSelection> Everything(long total) => total <= KeysAloneMax ? [IdRange.All] : IdRange.Split("key_").Cast<IIdSelection>();

    /// <summary>Reads the live keys and publishes them.</summary>
    /// <param name="store">Where they are.</param>
    /// <param name="cancellation">Gives up between two ranges.</param>
    /// <returns>Number of keys loaded.</returns>
    public async Task<long> RunAsync(IStore store, CancellationToken cancellation)
    {
        lock (_engine.WriterLock)
        {
            _engine.Keys.Reserve(_engine.Keys.Count + _total);
        }

        if (_selections.Count == 1)
        {
            // Few keys: the reader that is open is there sooner than a scanner and a thread of the pool.
            await store.ReadAsync(session => LoadSome(session, cancellation), cancellation).ConfigureAwait(false);
            return _loaded;
        }

        int threads = Math.Min(_selections.Count, Math.Min(Environment.ProcessorCount, ThreadsMax));
        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(
            async () => await store.ScanAsync(session => LoadSome(session, cancellation), cancellation).ConfigureAwait(false),
            cancellation))).ConfigureAwait(false);
        return _loaded;
    }

    private bool LoadSome(StoreSession session, CancellationToken cancellation)
    {
        OwnerIndexes owners = new(_specs);
        using KeyBatch batch = new(_engine);
        while (!cancellation.IsCancellationRequested && _selections.TryDequeue(out IIdSelection? selection))
        {
            Load(session, selection, owners, batch);
        }

        return true;
    }

    private void Load(StoreSession session, IIdSelection selection, OwnerIndexes owners, KeyBatch batch)
    {
        using ColumnScan keys = session.ScanKeys(selection);
        using OwnedRows permissions = new(session.ScanKeyPermissions(selection));
        using OwnedRows roles = new(session.ScanKeyRoles(selection));
        using OwnedRows limits = new(session.ScanKeyRatelimits(selection));
        Func<ColumnScan, string> linkedId = link => owners.Texts.Get(link.Bytes(1));
        List<RatelimitRow> ownLimits = [];
        List<string> permissionIds = [];
        List<string> roleIds = [];
        List<KeySpec> specs = new(KeysPerPublication);
        int unreported = 0;
        while (keys.Read())
        {
            ReadOnlySpan<byte> id = keys.Bytes(0);
            bool hasGrants = permissions.HasAny(id) | roles.HasAny(id) | limits.HasAny(id);
            if (hasGrants || !TryAddPlain(keys, id, owners, batch))
            {
                KeyRow row = KeyStatements.MapScanned(keys, owners.Texts);
                ownLimits.Clear();
                permissionIds.Clear();
                roleIds.Clear();
                limits.Collect(id, RatelimitStatements.MapOwned, ownLimits);
                permissions.Collect(id, linkedId, permissionIds);
                roles.Collect(id, linkedId, roleIds);
                specs.Add(_specs.Key(row, _grants.Slugs(permissionIds, roleIds), _grants.RoleNames(roleIds), ownLimits));
                if (specs.Count == KeysPerPublication)
                {
                    Publish(specs);
                }
            }
            else if (batch.IsFull)
            {
                batch.Publish();
            }

            if (++unreported == KeysPerReport)
            {
                Report(unreported);
                unreported = 0;
            }
        }

        Report(unreported);
        batch.Publish();
        Publish(specs);
    }

    // Most keys of a large store have nothing but a name and a time. Their records are made of the row's bytes at once; others go by way of a KeySpec.
    private static bool TryAddPlain(ColumnScan row, ReadOnlySpan<byte> id, OwnerIndexes owners, KeyBatch batch)
    {
        if (!KeyStatements.IsPlainScanned(row))
        {
            return false;
        }

        Span<byte> fragment = stackalloc byte[FragmentBytesMax];
        bool isEnabled = KeyStatements.IsEnabledScanned(row);
        long? expiresAtMs = KeyStatements.ExpiresScanned(row);
        int written = VerifyKeyFragments.PlainKey(id, isEnabled, KeyStatements.NameScanned(row), expiresAtMs, fragment, out int keyIdOffset);
        if (written == 0)
        {
            return false;
        }

        batch.Add(new PlainKey
        {
            Digest = KeyDigest.FromBytes(KeyStatements.HashScanned(row)),
            WorkspaceIndex = owners.Workspace(KeyStatements.WorkspaceScanned(row)),
            ApiIndex = owners.Api(KeyStatements.KeyspaceScanned(row)),
            Enabled = isEnabled,
            ExpiresAtMs = expiresAtMs,
            Fragment = fragment[..written],
            KeyIdOffset = keyIdOffset,
            KeyIdLength = id.Length,
        });
        return true;
    }

    private void Publish(List<KeySpec> specs)
    {
        lock (_engine.WriterLock)
        {
            foreach (KeySpec spec in specs)
            {
                _engine.Keys.Upsert(spec);
            }
        }

        specs.Clear();
    }

    private void Report(long keys)
    {
        // ORDER: none needed; a count.
        long loaded = Interlocked.Add(ref _loaded, keys);
        long nowMs = (long)Stopwatch.GetElapsedTime(_startedAt).TotalMilliseconds;

        // ORDER: none needed; a thread with an older time loses the exchange below.
        long dueMs = Volatile.Read(ref _nextLogMs);

        // ORDER: full fence. One thread wins the right to log this interval.
        if (nowMs >= dueMs && Interlocked.CompareExchange(ref _nextLogMs, nowMs + LogEveryMs, dueMs) == dueMs)
        {
            ControlPlaneLog.Loading(_logger, loaded, _total);
        }
    }
}

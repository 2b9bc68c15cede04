using System;
using System.Globalization;
using System.Text;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Registries;
using Unkey.Protocol;

namespace Unkey.Perf;

/// <summary>Tables filled like those behind the measured server: keys with two permissions and one auto-applied limit, one root key.</summary>
internal sealed class SampleEngine : IDisposable
{
    private readonly Api _api;
    private readonly Workspace _workspace;

    internal SampleEngine(int keys)
    {
        // The least the bucket table takes, or room for every key to have a bucket in use.
        State = new EngineState(keys + 1, Math.Max(BucketTable.DefaultCapacity, keys * 2));
        lock (State.WriterLock)
        {
            _workspace = State.Workspaces.Upsert("ws_benchmark", enabled: true);
            _api = State.Apis.Upsert(new ApiSpec { Id = "api_benchmark", WorkspaceIndex = _workspace.Index, KeyspaceId = "ks_benchmark" });
            RootDigest = KeyDigest.Of(Encoding.UTF8.GetBytes(SampleRequests.RootKey));
            State.Keys.Upsert(new KeySpec
            {
                Digest = RootDigest,
                KeyId = "key_root",
                WorkspaceIndex = _workspace.Index,
                ForWorkspaceIndex = _workspace.Index,
                IsRootKey = true,
                Permissions = ["api.*.verify_key"],
            });
            for (int i = 0; i < keys; i++)
            {
                State.Keys.Upsert(SpecOf(i));
            }
        }
    }

    internal EngineState State { get; }

    internal KeyDigest RootDigest { get; }

    /// <summary>The secret of a key: 22 characters, the last 12 of which are its index.</summary>
    internal static byte[] SecretOf(int index) => Encoding.ASCII.GetBytes("3ZyXwVuTsR" + index.ToString("D12", CultureInfo.InvariantCulture));

    public void Dispose() => State.Dispose();

    private KeySpec SpecOf(int index)
    {
        string number = index.ToString("D12", CultureInfo.InvariantCulture);
        string id = "key_" + number;
        string[] permissions = ["documents.read", "documents.write"];
        KeyedHash hash = State.BucketHash;
        return new KeySpec
        {
            Digest = KeyDigest.Of(SecretOf(index)),
            KeyId = id,
            WorkspaceIndex = _workspace.Index,
            ApiIndex = _api.Index,
            Permissions = permissions,
            Limits =
            [
                new LimitSpec
                {
                    Name = "requests",
                    Limit = 1_000_000,
                    DurationMs = 60_000,
                    AutoApply = true,
                    BucketKey = BucketKey.OfKeyLimit(hash, LimitAlgorithm.TokenBucket, Encoding.ASCII.GetBytes(id), "requests"u8, 60_000),
                    IdFragment = VerifyKeyFragments.EvaluatedLimit("rl_" + number, "requests", 1_000_000, 60_000, true),
                    DefinitionFragment = VerifyKeyFragments.LimitDefinition("rl_" + number, "requests", 1_000_000, 60_000, true),
                },
            ],
            Fragment = VerifyKeyFragments.Key(id, true, null, default, null, permissions, []),
        };
    }
}

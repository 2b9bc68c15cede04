using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Unkey.Engine;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Namespaces;
using Unkey.Engine.Registries;
using Unkey.Protocol;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Makes what the engine publishes out of stored rows. Used by one thread at a time; by several once every owner is noted.</summary>
/// <remarks>Indexes are resolved here: the caller publishes workspaces and APIs before the keys that refer to them.</remarks>
internal sealed class RecordSpecs
{
    private readonly KeyedHash _hash;
    private readonly LimitAlgorithm _algorithm;
    private readonly Dictionary<string, int> _workspaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _apisByKeyspace = new(StringComparer.Ordinal);

    /// <summary>Creates the translator.</summary>
    /// <param name="engine">Whose bucket table and algorithm the limits are for.</param>
    public RecordSpecs(EngineState engine)
    {
        _hash = engine.BucketHash;
        _algorithm = engine.Algorithm;
    }

    /// <summary>Remembers the index a workspace was published under.</summary>
    public void Note(Workspace workspace) => _workspaces[workspace.Id] = workspace.Index;

    /// <summary>Remembers the index an API was published under.</summary>
    public void Note(Api api)
    {
        if (api.KeyspaceId.Length > 0)
        {
            _apisByKeyspace[api.KeyspaceId] = api.Index;
        }
    }

    /// <summary>What to publish for an API.</summary>
    public ApiSpec Api(ApiRow row) => new()
    {
        Id = row.Id,
        WorkspaceIndex = WorkspaceIndex(row.WorkspaceId),
        KeyspaceId = row.KeyspaceId ?? "",
        Deleted = row.IsDeleted,
        IpAllowList = row.IpAllowList is { } list ? JsonSerializer.Deserialize(list, StoredJson.Default.StringArray) ?? [] : [],
    };

    /// <summary>What to publish for an identity.</summary>
    public IdentitySpec Identity(IdentityRow row, IReadOnlyList<RatelimitRow> limits) => new()
    {
        Id = row.Id,
        ExternalId = row.ExternalId,
        Fragment = VerifyKeyFragments.Identity(row.Id, row.ExternalId, Utf8(row.Meta)),
        Limits = Limits(limits, row.Id),
    };

    /// <summary>What to publish for a key.</summary>
    /// <param name="row">The stored key.</param>
    /// <param name="slugs">Slugs it has, directly and by its roles, each once.</param>
    /// <param name="roles">Names of its roles.</param>
    /// <param name="limits">Its own limits.</param>
    public KeySpec Key(KeyRow row, IReadOnlyList<string> slugs, IReadOnlyList<string> roles, IReadOnlyList<RatelimitRow> limits)
    {
        return new KeySpec
        {
            Digest = KeyDigest.FromBytes(row.Hash),
            KeyId = row.Id,
            WorkspaceIndex = WorkspaceIndex(row.WorkspaceId),
            ApiIndex = ApiIndex(row.KeyspaceId),
            Enabled = row.IsEnabled,
            ExpiresAtMs = row.ExpiresAtMs,
            IsRootKey = row.ForWorkspaceId is not null,
            ForWorkspaceIndex = row.ForWorkspaceId is { } target ? WorkspaceIndex(target) : -1,
            Credits = row.Remaining,
            BalanceSerial = row.BalanceSerial,
            BalanceSpent = row.BalanceSpent,
            IdentityId = row.IdentityId,
            Permissions = (IReadOnlyCollection<string>)slugs,
            Limits = Limits(limits, row.Id),
            Fragment = VerifyKeyFragments.Key(row.Id, row.IsEnabled, row.Name, Utf8(row.Meta), row.ExpiresAtMs, slugs, roles),
            HasRoles = roles.Count > 0,
            LegacyFragment = VerifyKeyFragments.Legacy(row.Environment),
        };
    }

    /// <summary>Index a workspace was published under; -1 when it does not exist, so that nothing of it falls through to another one.</summary>
    public int WorkspaceIndex(string id) => _workspaces.GetValueOrDefault(id, -1);

    /// <summary>Index of the API that a keyspace belongs to; -1 when there is none.</summary>
    public int ApiIndex(string keyspaceId) => _apisByKeyspace.GetValueOrDefault(keyspaceId, -1);

    /// <summary>What to publish for a rate-limit namespace.</summary>
    /// <param name="row">The namespace.</param>
    /// <param name="overrides">Its live overrides.</param>
    public RatelimitNamespace Namespace(NamespaceRow row, OverrideSet overrides) =>
        new(WorkspaceIndex(row.WorkspaceId), row.Id, row.Name, row.IsDeleted, LimitAlgorithmText.Parse(row.Algorithm) ?? _algorithm, overrides);

    /// <summary>What to publish for an override.</summary>
    public static LimitOverride Override(OverrideRow row) => new(row.Id, row.Identifier, row.Limit, row.DurationMs);

    private static ReadOnlySpan<byte> Utf8(string? meta) => meta is null ? default : Encoding.UTF8.GetBytes(meta);

    private LimitSpec[] Limits(IReadOnlyList<RatelimitRow> rows, string ownerId)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        byte[] owner = Encoding.UTF8.GetBytes(ownerId);
        LimitSpec[] limits = new LimitSpec[rows.Count];
        for (int i = 0; i < limits.Length; i++)
        {
            RatelimitRow row = rows[i];
            limits[i] = new LimitSpec
            {
                Name = row.Name,
                Limit = row.Limit,
                DurationMs = row.DurationMs,
                AutoApply = row.AutoApply,
                BucketKey = BucketKey.OfKeyLimit(_hash, _algorithm, owner, Encoding.UTF8.GetBytes(row.Name), row.DurationMs),
                IdFragment = VerifyKeyFragments.EvaluatedLimit(row.Id, row.Name, row.Limit, row.DurationMs, row.AutoApply),
                DefinitionFragment = VerifyKeyFragments.LimitDefinition(row.Id, row.Name, row.Limit, row.DurationMs, row.AutoApply),
            };
        }

        return limits;
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using Unkey.Engine.Keys;
using Unkey.Engine.Limits;
using Unkey.Engine.Memory;
using Unkey.Engine.Registries;

namespace Unkey.Engine.Tests.Verification;

/// <summary>One workspace with one API and a root key for everything, an engine of its own, and a clock that the test moves.</summary>
internal sealed class VerifyHarness : IDisposable
{
    private long _serial;
    internal const string ApiId = "api_1";
    internal const string KeyspaceId = "ks_1";

    private readonly Participant _participant;

    internal VerifyHarness(LimitAlgorithm algorithm = LimitAlgorithm.TokenBucket)
    {
        State = new EngineState(bucketCapacity: 1024, algorithm: algorithm);
        Verifier = new Verifier(State);
        lock (State.WriterLock)
        {
            Workspace = State.Workspaces.Upsert("ws_1", enabled: true);
            Other = State.Workspaces.Upsert("ws_2", enabled: true);
        }

        PutApi();
        PutRootKey("root", Workspace, "api.*.verify_key");
        _participant = State.Reclaimer.Register();
        _participant.Enter();
    }

    internal EngineState State { get; }

    internal Verifier Verifier { get; }

    internal Workspace Workspace { get; }

    internal Workspace Other { get; }

    internal VerifyResult Result { get; } = new();

    internal long NowMs { get; set; } = 1_790_000_000_000;

    internal string Caller { get; set; } = "root";

    internal string Ip { get; set; } = "10.0.0.1";

    public void Dispose()
    {
        _participant.Dispose();
        State.Dispose();
    }

    internal void PutApi(bool deleted = false, params string[] ipAllowList)
    {
        lock (State.WriterLock)
        {
            State.Apis.Upsert(new ApiSpec
            {
                Id = ApiId,
                WorkspaceIndex = Workspace.Index,
                KeyspaceId = KeyspaceId,
                Deleted = deleted,
                IpAllowList = ipAllowList,
            });
        }
    }

    internal void PutWorkspace(bool enabled)
    {
        lock (State.WriterLock)
        {
            State.Workspaces.Upsert("ws_1", enabled);
        }
    }

    internal void PutRootKey(string secret, Workspace forWorkspace, params string[] permissions)
    {
        lock (State.WriterLock)
        {
            State.Keys.Upsert(new KeySpec
            {
                Digest = Digest(secret),
                KeyId = "key_" + secret,
                WorkspaceIndex = Other.Index,
                IsRootKey = true,
                ForWorkspaceIndex = forWorkspace.Index,
                Permissions = permissions,
            });
        }
    }

    internal void PutKey(
        string secret,
        bool enabled = true,
        long? expiresAtMs = null,
        long? credits = null,
        bool setsCredits = true,
        string? identityId = null,
        string[]? permissions = null,
        Workspace? workspace = null,
        params LimitSpec[] limits)
    {
        lock (State.WriterLock)
        {
            State.Keys.Upsert(new KeySpec
            {
                Digest = Digest(secret),
                KeyId = "key_" + secret,
                WorkspaceIndex = (workspace ?? Workspace).Index,
                ApiIndex = State.Apis.Find(ApiId)!.Index,
                Enabled = enabled,
                ExpiresAtMs = expiresAtMs,
                Credits = credits,
                BalanceSerial = setsCredits ? ++_serial : _serial,
                IdentityId = identityId,
                Permissions = permissions ?? [],
                Limits = limits,
            });
        }
    }

    internal void PutIdentity(string id, params LimitSpec[] limits)
    {
        lock (State.WriterLock)
        {
            State.Identities.Upsert(new IdentitySpec { Id = id, ExternalId = "external_" + id, Limits = limits });
        }
    }

    internal void RemoveIdentity(string id)
    {
        lock (State.WriterLock)
        {
            State.Identities.Remove(id);
        }
    }

    internal void RemoveKey(string secret)
    {
        lock (State.WriterLock)
        {
            State.Keys.Remove(Digest(secret));
        }
    }

    /// <summary>A limit as the control plane configures it on a key (owner <c>key_...</c>) or an identity.</summary>
    internal LimitSpec Limit(string owner, string name, long limit, long durationMs, bool autoApply = true) => new()
    {
        Name = name,
        Limit = limit,
        DurationMs = durationMs,
        AutoApply = autoApply,
        BucketKey = BucketKey.OfKeyLimit(State.BucketHash, State.Algorithm, Encoding.UTF8.GetBytes(owner), Encoding.UTF8.GetBytes(name), durationMs),
    };

    internal VerifyOutcome Verify(string secret, string permissions = "", long cost = -1, params Asked[] limits)
    {
        List<byte> names = [];
        List<LimitRequest> requests = [];
        foreach (Asked asked in limits)
        {
            byte[] name = Encoding.UTF8.GetBytes(asked.Name);
            requests.Add(new LimitRequest(names.Count, name.Length, asked.Cost, asked.Limit, asked.DurationMs));
            names.AddRange(name);
        }

        State.Keys.TryFind(Digest(Caller), out KeyRecord caller);
        VerifyInput input = new()
        {
            Caller = caller,
            Permissions = Encoding.UTF8.GetBytes(permissions),
            Cost = cost,
            Limits = requests.ToArray(),
            LimitNames = names.ToArray(),
            CallerIp = Encoding.UTF8.GetBytes(Ip),
            NowMs = NowMs,
        };
        input.SetKey(Encoding.UTF8.GetBytes(secret));
        VerifyOutcome outcome = Verifier.Verify(input, Result);
        foreach (EvaluatedLimit limit in Result.Limits)
        {
            // Holds for every answer, passed or refused.
            Xunit.Assert.InRange(limit.ResetMs, NowMs + 1, NowMs + Math.Max(1_000, limit.DurationMs));
        }

        return outcome;
    }

    /// <summary>What an entry of the answer says, in short.</summary>
    internal (long Remaining, bool Exceeded) Evaluated(string name)
    {
        foreach (EvaluatedLimit limit in Result.Limits)
        {
            if (!limit.Configured.IsNull && Encoding.UTF8.GetString(limit.Configured.Name) == name)
            {
                return (limit.Remaining, limit.Exceeded);
            }
        }

        throw new KeyNotFoundException(name);
    }

    private static KeyDigest Digest(string secret) => KeyDigest.Of(Encoding.UTF8.GetBytes(secret));
}

/// <summary>An entry of the request's limits; what is left out is -1 as on the wire.</summary>
internal readonly record struct Asked(string Name, long Cost = -1, long Limit = -1, long DurationMs = -1);

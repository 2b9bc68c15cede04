using System;
using System.Collections.Generic;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The sums of one batch, by row of each roll-up. One thread.</summary>
internal sealed class RollUps
{
    private readonly Dictionary<VerificationKey, VerificationSums> _verifications = [];
    private readonly Dictionary<RatelimitKey, RatelimitSums> _ratelimits = [];
    private readonly Dictionary<RequestKey, long> _requests = [];

    /// <summary>Begins a batch.</summary>
    public void Clear()
    {
        _verifications.Clear();
        _ratelimits.Clear();
        _requests.Clear();
    }

    /// <summary>Counts a verification. By minute only; longer spans are summed from the minutes.</summary>
    public void Add(VerificationEventRow row)
    {
        VerificationKey key = new(
            RollUpUnit.Minute.StartSeconds(row.TimeMs), row.WorkspaceId, row.KeyspaceId, row.KeyId, row.IdentityId, row.ExternalId, row.Outcome, row.TagsJson);
        VerificationSums sums = _verifications.GetValueOrDefault(key);
        _verifications[key] = new VerificationSums(sums.Count + 1, sums.SpentCredits + row.SpentCredits);
    }

    /// <summary>Counts a decision.</summary>
    public void Add(RatelimitEventRow row)
    {
        RatelimitKey key = new(RollUpUnit.Minute.StartSeconds(row.TimeMs), row.WorkspaceId, row.NamespaceId, row.Identifier);
        RatelimitSums sums = _ratelimits.GetValueOrDefault(key);
        _ratelimits[key] = new RatelimitSums(
            sums.Passed + (row.Passed ? 1 : 0), sums.Total + 1, sums.PassedTokens + (row.Passed ? row.Tokens : 0), sums.TotalTokens + row.Tokens);
    }

    /// <summary>Counts a request.</summary>
    public void Add(RequestEventRow row)
    {
        RequestKey key = new(RollUpUnit.Minute.StartSeconds(row.TimeMs), row.WorkspaceId, row.Status, row.Host, row.Method, row.Path);
        _requests[key] = _requests.GetValueOrDefault(key) + 1;
    }

    /// <summary>Adds the sums to the tables.</summary>
    public void Write(EventTables tables)
    {
        foreach (RollUpUnit unit in RollUpUnits.All)
        {
            foreach ((VerificationKey key, VerificationSums sums) in Coarser(unit, _verifications, static (key, start) => key with { Time = start }, static key => key.Time, Plus))
            {
                tables.Add(unit, key, sums);
            }

            foreach ((RatelimitKey key, RatelimitSums sums) in Coarser(unit, _ratelimits, static (key, start) => key with { Time = start }, static key => key.Time, Plus))
            {
                tables.Add(unit, key, sums);
            }

            foreach ((RequestKey key, long count) in Coarser(unit, _requests, static (key, start) => key with { Time = start }, static key => key.Time, static (a, b) => a + b))
            {
                tables.Add(unit, key, count);
            }
        }
    }

    private static Dictionary<TKey, TSums> Coarser<TKey, TSums>(
        RollUpUnit unit, Dictionary<TKey, TSums> minutes, Func<TKey, long, TKey> at, Func<TKey, long> time, Func<TSums, TSums, TSums> plus)
        where TKey : struct
        where TSums : struct
    {
        if (unit == RollUpUnit.Minute)
        {
            return minutes;
        }

        Dictionary<TKey, TSums> sums = [];
        foreach ((TKey key, TSums value) in minutes)
        {
            TKey coarse = at(key, unit.StartSeconds(time(key) * 1000));
            sums[coarse] = plus(sums.GetValueOrDefault(coarse), value);
        }

        return sums;
    }

    private static VerificationSums Plus(VerificationSums left, VerificationSums right) =>
        new(left.Count + right.Count, left.SpentCredits + right.SpentCredits);

    private static RatelimitSums Plus(RatelimitSums left, RatelimitSums right) => new(
        left.Passed + right.Passed, left.Total + right.Total, left.PassedTokens + right.PassedTokens, left.TotalTokens + right.TotalTokens);

    /// <summary>A row of a verification roll-up.</summary>
    internal readonly record struct VerificationKey(
        long Time, string WorkspaceId, string KeyspaceId, string KeyId, string IdentityId, string ExternalId, string Outcome, string Tags);

    /// <summary>What is summed there.</summary>
    internal readonly record struct VerificationSums(long Count, long SpentCredits);

    /// <summary>A row of a request roll-up; its sum is a count.</summary>
    internal readonly record struct RequestKey(long Time, string WorkspaceId, int Status, string Host, string Method, string Path);

    /// <summary>A row of a rate-limit roll-up.</summary>
    internal readonly record struct RatelimitKey(long Time, string WorkspaceId, string NamespaceId, string Identifier);

    /// <summary>What is summed there.</summary>
    internal readonly record struct RatelimitSums(long Passed, long Total, long PassedTokens, long TotalTokens);
}

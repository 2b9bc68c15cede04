using System;
using Unkey.Engine.Keys;

namespace Unkey.Engine.Permissions;

/// <summary>The queries that a thread evaluated last, parsed, one for each of a few lengths: callers ask for the same permissions with every key. One thread.</summary>
internal sealed class PermissionQueryCache
{
    /// <summary>Queries that are kept, by the low bits of their lengths; a power of two.</summary>
    internal const int QueriesMax = 8;

    private readonly PermissionQuery?[] _queries = new PermissionQuery?[QueriesMax + 1];

    /// <summary>Evaluates a query against a key's permissions.</summary>
    /// <param name="query">UTF-8 of any length.</param>
    /// <param name="record">The key.</param>
    /// <param name="isSatisfied">Whether the query holds; false when it does not parse.</param>
    /// <param name="error">What is wrong when it does not parse.</param>
    /// <returns>Whether it parses.</returns>
    [HotPath]
    internal bool TryEvaluate(ReadOnlySpan<byte> query, KeyRecord record, out bool isSatisfied, out QueryError error)
    {
        PermissionQuery parsed = QueryFor(query.Length);
        error = default;
        if (!parsed.Is(query) && !parsed.TryParse(query, out error))
        {
            isSatisfied = false;
            return false;
        }

        isSatisfied = parsed.IsSatisfiedBy(record);
        return true;
    }

    private PermissionQuery QueryFor(int length)
    {
        // Those that no client of v2 can send share a place, so that what is kept of them stays small.
        ref PermissionQuery? place = ref _queries[length > PermissionQuery.KeptMax ? QueriesMax : length & (QueriesMax - 1)];
        return place ??= new PermissionQuery(); // ALLOC: once for each place.
    }
}

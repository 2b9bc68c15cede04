using System;
using System.Globalization;
using System.Linq;
using Unkey.Engine.Events;

namespace Unkey.Server.Events.Sqlite.Sums;

/// <summary>The sums by minute of events that are stored and not in the roll-ups yet. One thread.</summary>
internal sealed class EventSums : IDisposable
{
    /// <summary>More groups are not held; see <see cref="IsFull"/>.</summary>
    public const int GroupsMax = 131_072;

    // With the 64 bytes that a group takes besides its key, and eight for its slots, some 32 MiB.
    private const long KeyBytesMax = 22L * 1024 * 1024;
    private const int Verifications = 0;
    private const int Ratelimits = 1;
    private const int Requests = 2;
    private const int StatusDigitsMax = 20;

    private readonly SumTable[] _tables = [.. RollUpSource.All.Select(static _ => new SumTable())];
    private readonly GroupKey _key = new();
    private readonly TagsWriter _tags = new();

    /// <summary>Number of groups.</summary>
    public int Groups => _tables[Verifications].Count + _tables[Ratelimits].Count + _tables[Requests].Count;

    /// <summary>Events that were added.</summary>
    public long Events { get; private set; }

    /// <summary>Whether the sums are to be written before more events come: a batch more goes beyond the bounds by its own groups at most.</summary>
    public bool IsFull => Groups >= GroupsMax || _tables[Verifications].KeyBytes + _tables[Ratelimits].KeyBytes + _tables[Requests].KeyBytes >= KeyBytesMax;

    /// <summary>The groups of a source.</summary>
    /// <param name="source">Its place in <see cref="RollUpSource.All"/>.</param>
    public SumTable Of(int source) => _tables[source];

    /// <summary>Adds an event.</summary>
    /// <param name="payload">Payload of a ring's record; one that is no whole event of a known kind is left out, as it is left out of the store.</param>
    public void Add(ReadOnlySpan<byte> payload)
    {
        if (VerificationEvent.TryRead(payload, out VerificationEvent verification))
        {
            Add(in verification);
        }
        else if (RatelimitEvent.TryRead(payload, out RatelimitEvent limit))
        {
            Add(in limit);
        }
        else if (RequestEvent.TryRead(payload, out RequestEvent request))
        {
            Add(in request);
        }
    }

    /// <summary>Adds what one raw row comes to.</summary>
    /// <param name="source">Its place in <see cref="RollUpSource.All"/>.</param>
    /// <param name="key">Its group.</param>
    /// <param name="sum">Its numbers.</param>
    public void Add(int source, GroupKey key, in EventSum sum)
    {
        _tables[source].Add(key.Bytes, in sum);
        Events++;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.ForEach(_tables, static table => table.Clear());
        Events = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _tags.Dispose();

    private void Add(in VerificationEvent item)
    {
        _key.Start(item.TimeMs).Text(item.WorkspaceId).Text(item.KeyspaceId).Text(item.KeyId).Text(item.IdentityId).Text(item.ExternalId)
            .Text(VerificationEventRow.NameUtf8(item.Outcome)).Text(_tags.Array(in item)).Text(VerificationEventRow.SourceUtf8).Text(default);
        Add(Verifications, _key, new EventSum { First = 1, Second = item.SpentCredits });
    }

    private void Add(in RatelimitEvent item)
    {
        _key.Start(item.TimeMs).Text(item.WorkspaceId).Text(item.NamespaceId).Text(item.Identifier);
        long passed = item.Passed ? 1 : 0;
        Add(Ratelimits, _key, new EventSum { First = passed, Second = 1, Third = passed * item.Tokens, Fourth = item.Tokens });
    }

    private void Add(in RequestEvent item)
    {
        Span<byte> status = stackalloc byte[StatusDigitsMax];
        item.Status.TryFormat(status, out int digits, default, CultureInfo.InvariantCulture);
        _key.Start(item.TimeMs).Text(item.WorkspaceId).Text(status[..digits]).Text(item.Host).Text(item.Method).Text(item.Path);
        Add(Requests, _key, new EventSum { First = 1 });
    }
}

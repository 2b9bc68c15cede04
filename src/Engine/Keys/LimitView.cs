using System;

namespace Unkey.Engine.Keys;

/// <summary>A configured rate limit of a key or an identity, read in place.</summary>
/// <remarks>
/// A view of an immutable native entry: valid exactly as long as the record it came from, that is until the reader's next quiescent point.
/// <see langword="default"/> is "no limit" (<see cref="IsNull"/>) and has no other readable member. Any thread; no allocation; never throws.
/// </remarks>
public readonly unsafe struct LimitView
{
    private readonly LimitEntry* _entry;

    internal LimitView(LimitEntry* entry) => _entry = entry;

    /// <summary>Whether this is no limit at all.</summary>
    public bool IsNull => _entry is null;

    /// <summary>Name in UTF-8.</summary>
    public ReadOnlySpan<byte> Name => new((byte*)_entry + _entry->NameOffset, _entry->NameLength);

    /// <summary><see cref="TextHash"/> of the name.</summary>
    public ulong NameHash => _entry->NameHash;

    /// <summary>Tokens a duration.</summary>
    public long Limit => _entry->Limit;

    /// <summary>Duration in milliseconds, as configured.</summary>
    public long DurationMs => _entry->DurationMs;

    /// <summary>Whether the limit is checked without being named.</summary>
    public bool AutoApply => _entry->AutoApply != 0;

    /// <summary>Keyed 128-bit identity of the bucket.</summary>
    public UInt128 BucketKey => new(_entry->BucketKeyHigh, _entry->BucketKeyLow);

    /// <summary>UTF-8 JSON that opens this limit's entry in an answer that evaluated it.</summary>
    public ReadOnlySpan<byte> IdFragment => new((byte*)_entry + _entry->IdOffset, _entry->IdLength);

    /// <summary>UTF-8 JSON of the limit as configured.</summary>
    public ReadOnlySpan<byte> DefinitionFragment => new((byte*)_entry + _entry->DefinitionOffset, _entry->DefinitionLength);

    /// <summary>Whether the limit has this name, by all bytes.</summary>
    /// <param name="name">Name in UTF-8.</param>
    /// <param name="nameHash"><see cref="TextHash.Of"/> of it, so that a list is searched with one hash.</param>
    [HotPath]
    public bool HasName(ReadOnlySpan<byte> name, ulong nameHash) => nameHash == NameHash && name.SequenceEqual(Name);
}

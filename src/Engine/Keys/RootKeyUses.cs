using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

namespace Unkey.Engine.Keys;

/// <summary>The minute in which each root key was last used, as far as the store has not been told. Any thread; nobody waits.</summary>
/// <remarks>A connection notes its root key once a minute. An entry is made at the first use of a root key and stays, so later notes allocate nothing.</remarks>
public sealed class RootKeyUses
{
    /// <summary>Root keys that are remembered; the use of further ones is not.</summary>
    public const int KeysMax = 100_000;

    private const int KeyIdCharsMax = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Notes a use.</summary>
    /// <param name="keyId">Id of the root key, UTF-8.</param>
    /// <param name="minute">Minutes since 1970.</param>
    /// <returns>False when another thread is noting: try again with the next request.</returns>
    public bool TryNote(ReadOnlySpan<byte> keyId, long minute)
    {
        Span<char> id = stackalloc char[KeyIdCharsMax];
        if (keyId.Length > KeyIdCharsMax || !_lock.TryEnter())
        {
            return keyId.Length > KeyIdCharsMax;
        }

        try
        {
            id = id[..Encoding.UTF8.GetChars(keyId, id)];
            Dictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> entries = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
            if (entries.TryGetValue(id, out Entry entry) || _entries.Count < KeysMax)
            {
                entries[id] = entry with { Minute = Math.Max(entry.Minute, minute) };
            }

            return true;
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>Takes the uses that are new since the last take.</summary>
    /// <returns>By key id, the minute of the last use in Unix milliseconds.</returns>
    public IReadOnlyList<KeyValuePair<string, long>> Take()
    {
        lock (_lock)
        {
            List<KeyValuePair<string, long>> taken = [];
            foreach ((string keyId, Entry entry) in _entries)
            {
                if (entry.Minute > entry.TakenMinute)
                {
                    taken.Add(new(keyId, entry.Minute * 60_000));
                }
            }

            foreach ((string keyId, long _) in taken)
            {
                _entries[keyId] = _entries[keyId] with { TakenMinute = _entries[keyId].Minute };
            }

            return taken;
        }
    }

    private readonly record struct Entry(long Minute, long TakenMinute);
}

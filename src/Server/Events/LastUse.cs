using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Unkey.Engine.Events;

namespace Unkey.Server.Events;

/// <summary>When each key was last verified, as far as the store has not been told. Any thread; noted by the batcher, taken by the control plane.</summary>
internal sealed class LastUse
{
    /// <summary>Keys that are remembered between two takes; further ones are noted at their next use.</summary>
    public const int KeysMax = 200_000;

    private const int KeyIdBytesMax = 256;

    private readonly Lock _lock = new();
    private Dictionary<string, long> _minutes = new(StringComparer.Ordinal);

    /// <summary>Notes the event of a verification; other events are left alone.</summary>
    /// <param name="payload">Payload of a ring's record.</param>
    public void Note(ReadOnlySpan<byte> payload)
    {
        if (!VerificationEvent.TryRead(payload, out VerificationEvent verification) || verification.KeyId.Length > KeyIdBytesMax)
        {
            return;
        }

        Span<char> keyId = stackalloc char[KeyIdBytesMax];
        keyId = keyId[..Encoding.UTF8.GetChars(verification.KeyId, keyId)];
        long minute = verification.TimeMs - (verification.TimeMs % 60_000);
        lock (_lock)
        {
            Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> keys = _minutes.GetAlternateLookup<ReadOnlySpan<char>>();
            bool isKnown = keys.TryGetValue(keyId, out long known);
            if (isKnown ? known < minute : _minutes.Count < KeysMax)
            {
                keys[keyId] = minute;
            }
        }
    }

    /// <summary>Takes what has been noted, and begins again.</summary>
    /// <returns>By key id, the minute of the last use in Unix milliseconds.</returns>
    public IReadOnlyDictionary<string, long> Take()
    {
        lock (_lock)
        {
            Dictionary<string, long> taken = _minutes;
            _minutes = new Dictionary<string, long>(StringComparer.Ordinal);
            return taken;
        }
    }
}

using System;
using System.Threading;
using Unkey.Engine.Events;
using Unkey.Server.Hosting;

namespace Unkey.Server.Events;

/// <summary>When each key was last verified, as far as the store has not been told. Any thread; noted by the batcher, taken by the control plane.</summary>
/// <remarks>Two tables take turns: one is noted in while the other is written to the store, so neither side waits for the work of the other, and nothing is allocated once both have grown.</remarks>
internal sealed class LastUse
{
    /// <summary>Keys that are remembered between two takes; further ones are noted at their next use.</summary>
    public const int KeysMax = 200_000;

    private const int KeyIdBytesMax = 256;

    private readonly Lock _lock = new();
    private UsedKeys _noted = new();
    private UsedKeys? _spare;

    /// <summary>Notes the verifications among some events; the others are left alone.</summary>
    /// <param name="events">The events, as <see cref="EventBatch.Events"/> has them.</param>
    public void Note(ReadOnlySpan<byte> events)
    {
        Span<KeyUse> uses = stackalloc KeyUse[UsedKeys.UsesTogether];
        int count = 0;
        lock (_lock)
        {
            int offset = 0;
            while (EventBatch.TryNext(events, ref offset, out ReadOnlySpan<byte> payload))
            {
                if (VerificationEvent.TryRead(payload, out VerificationEvent verification)
                    && verification.KeyId.Length is > 0 and <= KeyIdBytesMax
                    && events.Overlaps(verification.KeyId, out int at))
                {
                    uses[count++] = new KeyUse(at, verification.KeyId.Length, verification.TimeMs);
                }

                if (count == uses.Length)
                {
                    _noted.NoteAll(events, uses, KeysMax);
                    count = 0;
                    BackgroundThread.Breathe();
                }
            }

            _noted.NoteAll(events, uses[..count], KeysMax);
        }
    }

    /// <summary>Takes what has been noted, and begins again.</summary>
    /// <returns>The keys; the caller's until it gives them back by <see cref="Return"/>.</returns>
    public UsedKeys Take()
    {
        lock (_lock)
        {
            UsedKeys taken = _noted;
            _noted = _spare ?? new UsedKeys();
            _spare = null;
            return taken;
        }
    }

    /// <summary>Gives a table back whose keys are of no use any more.</summary>
    public void Return(UsedKeys taken)
    {
        taken.Clear();
        lock (_lock)
        {
            _spare ??= taken;
        }
    }
}

using System;
using System.IO;
using System.Linq;
using Microsoft.Extensions.Logging;
using Unkey.Engine.Events;
using Unkey.Server.Events.Outlets;

namespace Unkey.Server.Events;

/// <summary>Seals what an earlier process left in its rings. Used once, at start.</summary>
internal sealed class EventRecovery(EventSpool spool, SpoolClaims claims, EventOutlet? outlet, EventPipelineOptions options, ILogger logger)
{
    private const string RingPattern = "ring-*.bin";

    private readonly EventBatchBuilder _builder = new();
    private long _recovered;
    private long _dropped;

    /// <summary>Empties and removes the rings of a directory.</summary>
    /// <param name="directory">Where the rings are.</param>
    /// <returns>Events that found no room in the spool.</returns>
    /// <exception cref="IOException">The disk is full or fails; what was not sealed is still in its ring.</exception>
    public long Run(string directory)
    {
        foreach (string path in Directory.GetFiles(directory, RingPattern).Order(StringComparer.Ordinal))
        {
            using (EventRingFile? file = EventRingFile.Open(path))
            {
                if (file is null)
                {
                    EventLog.NoRing(logger, path);
                }
                else
                {
                    Recover(file);
                }
            }

            File.Delete(path);
        }

        if (_recovered > 0)
        {
            EventLog.Recovered(logger, _recovered);
        }

        if (_dropped > 0)
        {
            EventLog.SpoolFull(logger, spool.Bytes);
        }

        return _dropped;
    }

    private void Recover(EventRingFile file)
    {
        EventRing ring = file.Ring;

        // The process may have died between sealing a batch and moving the head, or the machine before the head's page was written.
        long position = claims.SealedUpTo(ring.Id, ring.Head);
        bool goesOn = true;
        while (goesOn)
        {
            goesOn = ring.TryRead(ref position, out ReadOnlySpan<byte> payload);
            if (goesOn)
            {
                _builder.Add(payload);
            }

            if (_builder.Count > 0 && (!goesOn || _builder.Count >= options.BatchEventsMax || _builder.Bytes >= options.BatchBytesMax))
            {
                Seal(ring, position);
            }
        }

        if (ring.IsTornAt(position))
        {
            EventLog.Torn(logger, file.Path, ring.Tail - position);
        }
    }

    private void Seal(EventRing ring, long position)
    {
        if (spool.Seal(_builder, [new RingPosition(ring.Id, position)]) is { } made)
        {
            _recovered += _builder.Count;

            // Never sealed before, so never offered before.
            outlet?.Offer(made.Batch);
        }
        else
        {
            _dropped += _builder.Count;
        }

        ring.Release(position);
        _builder.Clear();
    }
}

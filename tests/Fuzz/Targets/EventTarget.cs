using System;
using System.Collections.Generic;
using System.Text.Json;
using Unkey.Engine.Events;
using Unkey.Server.Events.Outlets;

namespace Unkey.Fuzz.Targets;

/// <summary>The bytes of one event, as they lie in a ring or in a file of the spool.</summary>
internal sealed class EventTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "event";

    /// <inheritdoc/>
    public override string Promise => "payloads of events: written again they are the same bytes; as a line they are one JSON object; before a guard page";

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() => SampleEvents.All();

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        Check(input);
        Layouts.AtGuardPage(input, static sequence => Check(sequence.FirstSpan));
    }

    /// <summary>Checks one event.</summary>
    public static void Check(ReadOnlySpan<byte> payload)
    {
        byte[] room = new byte[payload.Length];
        EventWriter writer = new(room);
        int known = 0;
        if (VerificationEvent.TryRead(payload, out VerificationEvent verification))
        {
            known++;
            Demand(verification.BytesMax(0) <= payload.Length, "a verification that was read is longer than its bytes");
            verification.WriteTo(ref writer);
            EventReader tags = verification.Tags;
            for (int i = 0; i < verification.TagCount; i++)
            {
                writer.Text(tags.Text());
            }
        }

        if (RatelimitEvent.TryRead(payload, out RatelimitEvent limit))
        {
            known++;
            limit.WriteTo(ref writer);
            room[1] = limit.Passed ? payload[1] : (byte)0; // Every byte but 0 says that it has passed.
        }

        if (RequestEvent.TryRead(payload, out RequestEvent request))
        {
            known++;
            request.WriteTo(ref writer);
        }

        Demand(known <= 1, "the same bytes are events of two kinds");
        Demand(!writer.Overflowed && payload.StartsWith(room.AsSpan(0, writer.Written)), "an event that was read is written as other bytes");
        using EventLines lines = new();
        lines.Add(payload);
        Demand(lines.Count == known, $"{lines.Count} lines of {known} events");
        if (known > 0)
        {
            Demand(lines.Written.IndexOf((byte)'\n') == lines.Written.Length - 1, "a line of an event does not end where the event does");
            JsonDocument.Parse(lines.Written.ToArray()).Dispose();
        }
    }
}

using System;

namespace Unkey.Server.Events;

/// <summary>Bounds of the event pipeline. Immutable.</summary>
internal sealed record EventPipelineOptions
{
    /// <summary>The data directory; rings and spool have a directory of their own in it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Rings of reactors; the control plane has one more.</summary>
    public required int Reactors { get; init; }

    /// <summary>Bytes of data of each ring; a power of two.</summary>
    public long RingBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Events of a batch.</summary>
    public int BatchEventsMax { get; init; } = 10_000;

    /// <summary>Bytes of a batch. What is gathered and not sealed stays in its ring, so a batch is sealed long before a ring is full.</summary>
    public int BatchBytesMax => (int)Math.Min(RingBytes / 4, 4 * 1024 * 1024);

    /// <summary>Age of the first event of a batch when the batch is sealed.</summary>
    public TimeSpan BatchAgeMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of sealed batches that wait for the sink; a batch beyond is dropped and counted.</summary>
    public long SpoolBytesMax { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Whether the disk is full and what is left of it is for revocations: then nothing is sealed. Any thread.</summary>
    public Func<bool> IsDiskReserved { get; init; } = static () => false;

    /// <summary>Is told which keys are used.</summary>
    public LastUse LastUse { get; init; } = new();

    /// <summary>When deliveries are tried again.</summary>
    public DeliveryPauses Pauses { get; init; } = new();
}

namespace Unkey.Engine.Memory;

/// <summary>The grace-period counter shared by a <see cref="Reclaimer"/> and its participants: one writer, read every loop iteration.</summary>
internal sealed class EpochClock
{
    /// <summary>The current epoch, from 1; 0 is what an offline participant shows.</summary>
    public PaddedInt64 Epoch = new() { Value = 1 };
}

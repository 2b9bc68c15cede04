using System;
using System.Linq;
using Unkey.Engine;
using Unkey.Engine.Keys;

namespace Unkey.Server.Storage.Snapshots;

/// <summary>The keys of a sound snapshot, in memory and not yet published. Used by one thread.</summary>
/// <param name="engine">The tables, without a key.</param>
/// <param name="secret">Secret of the places in the table that was copied.</param>
/// <param name="images">The records.</param>
internal sealed class SnapshotKeys(EngineState engine, byte[] secret, KeyImage[] images)
{
    /// <summary>Number of keys.</summary>
    public long Count { get; } = images.Sum(static image => (long)image.Keys);

    /// <summary>Publishes every key. Takes the writer lock; once, before any other key is published.</summary>
    /// <param name="others">About how many keys will follow.</param>
    public void Publish(long others)
    {
        lock (engine.WriterLock)
        {
            engine.Keys.UseSecret(secret);
            engine.Keys.Reserve(Count + others);
            Array.ForEach(images, engine.Keys.Publish);
        }
    }
}

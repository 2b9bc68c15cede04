using System;
using System.Threading;
using Unkey.Engine.Events;

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

    /// <summary>Begins to note. Until the end, which is soon, nobody else notes or takes.</summary>
    public Notes Begin() => new(this);

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

    /// <summary>The time in which one thread notes.</summary>
    public readonly ref struct Notes : IDisposable
    {
        private readonly UsedKeys _keys;
        private readonly Lock.Scope _scope;

        internal Notes(LastUse lastUse)
        {
            _scope = lastUse._lock.EnterScope();
            _keys = lastUse._noted;
        }

        /// <summary>Notes the event of a verification; other events are left alone.</summary>
        /// <param name="payload">Payload of a ring's record.</param>
        public void Add(ReadOnlySpan<byte> payload)
        {
            if (VerificationEvent.TryRead(payload, out VerificationEvent verification) && verification.KeyId.Length is > 0 and <= KeyIdBytesMax)
            {
                _keys.Note(verification.KeyId, verification.TimeMs, KeysMax);
            }
        }

        /// <inheritdoc/>
        public void Dispose() => _scope.Dispose();
    }
}

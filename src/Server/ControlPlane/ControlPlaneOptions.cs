using Unkey.Server.Analytics;
using Unkey.Server.ControlPlane.Callers;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.Events;
using Unkey.Server.Storage.Credits;

namespace Unkey.Server.ControlPlane;

/// <summary>What the control plane is opened with. Immutable.</summary>
/// <param name="DataDirectory">Directory of the database; created when missing.</param>
/// <param name="RootKey">Bootstrap root key that must work after the start; <see langword="null"/> to make one on the first start.</param>
public sealed record ControlPlaneOptions(string DataDirectory, string? RootKey)
{
    /// <summary>Master keys of recoverable keys; <see langword="null"/> when there are to be none.</summary>
    public MasterKeyRing? EncryptionKeys { get; init; }

    /// <summary>Whether the operations of the old v1 API are answered too.</summary>
    public bool V1 { get; init; }

    /// <summary>Unknown root keys that a source may send in a minute, see <see cref="AuthenticationThrottle"/>; 0 for any number.</summary>
    public int FailedAuthenticationsMax { get; init; }

    /// <summary>From how many keys on a stop leaves a snapshot of them, and a start uses one; 0 for never.</summary>
    public long SnapshotKeysMin { get; init; }

    /// <summary>Where decisions off the reactors are published.</summary>
    internal ColdEvents Events { get; init; } = new();

    /// <summary>Where events note which keys are used.</summary>
    internal LastUse LastUse { get; init; } = new();

    /// <summary>The file that the engine's credit cells live in; <see langword="null"/> when they live in memory.</summary>
    internal CreditFile? Credits { get; init; }

    /// <summary>Answers queries over events; disposed with the host.</summary>
    internal AnalyticsService Analytics { get; init; } = AnalyticsService.None;

    /// <summary>Keeps the root key out of any text made of the record.</summary>
    public override string ToString() => $"{nameof(ControlPlaneOptions)} {{ DataDirectory = {DataDirectory} }}";
}

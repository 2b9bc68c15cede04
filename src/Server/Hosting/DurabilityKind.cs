namespace Unkey.Server.Hosting;

/// <summary>What an answered decision survives.</summary>
public enum DurabilityKind
{
    /// <summary>The death of the process.</summary>
    Process,

    /// <summary>The death of the machine as well: the answer waits for the disk.</summary>
    Strict,
}

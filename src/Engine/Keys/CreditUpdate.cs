namespace Unkey.Engine.Keys;

/// <summary>What an update of a key does to a balance that is already running.</summary>
public enum CreditUpdate
{
    /// <summary>The running balance goes on; the value of the spec only starts a balance where there is none.</summary>
    Keep,

    /// <summary>The balance becomes the value of the spec, and so does what the store is taken to hold.</summary>
    Set,
}

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>When and to what a balance is set again.</summary>
/// <param name="Interval"><c>daily</c> or <c>monthly</c>.</param>
/// <param name="Amount">The balance after a refill; at least 1.</param>
/// <param name="RefillDay">Day of the month, 1 to 31; needed by a monthly refill.</param>
internal sealed record RefillInput(string Interval, long Amount, long? RefillDay)
{
    /// <summary>Spelling of the monthly interval.</summary>
    public const string Monthly = "monthly";

    /// <summary>Spelling of the daily interval.</summary>
    public const string Daily = "daily";

    /// <summary>Whether the refill is monthly and lacks its day.</summary>
    public bool LacksDay => Interval == Monthly && RefillDay is null;
}

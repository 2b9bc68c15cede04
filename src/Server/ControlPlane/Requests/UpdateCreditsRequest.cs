namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of keys.updateCredits.</summary>
/// <param name="KeyId">Key id.</param>
/// <param name="Operation"><c>set</c>, <c>increment</c> or <c>decrement</c>.</param>
/// <param name="Value">Credits; absent or null only makes sense with <c>set</c>, and means unlimited.</param>
internal sealed record UpdateCreditsRequest(string KeyId, string Operation, long? Value)
{
    /// <summary>Replaces the balance.</summary>
    public const string Set = "set";

    /// <summary>Adds to the balance.</summary>
    public const string Increment = "increment";

    /// <summary>Takes from the balance, down to 0.</summary>
    public const string Decrement = "decrement";
}

namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Credits of a new key.</summary>
/// <param name="Remaining">Balance; <see langword="null"/> for unlimited.</param>
/// <param name="Refill">Refill, if any.</param>
internal sealed record CreditsInput(long? Remaining, RefillInput? Refill);
